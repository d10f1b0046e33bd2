import { ENOUGH_FOR_P90, ENOUGH_FOR_P99 } from '../../../pipeline/base/percentile-limits.js';
import { drawsFrom, seedOfText } from '../../../pipeline/base/random.js';
import type { Interval } from '../model/scores.js';
import { quantile, sortedTogether } from './descriptive.js';
import { type GroupedSample, groupEnds, groupsOf, quantilesOf, sampleAt } from './grouped-sample.js';

export const RESAMPLES = 1000;
/**
 * Inferences drawn again of each window. Where a window holds more, its own part of an interval is wider than it need
 * be, never narrower; what windows differ by is not touched by it.
 */
const DRAWN = 512;
/**
 * Samples made of each window, of which a resample takes one each time that it draws the window. A sample of its own each time
 * would be sixteen times as many draws for intervals as wide: over all windows these are hundreds or thousands.
 */
const SAMPLES = 64;

/**
 * Quantiles of data drawn again in two steps: windows first, then the inferences of each (cluster bootstrap, Davison and
 * Hinkley 1997, section 3.8), since inferences of one process are alike in ways that those of another are not.
 *
 * @param windows latencies, window by window; what is not a number is drawn and then left out
 * @param shares of the quantiles, 0 to 1
 * @param seed equal seeds draw alike
 * @param sorted all latencies that are numbers, ascending
 * @returns for each share, its quantile in each resample
 */
export function resampledQuantiles(
  windows: readonly Float64Array[],
  shares: readonly number[],
  seed: string,
  sorted = sortedTogether(windows),
): Float64Array[] {
  const random = drawsFrom(seedOfText(seed));
  const ends = groupEnds(sorted);
  const samples = windows.map((window) => {
    const groups = groupsOf(window, ends);
    const places = new Uint32Array(Math.min(window.length, DRAWN));
    return Array.from({ length: SAMPLES }, () => {
      random.fill(places, window.length);
      return sampleAt(places, window, groups);
    });
  });
  const chosen = (): readonly GroupedSample[] =>
    windows.flatMap(() => {
      const own = samples[Math.floor(random.next() * windows.length)];
      return own?.[Math.floor(random.next() * SAMPLES)] ?? [];
    });
  const results = shares.map(() => new Float64Array(RESAMPLES));
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    for (const [index, value] of quantilesOf(chosen(), shares).entries()) {
      const result = results[index];
      if (result !== undefined) result[resample] = value;
    }
  }
  return results;
}

/** Latencies of windows in order, and the median and the 90th and 99th percentiles of each resample of them. */
export interface Distributions {
  sorted(windows: readonly Float64Array[]): Float64Array;
  /** @param seed names the windows: others draw otherwise */
  resampled(windows: readonly Float64Array[], seed: string): readonly Float64Array[];
}

/** Sorts and resamples the same windows once: those of a reference stand in its own row and in each comparison with it. */
export function distributionsOnceEach(): Distributions {
  const sorted = onceEach(sortedTogether);
  const resampled = onceEach((windows, seed: string) =>
    resampledQuantiles(windows, [0.5, 0.9, 0.99], seed, sorted(windows)),
  );
  return { sorted, resampled };
}

/** Makes what is asked of the same windows once. */
function onceEach<Rest extends readonly unknown[], T>(
  make: (windows: readonly Float64Array[], ...rest: Rest) => T,
): (windows: readonly Float64Array[], ...rest: Rest) => T {
  const known: { readonly windows: readonly Float64Array[]; readonly made: T }[] = [];
  return (windows, ...rest) => {
    const found = known.find(
      (one) => one.windows.length === windows.length && one.windows.every((own, at) => own === windows[at]),
    );
    if (found !== undefined) return found.made;
    const made = make(windows, ...rest);
    known.push({ windows, made });
    return made;
  };
}

/** 95 % intervals of the median and of the 90th and 99th percentiles; null for one window, which says nothing of the next, and where a percentile is of too few inferences. */
export interface LatencyIntervals {
  readonly median: Interval | null;
  readonly p90: Interval | null;
  readonly p99: Interval | null;
}

export function latencyIntervals(
  windows: readonly Float64Array[],
  seed: string,
  distributions = distributionsOnceEach(),
): LatencyIntervals {
  const n = windows.reduce((sum, window) => sum + window.filter(Number.isFinite).length, 0);
  const none = { median: null, p90: null, p99: null };
  if (windows.length < 2 || n === 0) return none;
  const [median, p90, p99] = distributions.resampled(windows, seed).map(percentileInterval);
  return {
    median: median ?? null,
    p90: n < ENOUGH_FOR_P90 ? null : (p90 ?? null),
    p99: n < ENOUGH_FOR_P99 ? null : (p99 ?? null),
  };
}

/** What 95 % of the resampled values lie between. */
export function percentileInterval(values: Float64Array): Interval {
  const sorted = values.slice().sort();
  return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
}

/** The ratio of two medians with its 95 % interval, and how likely as large a departure from 1 is by chance (two-sided). */
export function ratioOfMedians(
  above: readonly Float64Array[],
  below: readonly Float64Array[],
  seeds: { readonly above: string; readonly below: string },
  distributions = distributionsOnceEach(),
): { readonly interval: Interval; readonly p: number } | null {
  if (above.length < 2 || below.length < 2) return null;
  const [numerators] = distributions.resampled(above, seeds.above);
  const [denominators] = distributions.resampled(below, seeds.below);
  const ratios = (numerators ?? new Float64Array()).map(
    (median, index) => median / (denominators?.[index] ?? Number.NaN),
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
