import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Json } from '../base/canonical.js';
import { err, ok, type Result } from '../base/result.js';
import type { WorkerMessage } from '../contract/worker.js';
import { highWaterMark, processorSeconds } from './process-figures.js';
import type { ProgramCommand } from './worker-programs.js';

export interface WorkerTiming {
  /** Wall time from before the start to after the end. */
  readonly seconds: number;
  /** Of all its threads, in the system and outside. */
  readonly processorSeconds: number;
  /** Highest resident memory. */
  readonly peakBytes: number;
  readonly summary: Readonly<Record<string, Json>>;
}

const LOOK_MILLISECONDS = 10;
const KEPT_CHARACTERS = 2000;

/** Runs a worker to its end. The error is its failure in its own words, or the end of what it said. */
export async function timedWorker(
  { argv, env }: ProgramCommand,
  cwd: string,
  signal: AbortSignal,
): Promise<Result<WorkerTiming, string>> {
  const [file = '', ...rest] = argv;
  const started = performance.now();
  const child = spawn(file, rest, { cwd, env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'], signal });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-KEPT_CHARACTERS);
    });
  }
  let peakBytes = 0;
  let processor = 0;
  const look = setInterval(() => {
    peakBytes = Math.max(peakBytes, highWaterMark(child.pid));
    processor = Math.max(processor, processorSeconds(child.pid));
  }, LOOK_MILLISECONDS);
  let last: WorkerMessage | undefined;
  const protocol = child.stdio[3];
  if (protocol === null || protocol === undefined || !('read' in protocol)) {
    throw new Error('Internal error: no pipe for the protocol');
  }
  createInterface({ input: protocol }).on('line', (line) => {
    last = JSON.parse(line) as WorkerMessage;
  });
  let ended = 0;
  child.on('exit', () => {
    ended = performance.now();
    clearInterval(look);
  });
  const problem = await new Promise<string | null>((done) => {
    child.on('error', (error) => done(`could not be run (${error.message})`));
    child.on('close', (code, killed) =>
      done(code === 0 ? null : `ended with ${killed ?? `exit code ${code}`}`),
    );
  });
  clearInterval(look);
  if (last?.type === 'failure') return err(last.message);
  if (problem !== null || last?.type !== 'result') {
    return err(`${argv.join(' ')} ${problem ?? 'gave no result'}:\n${said}`);
  }
  const seconds = (ended - started) / 1000;
  return ok({ seconds, processorSeconds: processor, peakBytes, summary: last.summary });
}
