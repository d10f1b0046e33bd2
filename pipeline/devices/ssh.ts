import { constants } from 'node:os';
import type { ClientChannel } from 'ssh2';
import type { Result } from '../base/result.js';
import { ok } from '../base/result.js';
import { quoteForShell } from '../base/shell-quote.js';
import type { CommandResult, DeviceFailure } from '../contract/device.js';
import { deviceFailure } from './device-failure.js';
import { LineSplitter, TextCollector } from './output-collector.js';
import type { SshConnection } from './ssh-connection.js';
import { connect } from './ssh-connection.js';
import type { SshSettings } from './ssh-settings.js';
import { systemSsh } from './ssh-settings.js';
import type { RunOptions, Transport } from './transport.js';

/** Between asking a process to end and ending it, and between that and giving up on it. */
const GRACE_MS = 3000;
const PROCESS_LINE = /^edgeline-process (\d+)$/;

/**
 * The command runs in the session that sshd makes for it, so its process id is also that of its group: what we
 * end later. The line that tells it comes first; a login shell's own greeting before it is dropped.
 */
const LAUNCHER =
  'echo "edgeline-process $$"; if [ -n "$1" ]; then cd -- "$1" || exit 126; fi; shift; exec "$@"';

/** A device behind ssh: commands over one ssh2 connection, files over rsync and the system's ssh. */
export async function sshTransport(settings: SshSettings): Promise<Result<Transport, DeviceFailure>> {
  const connection = await connect(settings);
  if (!connection.ok) return connection;
  const { client, ended } = connection.value;
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  return ok({
    kind: 'ssh',
    rsyncShell: systemSsh(settings),
    rsyncPath: (path) => `${settings.user}@${host}:${path}`,
    run: (argv, options = {}) => runThere(settings.device, connection.value, argv, options),
    close: async () => {
      client.end();
      const patience = setTimeout(() => client.destroy(), GRACE_MS);
      await ended;
      clearTimeout(patience);
    },
  });
}

async function runThere(
  device: string,
  connection: SshConnection,
  argv: readonly string[],
  options: RunOptions,
): Promise<Result<CommandResult, DeviceFailure>> {
  if (argv.length === 0) throw new RangeError('Internal error: an empty command');
  if (options.signal?.aborted === true) return ok({ exitCode: 143, stdout: '', stderr: '' });
  const words = ['sh', '-c', LAUNCHER, 'sh', options.cwd ?? '', ...argv];
  const channel = await openChannel(connection, `exec ${words.map(quoteForShell).join(' ')}`);
  if (channel instanceof Error) {
    return deviceFailure('lost', device, `the connection to ${device} ended: ${channel.message}`);
  }
  const command = new RemoteCommand(connection, channel, options.onLine);
  const stdin = options.stdin ?? '';
  if (typeof stdin === 'string') channel.end(stdin);
  else {
    if (stdin.first !== undefined) channel.write(stdin.first);
    stdin.onOpen?.((text) => channel.write(text));
  }

  let timedOut = false;
  const onAbort = () => command.end();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const limit = options.timeoutSeconds;
  const timer =
    limit === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          command.end();
        }, limit * 1000);
  const result = await command.result;
  clearTimeout(timer);
  options.signal?.removeEventListener('abort', onAbort);
  if (timedOut) return deviceFailure('command', device, `${argv[0]} did not end within ${limit} s`);
  if (result instanceof Error) {
    return deviceFailure('lost', device, `the connection to ${device} ended: ${result.message}`);
  }
  return ok(result);
}

/** One channel, from its start to its exit status. */
class RemoteCommand {
  /** An Error when the connection ended before the command did. */
  readonly result: Promise<CommandResult | Error>;
  readonly #connection: SshConnection;
  readonly #channel: ClientChannel;
  #group: string | undefined;
  #ending = false;
  #timers: NodeJS.Timeout[] = [];

  constructor(connection: SshConnection, channel: ClientChannel, onLine?: (line: string) => void) {
    this.#connection = connection;
    this.#channel = channel;
    const stdout = new TextCollector('all');
    const stderr = new TextCollector(onLine === undefined ? 'all' : 'tail');
    const lines = onLine === undefined ? undefined : new LineSplitter(onLine);
    let head: Buffer = Buffer.alloc(0);
    channel.on('data', (chunk: Buffer) => {
      let body = chunk;
      if (this.#group === undefined) {
        head = Buffer.concat([head, chunk]);
        head = this.#readHead(head);
        if (this.#group === undefined) return;
        body = head;
      }
      (lines ?? stdout).write(body);
    });
    channel.stderr.on('data', (chunk: Buffer) => stderr.write(chunk));
    channel.on('error', () => undefined); // a command may end without reading what we wrote
    let exitCode: number | undefined;
    channel.on('exit', (code: number | null, signal?: string) => {
      exitCode = code ?? 128 + signalNumber(signal ?? '');
    });
    const closed = new Promise<void>((resolve) => channel.once('close', () => resolve()));
    const lost = connection.ended.then((reason) => new Error(reason));
    this.result = Promise.race([closed, lost]).then(async (early) => {
      for (const timer of this.#timers) clearTimeout(timer);
      lines?.end();
      if (exitCode !== undefined) return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
      if (this.#ending && early === undefined) return { exitCode: 143, stdout: '', stderr: stderr.text() };
      return early ?? Promise.race([lost, pause(1000).then(() => new Error('the command was cut off'))]);
    });
  }

  /** Looks for the launcher's line and returns what follows it. */
  #readHead(head: Buffer): Buffer {
    let rest = head;
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      const match = PROCESS_LINE.exec(rest.subarray(0, end).toString('utf8'));
      rest = rest.subarray(end + 1);
      if (match === null) continue;
      this.#group = match[1];
      if (this.#ending) this.#kill();
      return rest;
    }
    return rest;
  }

  /** Ends the command with all that it started: politely, then by force, then by closing the channel. */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    if (this.#group !== undefined) this.#kill();
    this.#timers.push(setTimeout(() => this.#channel.close(), 2 * GRACE_MS));
  }

  #kill(): void {
    this.#signal('TERM');
    this.#timers.push(setTimeout(() => this.#signal('KILL'), GRACE_MS));
  }

  /** Through another channel: sshd passes signals on only where it separates privileges, not for root. */
  #signal(name: 'TERM' | 'KILL'): void {
    const kill = `kill -s ${name} -- -${this.#group} 2>/dev/null || kill -s ${name} ${this.#group}`;
    void openChannel(this.#connection, `exec sh -c ${quoteForShell(kill)}`).then((channel) => {
      if (!(channel instanceof Error)) channel.resume().stderr.resume();
    });
  }
}

function openChannel(connection: SshConnection, command: string): Promise<ClientChannel | Error> {
  const opened = new Promise<ClientChannel | Error>((resolve) => {
    try {
      connection.client.exec(command, (error, channel) => resolve(error ?? channel));
    } catch (error) {
      // ssh2 throws when the connection has already ended.
      resolve(error instanceof Error ? error : new Error(String(error)));
    }
  });
  return Promise.race([opened, connection.ended.then((reason) => new Error(reason))]);
}

function signalNumber(name: string): number {
  const full = name.startsWith('SIG') ? name : `SIG${name}`;
  return Object.entries(constants.signals).find(([signal]) => signal === full)?.[1] ?? 0;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
