import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { quoteForShell } from '../base/shell-quote.js';

/** What the user's own ssh configuration says of a host. */
export interface SshConfigEntry {
  readonly host: string;
  readonly user: string;
  readonly port: number;
  /** Private keys that the configuration names for it; ssh's defaults are not among them. */
  readonly identityFiles: readonly string[];
  /** The command that leads to the host: standard input and output are the connection. Null for a direct one. */
  readonly proxy: readonly string[] | null;
}

const DEFAULT_KEYS = /[/\\]\.ssh[/\\]id_(?:rsa|dsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk|xmss)$/;

export interface SshConfigQuestion {
  readonly user?: string | undefined;
  readonly port?: number | undefined;
  /** In place of ~/.ssh/config. */
  readonly file?: string | undefined;
}

/** Asks ssh itself, which knows Include, Match and wildcards; null where there is no ssh. */
export function sshConfigOf(
  host: string,
  { user, port, file }: SshConfigQuestion = {},
): SshConfigEntry | null {
  try {
    const args = [
      ...(file === undefined ? [] : ['-F', file]),
      ...(user === undefined ? [] : ['-l', user]),
      ...(port === undefined ? [] : ['-p', String(port)]),
      ...['-G', '--', host],
    ];
    return readSshConfig(
      execFileSync('ssh', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch {
    return null;
  }
}

/** Reads what `ssh -G` prints: `keyword value` lines. */
function readSshConfig(text: string): SshConfigEntry {
  const lines = text.split('\n').map((line) => /^(\S+) (.*)$/.exec(line));
  const values = (name: string) => lines.filter((line) => line?.[1] === name).map((line) => line?.[2] ?? '');
  const value = (name: string) => values(name)[0];
  const host = value('hostname') ?? '';
  const port = Number(value('port') ?? 22);
  const user = value('user') ?? '';
  return {
    host,
    user,
    port,
    identityFiles: values('identityfile')
      .map((path) => (path.startsWith('~/') ? join(homedir(), path.slice(2)) : path))
      .filter((path) => !DEFAULT_KEYS.test(path)),
    proxy: proxyOf(value('proxyjump'), value('proxycommand'), { host, port, user }),
  };
}

function proxyOf(
  jump: string | undefined,
  command: string | undefined,
  { host, port, user }: Pick<SshConfigEntry, 'host' | 'port' | 'user'>,
): readonly string[] | null {
  if (jump !== undefined && jump !== 'none') {
    const hops = jump.split(',');
    const last = hops.pop() ?? '';
    const target = last.startsWith('ssh://') ? last : `ssh://${last}`;
    // The way there is the user's own configuration; a host key is as little added as for the device itself.
    const checks = ['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes'];
    const before = hops.length === 0 ? [] : ['-J', hops.join(',')];
    return ['ssh', ...checks, ...before, '-W', `[${host}]:${port}`, target];
  }
  if (command === undefined || command === 'none') return null;
  const meanings: Readonly<Record<string, string>> = {
    '%h': host,
    '%p': String(port),
    '%r': user,
    '%%': '%',
  };
  return ['sh', '-c', `exec ${command.replaceAll(/%[hpr%]/g, (token) => meanings[token] ?? token)}`];
}

/** The same for ssh's own ProxyCommand, in which `%` has a meaning. */
export function proxyCommand(proxy: readonly string[]): string {
  return proxy.map(quoteForShell).join(' ').replaceAll('%', '%%');
}

/** Starts the command that leads to a host; `said` is what it wrote about its problems. */
export function openProxy(proxy: readonly string[]): {
  readonly stream: Duplex;
  readonly child: ChildProcess;
  said(): string;
} {
  const [program = '', ...args] = proxy;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  child.on('error', (error) => {
    said = error.message;
  });
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  return { stream, child, said: () => said.trim() };
}
