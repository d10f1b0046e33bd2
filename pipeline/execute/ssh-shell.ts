import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Json } from '../base/canonical.js';
import { err, ok, type Result } from '../base/result.js';
import { quoteForRsyncShell, quoteForShell } from '../base/shell-quote.js';
import type { ExecutorConfig } from '../contract/config.js';
import type { Failure } from '../contract/failure.js';

export type SshExecutorConfig = Extract<ExecutorConfig, { kind: 'ssh' }>;

/** `lost`: another try may succeed; `refused`: it will not. */
export interface ShellProblem {
  readonly kind: 'lost' | 'refused' | 'aborted';
  readonly message: string;
  readonly hint?: string;
}

export interface AskOptions {
  readonly signal?: AbortSignal;
  /** One try only: whoever asks is about to leave. */
  readonly once?: boolean;
  /** Called with each answer as it comes. */
  readonly onAnswer?: (answer: Json) => void;
  /** Called when the connection was lost and is tried again. */
  readonly onLost?: (message: string) => void;
}

const CONNECT_TIMEOUT_SECONDS = 15;
const RETRY_MILLISECONDS = 1_000;
const LONGEST_RETRY_MILLISECONDS = 30_000;
/** No data for this long ends a transfer. */
const STALL_SECONDS = 60;
/** A longer path of its socket than the system takes would make ssh fail. */
const LONGEST_SOCKET_FOLDER = 40;

/** One machine behind ssh, with one connection for all that is asked of it, made anew when it is lost. */
export class SshShell {
  readonly #config: SshExecutorConfig;
  readonly #patienceSeconds: number;
  readonly #folder: string;
  readonly #ssh: readonly string[];
  #connected = false;

  /** @param patienceSeconds how long a lost connection is tried again. */
  constructor(config: SshExecutorConfig, patienceSeconds: number) {
    this.#config = config;
    this.#patienceSeconds = patienceSeconds;
    this.#folder = mkdtempSync(join(tmpdir(), 'edgeline-ssh-'));
    this.#ssh = ['ssh', ...sshOptions(config, this.#folder)];
  }

