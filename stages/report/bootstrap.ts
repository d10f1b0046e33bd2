import { randomFrom, seedOfText } from '../../pipeline/base/random.js';
import type { Interval } from './model-scores.js';
import { quantile } from './statistics.js';

const RESAMPLES = 1000;
/** Inferences drawn again of each window: more would change an end of the interval by less than its own noise. */
const DRAWN = 512;

/**
 * Medians of data drawn again in two steps: windows first, then the inferences of each (cluster bootstrap, Davison and
 * Hinkley 1997, section 3.8), since inferences of one process are alike in ways that those of another are not.
 *
 * @param windows latencies, window by window
 * @param seed equal seeds draw alike
 */
export function resampledMedians(windows: readonly Float64Array[], seed: string): Float64Array {
  const random = randomFrom(seedOfText(seed));
  const drawn = windows.map((window) => Math.min(window.length, DRAWN));
  return Float64Array.from({ length: RESAMPLES }, () => {
    const values: number[] = [];
    for (let count = 0; count < windows.length; count += 1) {
      const chosen = Math.floor(random() * windows.length);
      const window = windows[chosen] ?? new Float64Array();
      for (let item = 0; item < (drawn[chosen] ?? 0); item += 1)
        values.push(window[Math.floor(random() * window.length)] ?? Number.NaN);
    }
    return quantile(Float64Array.from(values).sort(), 0.5);
  });
}

/** 95 % interval of the median; null for one window, which says nothing of the next. */
export function medianInterval(windows: readonly Float64Array[], seed: string): Interval | null {
  return windows.length < 2 ? null : percentileInterval(resampledMedians(windows, seed));
}

function percentileInterval(values: Float64Array): Interval {
  const sorted = values.slice().sort();
  return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
}

/** The ratio of two medians with its 95 % interval, and how likely as large a departure from 1 is by chance (two-sided). */
export function ratioOfMedians(
  above: readonly Float64Array[],
  below: readonly Float64Array[],
  seed: string,
): { readonly interval: Interval; readonly p: number } | null {
  if (above.length < 2 || below.length < 2) return null;
  const denominators = resampledMedians(below, `${seed} below`);
  const ratios = resampledMedians(above, `${seed} above`).map(
    (median, index) => median / (denominators[index] ?? Number.NaN),
  );
  const high = ratios.filter((ratio) => ratio >= 1).length;
  const low = ratios.filter((ratio) => ratio <= 1).length;
  return {
    interval: percentileInterval(ratios),
    p: Math.min(1, (2 * (Math.min(high, low) + 1)) / (RESAMPLES + 1)),
  };
}

/** p values corrected for their number (Holm 1979), in the order given; null stays null and counts as none. */
export function holm(values: readonly (number | null)[]): (number | null)[] {
  const order = values
    .flatMap((value, index) => (value === null ? [] : [{ value, index }]))
    .sort((a, b) => a.value - b.value);
  const corrected: (number | null)[] = values.map(() => null);
  let highest = 0;
  for (const [rank, { value, index }] of order.entries()) {
    highest = Math.max(highest, Math.min(1, (order.length - rank) * value));
    corrected[index] = highest;
  }
  return corrected;
}

/** Exact two-sided McNemar test: how likely a split as uneven is when each changed answer is right as often before as after. */
export function mcnemar(gained: number, lost: number): number {
  const changed = gained + lost;
  if (changed === 0) return 1;
  let probability = 0;
  let logarithm = -changed * Math.LN2;
  for (let count = 0; count <= Math.min(gained, lost); count += 1) {
    probability += Math.exp(logarithm);
    logarithm += Math.log((changed - count) / (count + 1));
  }
  return Math.min(1, 2 * probability);
}
