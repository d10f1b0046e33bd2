/** Median, range and count of repeats. There must be at least one. */
export function summarize(values: readonly number[]): {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly n: number;
} {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  const min = sorted[0];
  const max = sorted.at(-1);
  if (upper === undefined || lower === undefined || min === undefined || max === undefined) {
    throw new Error('Internal error: a measure without a repeat');
  }
  return { value: (lower + upper) / 2, min, max, n: sorted.length };
}
