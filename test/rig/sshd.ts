import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';

/** A real OpenSSH server on loopback, run by the current user, with keys and settings of its own. */
export interface TestSshd {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
  /** The server's own folder: `host_key.pub`, `sshd.log`. */
  readonly folder: string;
  /** Kills the server's processes of open connections, as a lost link would end them. The server goes on. */
  dropConnections(): void;
  stop(): Promise<void>;
}

const SSHD_PATHS = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd', '/opt/homebrew/sbin/sshd'];

function onPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

/** Why no test server can be started here, or null. */
export function sshdAvailable(): string | null {
  if (!SSHD_PATHS.some((path) => existsSync(path)))
    return 'no sshd on this machine (apt install openssh-server)';
  for (const program of ['ssh', 'ssh-keygen', 'rsync', 'ps']) {
    if (!onPath(program)) return `no ${program} on this machine`;
  }
  return null;
}

export interface SshdOptions {
  /** Where another server was; a free port when absent. */
  readonly port?: number;
  /** Private key of the client, with its `.pub` beside it; a new one when absent. */
  readonly clientKey?: string;
  /** Content of /etc/machine-id as this server's sessions see it, in a mount namespace of their own. */
  readonly machineId?: string;
}

/** Why servers cannot have a machine id of their own here, or null. */
export function machineIdsAvailable(): string | null {
  try {
    execFileSync('unshare', ['-m', 'mount', '--bind', '/etc/machine-id', '/etc/machine-id'], {
      stdio: 'ignore',
    });
    return null;
  } catch {
    return 'no right to mount over /etc/machine-id here (needs root)';
  }
}

export async function startSshd(options: SshdOptions = {}): Promise<TestSshd> {
  const sshd = SSHD_PATHS.find((path) => existsSync(path));
  if (sshd === undefined) throw new Error('sshd is missing: ask sshdAvailable() first');
  // As root, sshd confines its unprivileged half to this folder, which only a service manager makes otherwise.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const folder = mkdtempSync(join(tmpdir(), 'edgeline-sshd-'));
  const file = (name: string) => join(folder, name);
  for (const name of ['host_key', 'client_key']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'edgeline-test', '-f', file(name)]);
  }
  const clientKey = options.clientKey ?? file('client_key');
  writeFileSync(file('authorized_keys'), readFileSync(`${clientKey}.pub`));
  const port = options.port ?? (await freePort());
  const hostKey = readFileSync(file('host_key.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
  writeFileSync(file('known_hosts'), `[127.0.0.1]:${port} ${hostKey}\n`);
  const settings = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey "${file('host_key')}"`,
    `AuthorizedKeysFile "${file('authorized_keys')}"`,
    `PidFile "${file('sshd.pid')}"`,
    // Its sessions are a board of their own, which shares nothing with this machine's.
    `SetEnv EDGELINE_LEASES=${file('leases')}`,
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'MaxStartups 100',
    'PrintMotd no',
  ];
  writeFileSync(file('sshd_config'), `${settings.join('\n')}\n`);
  const command = [sshd, '-D', '-f', file('sshd_config'), '-E', file('sshd.log')];
  if (options.machineId !== undefined) {
    writeFileSync(file('machine-id'), `${options.machineId}\n`);
    const mounted = 'mount --bind "$0" /etc/machine-id && exec "$@"';
    command.unshift('unshare', '-m', 'sh', '-c', mounted, file('machine-id'));
  }
  const [program = sshd, ...rest] = command;
  const server = spawn(program, rest, { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const pid = server.pid;
  for (let attempt = 0; !(await answers(port)); attempt += 1) {
    if (server.exitCode !== null || attempt > 100 || pid === undefined) {
      const log = existsSync(file('sshd.log')) ? readFileSync(file('sshd.log'), 'utf8') : 'no log';
      throw new Error(`sshd did not start: ${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const dropConnections = () => {
    for (const child of sshdBelow(pid ?? -1)) kill(child);
  };
  return {
    host: '127.0.0.1',
    port,
    user: userInfo().username,
    identityFile: clientKey,
    knownHostsFile: file('known_hosts'),
    folder,
    dropConnections,
    stop: async () => {
      dropConnections();
      server.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended meanwhile
  }
}

/** The sshd processes below a server's process, not the users' commands below those. */
function sshdBelow(pid: number): readonly number[] {
  const rows = execFileSync('ps', ['-e', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/));
  const children = rows
    .filter(([, parent, command]) => Number(parent) === pid && command?.startsWith('sshd'))
    .map(([child]) => Number(child));
  return children.flatMap((child) => [...sshdBelow(child), child]);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new Socket();
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.connect(port, '127.0.0.1');
  });
}
