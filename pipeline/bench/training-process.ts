import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { err, ok, type Result } from '../base/result.js';
import type { WorkerMessage } from '../contract/worker.js';
import { highWaterMark } from './process-figures.js';

/** One training as it was seen from outside. */
export interface TrainingTiming {
  /** Over the steps after those that warm up. */
  readonly samplesPerSecond: number;
  /** From before the process starts until its first update is done. */
  readonly startToFirstStep: number;
  readonly peakBytes: number;
  readonly losses: readonly number[];
}

export interface TrainingProcess {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly batchSize: number;
  /** Steps that are not timed. */
  readonly warmUp: number;
  readonly steps: number;
}

const KEPT_CHARACTERS = 2000;
const RUNAWAY = 1.5;
const LOOK_MILLISECONDS = 50;

/**
 * Runs a program that trains and says how far it is in the workers' protocol. The error says why it is no measurement:
 * it failed, or its losses are not those of a training.
 */
export async function timedTraining(
  training: TrainingProcess,
  signal: AbortSignal,
): Promise<Result<TrainingTiming, string>> {
  const [file = '', ...args] = training.argv;
  const started = performance.now();
  const child = spawn(file, args, {
    cwd: training.cwd,
    env: training.env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    signal,
  });
  const said = keepEnd(child);
  const seen = new Map<number, number>();
  const losses: number[] = [];
  let failure: string | undefined;
  let peakBytes = 0;
  const look = setInterval(() => {
    peakBytes = Math.max(peakBytes, highWaterMark(child.pid));
  }, LOOK_MILLISECONDS);
  const protocol = child.stdio[3];
  if (protocol === null || protocol === undefined || !('read' in protocol)) {
    throw new Error('Internal error: no pipe for the protocol');
  }
  createInterface({ input: protocol }).on('line', (line) => {
    const message = JSON.parse(line) as WorkerMessage;
    const seconds = (performance.now() - started) / 1000;
    if (message.type === 'metric' && message.name === 'loss') {
      losses.push(message.value);
      note(seen, message.step ?? 0, seconds);
    } else if (message.type === 'progress' && message.unit === 'steps') note(seen, message.done, seconds);
    else if (message.type === 'failure') failure = message.message;
  });
  const ended = await end(child);
  clearInterval(look);
  if (ended !== null) return err(`${training.argv.join(' ')} ${ended}:\n${failure ?? said()}`);
  const measured = rate(seen, training);
  const first = seen.get(1);
  if (measured === null || first === undefined) return err(`${training.argv.join(' ')} reported no steps`);
  const problem = lossProblem(losses);
  if (problem !== null) return err(`${training.argv.join(' ')}: ${problem}`);
  return ok({ samplesPerSecond: measured, startToFirstStep: first, peakBytes, losses });
}

/**
 * Why a program with these losses does not train; null where it does. Losses of single batches go up and down, so in a few
 * steps only those that say nothing, never change or run away are told.
 */
export function lossProblem(losses: readonly number[]): string | null {
  if (losses.length < 2) return 'it reported no losses';
  const bad = losses.find((loss) => !Number.isFinite(loss));
  if (bad !== undefined) return `a loss was ${bad}`;
  if (new Set(losses).size === 1) return `its loss stayed at ${losses[0]}`;
  const half = Math.floor(losses.length / 2);
  const [before, after] = [mean(losses.slice(0, half)), mean(losses.slice(-half))];
  return after < RUNAWAY * before
    ? null
    : `its loss rose: ${before} in the first half, ${after} in the second`;
}

/** Reports between which nothing but steps happened: from the last one of the warm-up to the last one of all. */
function rate(seen: ReadonlyMap<number, number>, training: TrainingProcess): number | null {
  const timed = [...seen].filter(([step]) => step >= training.warmUp && step <= training.steps);
  const [first, last] = [timed[0], timed.at(-1)];
  if (first === undefined || last === undefined || last[0] <= first[0]) return null;
  return ((last[0] - first[0]) * training.batchSize) / (last[1] - first[1]);
}

function note(seen: Map<number, number>, step: number, seconds: number): void {
  if (step > 0 && !seen.has(step)) seen.set(step, seconds);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function keepEnd(child: ChildProcess): () => string {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-KEPT_CHARACTERS);
    });
  }
  return () => said;
}

/** How it ended, in words; null where that was well. */
function end(child: ChildProcess): Promise<string | null> {
  return new Promise((done) => {
    child.on('error', (error) => done(`could not be run (${error.message})`));
    child.on('close', (code, signal) => {
      done(code === 0 ? null : `ended with ${signal ?? `exit code ${code}`}`);
    });
  });
}
