import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { err, type Result } from '../base/result.js';
import type { WorkMessageHandler } from '../contract/executor.js';
import type { Failure } from '../contract/failure.js';
import { Conversation, type Exit, type Summary } from './conversation.js';
import { killGroup } from './kill-group.js';
import { logTail } from './log-tail.js';

export interface WorkerCommand {
  readonly argv: readonly string[];
  /** `worker`: speaks the protocol on descriptor 3; `command`: its exit code is all that it says. */
  readonly kind: 'worker' | 'command';
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** stdout and stderr of the worker go here as they are. */
  readonly logFile: string;
  /** Seconds without a line on the protocol after which the worker is ended; a command may be silent. */
  readonly silenceLimitSeconds: number;
  readonly timeoutSeconds?: number;
  /** Called with the process id, which is also that of the group. */
  readonly onSpawn?: (pid: number) => void;
  /** Called when the worker has said its result and is still there. */
  readonly onResult?: () => void;
}

/** A process that left the group may keep the pipe open for ever; what was said before the exit is here by then. */
const PIPE_DRAIN_MILLISECONDS = 2_000;

/**
 * Runs one worker in a process group of its own, reads its protocol on file descriptor 3 and ends the whole group when
 * it says nonsense, falls silent, takes too long, or the signal aborts. Plain `spawn`, because execa 9 cannot end a process group.
 */
export async function runWorker(
  command: WorkerCommand,
  onMessage: WorkMessageHandler,
  signal: AbortSignal,
): Promise<Result<Summary, Failure>> {
  const [file = '', ...argv] = command.argv;
  const speaks = command.kind === 'worker';
  const log = openSync(command.logFile, 'a');
  let child: ChildProcess;
  try {
    child = spawn(file, argv, {
      cwd: command.cwd,
      env: command.env,
      detached: true,
      stdio: ['ignore', log, log, ...(speaks ? (['pipe'] as const) : [])],
    });
  } finally {
    closeSync(log);
  }
  const { pid } = child;
  const exited = new Promise<Exit | Error>((resolve) => {
    child.once('error', resolve);
    child.once('exit', (code, name) => resolve({ code, signal: name }));
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  if (pid === undefined) {
    const error = await exited;
    const message = error instanceof Error ? error.message : 'it has no process id';
    return err({ reason: 'spawn-error', command: file, message });
  }
  command.onSpawn?.(pid);

  let killing: Promise<void> | undefined;
  const end = (failure?: Failure): void => {
    if (failure !== undefined) conversation.fail(failure);
    killing ??= killGroup(pid);
  };
  const conversation = new Conversation(command.kind, onMessage, end);
  const abort = (): void => end({ reason: 'aborted' });
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  const timers = [
    timeLimit(command.timeoutSeconds, end),
    speaks ? silenceLimit(command.silenceLimitSeconds, conversation, end) : noLimit,
  ];
  if (speaks) {
    const protocol = child.stdio[3] as Readable;
    protocol.setEncoding('utf8');
    protocol.on('data', (text: string) => {
      const had = conversation.hasResult;
      conversation.write(text);
      if (!had && conversation.hasResult) command.onResult?.();
    });
  }

  const exit = await exited;
  for (const stop of timers) stop();
  signal.removeEventListener('abort', abort);
  // What the worker left running in its group must not outlive it; it may also hold the protocol's pipe open.
  await (killing ?? killGroup(pid));
  await within(PIPE_DRAIN_MILLISECONDS, closed);
  return conversation.conclude(exit instanceof Error ? { code: -1, signal: null } : exit, () =>
    logTail(command.logFile),
  );
}

type StopTimer = () => void;
const noLimit: StopTimer = () => undefined;

function timeLimit(seconds: number | undefined, end: (failure: Failure) => void): StopTimer {
  if (seconds === undefined) return noLimit;
  const timer = setTimeout(() => end({ reason: 'timed-out', limitSeconds: seconds }), seconds * 1000);
  return () => clearTimeout(timer);
}

function silenceLimit(
  seconds: number,
  conversation: Conversation,
  end: (failure: Failure) => void,
): StopTimer {
  let timer: NodeJS.Timeout;
  const wait = (milliseconds: number): void => {
    timer = setTimeout(() => {
      const left = conversation.lastLine + seconds * 1000 - performance.now();
      if (left > 0) wait(left);
      else end({ reason: 'no-heartbeat', limitSeconds: seconds });
    }, milliseconds);
  };
  wait(seconds * 1000);
  return () => clearTimeout(timer);
}

/** Waits for the promise, but not longer. */
async function within(milliseconds: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
