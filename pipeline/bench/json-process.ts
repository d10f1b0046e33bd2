import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { err, ok, type Result } from '../base/result.js';

const KEPT_CHARACTERS = 2000;

/** Runs a program that prints JSON, an object a line, to its end. The error holds the end of what it said besides. */
export async function jsonProcess(
  argv: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    readonly signal: AbortSignal;
    onObject?(object: unknown): void;
  },
): Promise<Result<readonly unknown[], string>> {
  const [file = '', ...rest] = argv;
  const child = spawn(file, rest, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: options.signal,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-KEPT_CHARACTERS);
  });
  const objects: unknown[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    try {
      const object: unknown = JSON.parse(line);
      objects.push(object);
      options.onObject?.(object);
    } catch {
      said = `${said}${line}\n`.slice(-KEPT_CHARACTERS);
    }
  });
  const ended = await new Promise<string | null>((resolve) => {
    child.on('error', (error) => resolve(`could not be run (${error.message})`));
    child.on('close', (code, signal) => {
      resolve(code === 0 ? null : `ended with ${signal ?? `exit code ${code}`}`);
    });
  });
  return ended === null ? ok(objects) : err(`${argv.join(' ')} ${ended}:\n${said}`);
}