  /** Runs a command there with one request on its stdin; the answers are the JSON lines of its stdout. */
  async ask(
    argv: readonly string[],
    request: Json,
    options: AskOptions = {},
  ): Promise<Result<Json, ShellProblem>> {
    return this.#patiently(options, async () => {
      const [file = '', ...args] = this.#ssh;
      const command = argv.map(quoteForShell).join(' ');
      const child = execa(file, [...args, '-T', '--', this.#config.host, command], {
        reject: false,
        stdin: 'pipe',
        buffer: { stdout: false },
        ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
      });
      // Stays open: its end would mean that nobody listens any more.
      child.stdin.on('error', () => undefined);
      child.stdin.write(`${JSON.stringify(request)}\n`);
      let last: Json | undefined;
      for await (const line of child.iterable()) {
        // Shells of some people greet.
        if (!line.startsWith('{')) continue;
        last = JSON.parse(line) as Json;
        options.onAnswer?.(last);
      }
      const result = await child;
      if (result.isCanceled) return err({ kind: 'aborted', message: 'aborted' });
      if (result.exitCode === 0 && last !== undefined) {
        this.#connected = true;
        return ok(last);
      }
      return err(this.#problem(result.exitCode, result.stderr, result.shortMessage ?? ''));
    });
  }

  /** Copies with rsync; `there` stands for the host's name and a colon. */
  async copy(
    args: readonly string[],
    from: string | { readonly there: string },
    to: string | { readonly there: string },
    options: AskOptions = {},
  ): Promise<Result<null, ShellProblem>> {
    const place = (path: string | { readonly there: string }) =>
      typeof path === 'string' ? path : `${this.#rsyncHost()}:${path.there}`;
    return this.#patiently(options, async () => {
      const rsh = this.#ssh.map(quoteForRsyncShell).join(' ');
      const all = [...args, '-s', '--partial', `--timeout=${STALL_SECONDS}`, '--rsh', rsh, '--'];
      const result = await execa('rsync', [...all, place(from), place(to)], {
        reject: false,
        stdin: 'ignore',
        env: { LC_ALL: 'C' },
        ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
      });
      if (result.isCanceled) return err({ kind: 'aborted', message: 'aborted' });
      if (result.exitCode === 0) return ok(null);
      if (result.code === 'ENOENT') {
        return err({ kind: 'refused', message: 'this machine has no rsync', hint: 'apt install rsync' });
      }
      // 10, 12: the stream broke; 30, 35: no answer in time.
      const broke = [10, 12, 30, 35].includes(result.exitCode ?? -1);
      return err(this.#problem(broke ? 255 : result.exitCode, result.stderr, result.shortMessage ?? ''));
    });
  }

  async close(): Promise<void> {
    const [file = '', ...args] = this.#ssh;
    await execa(file, [...args, '-O', 'exit', '--', this.#config.host], { reject: false, stdin: 'ignore' });
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Tries again while the connection is lost, if it ever was there. */
  async #patiently<T>(
    { signal, once: hurried, onLost }: AskOptions,
    once: () => Promise<Result<T, ShellProblem>>,
  ): Promise<Result<T, ShellProblem>> {
    const deadline = performance.now() + this.#patienceSeconds * 1000;
    let told = false;
    for (let wait = RETRY_MILLISECONDS; ; wait = Math.min(2 * wait, LONGEST_RETRY_MILLISECONDS)) {
      const result = await once();
      if (result.ok || result.error.kind !== 'lost' || !this.#connected || hurried === true) return result;
      if (performance.now() + wait > deadline) return result;
      if (!told) onLost?.(result.error.message);
      told = true;
      await sleep(wait, undefined, { ...(signal === undefined ? {} : { signal }) }).catch(() => undefined);
      if (signal?.aborted === true) return err({ kind: 'aborted', message: 'aborted' });
    }
  }

  #problem(exitCode: number | undefined, stderr: string, otherwise: string): ShellProblem {
    const { host } = this.#config;
    const lines = stderr.split('\n').filter((line) => line.trim() !== '');
    const said = lines.slice(-3).join('; ') || otherwise;
    if (exitCode !== 255) return { kind: 'refused', message: `${host}: ${said}` };
    if (/Host key verification failed|REMOTE HOST IDENTIFICATION/.test(stderr)) {
      const hint = `check its host key, then connect once by hand: ssh ${host}`;
      return { kind: 'refused', message: `the host key of ${host} is unknown or has changed`, hint };
    }
    if (/Permission denied/.test(stderr)) {
      const hint = `set identity_file, or load a key into ssh-agent; this must work: ssh -o BatchMode=yes ${host} true`;
      return { kind: 'refused', message: `${host} takes none of our keys: ${said}`, hint };
    }
    const hint = `this must work: ssh -o BatchMode=yes ${host} true`;
    return { kind: 'lost', message: `${host} cannot be reached: ${said}`, hint };
  }

  /** An address of IPv6 would be torn apart at its colons. */
  #rsyncHost(): string {
    const { host } = this.#config;
    const at = host.lastIndexOf('@') + 1;
    const name = host.slice(at);
    return name.includes(':') && !name.startsWith('[') ? `${host.slice(0, at)}[${name}]` : host;
  }
}

/** A connection's problem as a failure of the work. */
export function shellFailure(executor: string, problem: ShellProblem): Failure {
  if (problem.kind === 'aborted') return { reason: 'aborted' };
  const { message, hint } = problem;
  return { reason: 'executor-error', executor, message, ...(hint === undefined ? {} : { hint }) };
}

function sshOptions(config: SshExecutorConfig, folder: string): readonly string[] {
  const named = {
    BatchMode: 'yes',
    ConnectTimeout: String(CONNECT_TIMEOUT_SECONDS),
    ServerAliveInterval: '5',
    ServerAliveCountMax: '3',
    ...(folder.length > LONGEST_SOCKET_FOLDER
      ? {}
      : { ControlMaster: 'auto', ControlPath: join(folder, '%C'), ControlPersist: '30' }),
    ...(config.known_hosts_file === undefined
      ? {}
      : {
          StrictHostKeyChecking: 'yes',
          UserKnownHostsFile: `"${literal(config.known_hosts_file)}"`,
          GlobalKnownHostsFile: '/dev/null',
        }),
    ...(config.identity_file === undefined ? {} : { IdentitiesOnly: 'yes' }),
  };
  return [
    ...(config.port === undefined ? [] : ['-p', String(config.port)]),
    ...(config.identity_file === undefined ? [] : ['-i', literal(config.identity_file)]),
    ...Object.entries(named).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  ];
}

/** ssh expands `%` in file names. */
function literal(path: string): string {
  const whole = path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
  return whole.replaceAll('%', '%%');
}
