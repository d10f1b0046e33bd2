import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ok } from '../../../pipeline/base/result.js';
import type { JobInput } from '../../../pipeline/contract/worker.js';
import { joinedLists } from '../order.js';
import { type Read, readLines } from './file.js';
import type { LoadedEvaluation, Predictions } from './inputs.js';

/** Checks by hand: a study has millions of them. */
function numbersThat(fits: (value: number) => boolean, what: string): z.ZodType<readonly number[]> {
  return z.custom<readonly number[]>(
    (values) => Array.isArray(values) && values.every((value) => typeof value === 'number' && fits(value)),
    `must be ${what}`,
  );
}

/** One line of windows.jsonl. */
const windowLine = z.object({
  latency_ms: numbersThat((value) => Number.isFinite(value) && value >= 0, 'numbers of 0 or more'),
  tokens: numbersThat(
    (value) => Number.isSafeInteger(value) && value >= 0,
    'whole numbers of 0 or more',
  ).default([]),
});

/** @param whole the pass over all tweets, which stands for windows where there are none */
export async function readWindows(
  input: JobInput,
  whole: Predictions,
  signal: AbortSignal,
): Read<Pick<LoadedEvaluation, 'windows' | 'windowTokens'>> {
  if (!existsSync(join(input.path, 'windows.jsonl')))
    return ok({ windows: [whole.latenciesMs], windowTokens: whole.tokens });
  const lines = await readLines(input, 'windows.jsonl', windowLine, signal);
  if (!lines.ok) return lines;
  return ok({
    windows: lines.value.map(({ latency_ms }) => Float64Array.from(latency_ms)),
    windowTokens: joinedLists(lines.value.map(({ tokens }) => tokens)),
  });
}
