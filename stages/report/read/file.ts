import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import { readPiecesOfLines } from '../../../pipeline/base/json-lines.js';
import { err, ok, type Result } from '../../../pipeline/base/result.js';
import type { JobInput, StageFailure } from '../../../pipeline/contract/worker.js';
import type { Source } from './inputs.js';

export type Read<T> = Promise<Result<T, StageFailure>>;

export function unreadable(input: JobInput, path: string, problem: string, line?: number): StageFailure {
  return {
    code: 'unreadable-input',
    message: `${basename(path)} of ${input.instance} cannot be read: ${problem}`,
    hint: `docs/reference/artifacts.md has the form of ${basename(path)}; if ${input.stage} wrote it so, that stage is at fault`,
    file: path,
    ...(line === undefined ? {} : { line }),
  };
}

export const problemOf = (error: z.ZodError): string =>
  error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.') || 'the document'}: ${issue.message}`)
    .join('; ');

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Whether a failure is the file's or the system's, not ours. */
const isExpected = (error: unknown): boolean =>
  error instanceof SyntaxError || (error instanceof Error && 'code' in error);

export async function readDocument<T>(schema: z.ZodType<T>, input: JobInput, path: string): Read<T> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (isExpected(error)) return err(unreadable(input, path, messageOf(error)));
    throw error;
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? ok(parsed.data) : err(unreadable(input, path, problemOf(parsed.error)));
}

/** Hands each object of a JSON Lines file to `take`, which says what is wrong with it or nothing. */
export async function eachLine(
  input: JobInput,
  path: string,
  signal: AbortSignal,
  take: (value: unknown, index: number) => string | undefined,
): Read<number> {
  let lines = 0;
  try {
    for await (const piece of readPiecesOfLines(path)) {
      signal.throwIfAborted();
      for (const line of piece) {
        const problem = take(JSON.parse(line), lines);
        lines += 1;
        if (problem !== undefined) return err(unreadable(input, path, problem, lines));
      }
    }
  } catch (error) {
    if (!signal.aborted && isExpected(error)) {
      return err(unreadable(input, path, messageOf(error), lines + 1));
    }
    throw error;
  }
  return ok(lines);
}

/** The objects of a JSON Lines file in the artifact's folder. */
export async function readLines<T>(
  input: JobInput,
  file: string,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Read<readonly T[]> {
  const values: T[] = [];
  const read = await eachLine(input, join(input.path, file), signal, (value) => {
    const parsed = schema.safeParse(value);
    if (!parsed.success) return problemOf(parsed.error);
    values.push(parsed.data);
    return undefined;
  });
  return read.ok ? ok(values) : read;
}

export function sourceOf({ instance, stage, artifact, coordinates, key, digest }: JobInput): Source {
  return { instance, stage, artifact, coordinates, key, digest };
}
