import { constants } from 'node:os';
import { execa } from 'execa';
import type { Result } from '../base/result.js';
import { ok } from '../base/result.js';
import type { CommandResult, DeviceFailure } from '../contract/device.js';
import { deviceFailure } from './device-failure.js';
import { LineSplitter, TextCollector } from './output-collector.js';
import type { RunOptions, Transport } from './transport.js';

/** Between asking a process to end and ending it. */
const GRACE_MS = 3000;

/** This machine as a device. A command has its own process group, so that ending it ends what it started. */
export function localTransport(device: string): Transport {
  return {
    kind: 'local',
    rsyncShell: null,
    rsyncPath: (path) => path,
    run: (argv, options = {}) => runHere(device, argv, options),
    close: () => Promise.resolve(),
  };
}

async function runHere(
  device: string,
  argv: readonly string[],
  options: RunOptions,
): Promise<Result<CommandResult, DeviceFailure>> {
  const [file, ...rest] = argv;
  if (file === undefined) throw new RangeError('Internal error: an empty command');
  if (options.signal?.aborted === true) return ok({ exitCode: 143, stdout: '', stderr: '' });
  const child = execa(file, rest, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const stdout = new TextCollector('all');
  const stderr = new TextCollector(options.onLine === undefined ? 'all' : 'tail');
  const lines = options.onLine === undefined ? undefined : new LineSplitter(options.onLine);
  child.stdout.on('data', (chunk: Buffer) => (lines ?? stdout).write(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.write(chunk));
  child.stdin.on('error', () => undefined); // a command may end without reading what we wrote
  const stdin = options.stdin ?? '';
  if (typeof stdin === 'string') child.stdin.end(stdin);
  else {
    if (stdin.first !== undefined) child.stdin.write(stdin.first);
    stdin.onOpen?.((text) => child.stdin.write(text));
  }

  let timedOut = false;
  const end = groupKiller(child.pid);
  const onAbort = () => end();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const timer =
    options.timeoutSeconds === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          end();
        }, options.timeoutSeconds * 1000);
  const result = await child;
  clearTimeout(timer);
  options.signal?.removeEventListener('abort', onAbort);
  end.cancel();
  lines?.end();
  if (timedOut) {
    return deviceFailure('command', device, `${file} did not end within ${options.timeoutSeconds} s`);
  }
  if (child.pid === undefined) {
    // Of a bare name, EACCES only says that some folder of PATH cannot be read.
    const code = result.code === 'EACCES' && file.includes('/') ? 126 : 127;
    return ok({ exitCode: code, stdout: '', stderr: `${file}: ${result.code ?? 'cannot be started'}\n` });
  }
  const exitCode =
    result.exitCode ?? 128 + (result.signal === undefined ? 0 : constants.signals[result.signal]);
  return ok({ exitCode, stdout: stdout.text(), stderr: stderr.text() });
}

/** Ends a process group: politely, then by force. */
function groupKiller(pid: number | undefined): { (): void; cancel(): void } {
  let force: NodeJS.Timeout | undefined;
  const send = (signal: NodeJS.Signals) => {
    try {
      if (pid !== undefined) process.kill(-pid, signal);
    } catch {
      // the group has ended by itself
    }
  };
  const end = () => {
    send('SIGTERM');
    force ??= setTimeout(() => send('SIGKILL'), GRACE_MS);
  };
  return Object.assign(end, { cancel: () => clearTimeout(force) });
}
