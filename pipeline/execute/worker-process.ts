import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../base/canonical.js';
import { err, ok, type Result } from '../base/result.js';
import type { Failure } from '../contract/failure.js';
import type { WorkerMessage } from '../contract/worker.js';
import { killGroup } from './kill-group.js';
import { parseWorkerMessage } from './protocol.js';

export interface WorkerCommand {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** stdout and stderr of the worker go here as they are. */
  readonly logFile: string;
  /** Seconds without a line on the protocol after which the worker is ended. */
  readonly silenceLimitSeconds: number;
}

export type WorkerMessageHandler = (
  message: Extract<WorkerMessage, { type: 'progress' | 'metric' | 'log' }>,
) => void;

const STDERR_TAIL_LINES = 12;
const LONGEST_LINE_BYTES = 1 << 20;
/** A process that left the group may keep the pipe open for ever; what was said before the exit is here by then. */
const PIPE_DRAIN_MILLISECONDS = 2_000;

/**
 * Runs one worker in a process group of its own, reads its protocol on file descriptor 3 and ends the whole group when
 * it says nonsense, falls silent, or the signal aborts. Plain `spawn`, because execa 9 cannot end a process group.
 */
export async function runWorker(
  command: WorkerCommand,
  onMessage: WorkerMessageHandler,
  signal: AbortSignal,
): Promise<Result<Readonly<Record<string, Json>>, Failure>> {
  const [file = '', ...argv] = command.argv;
  const log = openSync(command.logFile, 'a');
  let child: ChildProcess;
  try {
    child = spawn(file, argv, {
      cwd: command.cwd,
      env: command.env,
      detached: true,
      stdio: ['ignore', log, log, 'pipe'],
    });
  } finally {
    closeSync(log);
  }
  const protocol = child.stdio[3] as Readable;
  let failure: Failure | undefined;
  let summary: Readonly<Record<string, Json>> | undefined;
  let greeted = false;
  let killing: Promise<void> | undefined;
  const end = (reason: Failure): void => {
    failure ??= reason;
    killing ??= killGroup(child);
  };
  const spawned = new Promise<Failure | null>((resolve) => {
    child.once('spawn', () => resolve(null));
    child.once('error', (error) => resolve({ reason: 'spawn-error', command: file, message: error.message }));
  });
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, name) => resolve({ code, signal: name }));
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const spawnFailure = await spawned;
  if (spawnFailure !== null) return err(spawnFailure);

  const abort = (): void => end({ reason: 'aborted' });
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  let lastLine = performance.now();
  const watchdog = setInterval(() => {
    if (performance.now() - lastLine < command.silenceLimitSeconds * 1000) return;
    end({ reason: 'no-heartbeat', limitSeconds: command.silenceLimitSeconds });
  }, 250);

  const handleLine = (line: string): void => {
    lastLine = performance.now();
    if (failure !== undefined) return;
    const parsed = parseWorkerMessage(line);
    if (!parsed.ok) {
      end({ reason: 'protocol-violation', line: line.slice(0, 200), problem: parsed.error });
      return;
    }
    const message = parsed.value;
    if (message.type === 'hello') greeted = true;
    else if (!greeted) {
      end({
        reason: 'protocol-violation',
        line: line.slice(0, 200),
        problem: 'the first message must be hello',
      });
    } else if (message.type === 'result') summary = message.summary;
    else if (message.type === 'failure') {
      const { type: _, ...rest } = message;
      failure = { reason: 'stage-error', ...rest };
    } else onMessage(message);
  };
  let buffered = '';
  protocol.setEncoding('utf8');
  protocol.on('data', (chunk: string) => {
    buffered += chunk;
    for (let newline = buffered.indexOf('\n'); newline >= 0; newline = buffered.indexOf('\n')) {
      handleLine(buffered.slice(0, newline));
      buffered = buffered.slice(newline + 1);
    }
    if (buffered.length > LONGEST_LINE_BYTES) {
      end({ reason: 'protocol-violation', line: buffered.slice(0, 200), problem: 'a line without an end' });
      buffered = '';
    }
  });

  const exit = await exited;
  clearInterval(watchdog);
  signal.removeEventListener('abort', abort);
  await killing;
  // What the worker left running in its group must not outlive it; it may also hold the protocol's pipe open.
  if (killing === undefined) await killGroup(child);
  await Promise.race([closed, sleep(PIPE_DRAIN_MILLISECONDS)]);
  if (failure !== undefined) return err(failure);
  if (exit.signal !== null) {
    return err({ reason: 'signal', signal: exit.signal, stderrTail: tail(command.logFile) });
  }
  if (exit.code !== 0) {
    return err({ reason: 'exit-nonzero', exitCode: exit.code ?? -1, stderrTail: tail(command.logFile) });
  }
  if (summary === undefined) {
    return err({
      reason: 'protocol-violation',
      line: buffered.slice(0, 200),
      problem: 'it ended without a result',
    });
  }
  return ok(summary);
}

function tail(logFile: string): readonly string[] {
  const lines = readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.slice(-STDERR_TAIL_LINES);
}
