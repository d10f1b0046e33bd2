import { spawn } from 'node:child_process';
import { err, ok, type Result } from '../base/result.js';
import { highWaterMark } from './process-figures.js';

export interface Timing {
  /** Wall time from before the start to after the end. */
  readonly seconds: number;
  /** Highest resident memory of this one process; 0 where there is no /proc. */
  readonly peakBytes: number;
}

const LOOK_MILLISECONDS = 10;
const KEPT_CHARACTERS = 2000;

/** Runs a program to its end. The error holds the command, its exit code and the end of what it said. */
export function timedProcess(
  argv: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv; readonly signal?: AbortSignal },
): Promise<Result<Timing, string>> {
  const [file = '', ...rest] = argv;
  const { promise, resolve } = deferred<Result<Timing, string>>();
  const started = performance.now();
  const child = spawn(file, rest, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  let said = '';
  // Read, or a full pipe would stop it; only the end is kept.
  const keep = (text: string): void => {
    said = (said + text).slice(-KEPT_CHARACTERS);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  let peakBytes = 0;
  const look = setInterval(() => {
    // The kernel's own high-water mark: only growth in the last moments can be missed.
    peakBytes = Math.max(peakBytes, highWaterMark(child.pid));
  }, LOOK_MILLISECONDS);
  let ended = 0;
  child.on('exit', () => {
    ended = performance.now();
    clearInterval(look);
  });
  child.on('error', (error) => {
    clearInterval(look);
    resolve(err(`${argv.join(' ')}: ${error.message}`));
  });
  child.on('close', (code, signal) => {
    if (code === 0) resolve(ok({ seconds: (ended - started) / 1000, peakBytes }));
    else resolve(err(`${argv.join(' ')} ended with ${signal ?? `exit code ${code}`}:\n${said}`));
  });
  return promise;
}

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
