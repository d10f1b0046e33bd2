import { ENOUGH_FOR_P90, ENOUGH_FOR_P99 } from '../../pipeline/base/percentile-limits.js';
import { randomFrom, seedOfText } from '../../pipeline/base/random.js';
import type { Interval } from './model-scores.js';
import { quantile, sortedTogether } from './statistics.js';

export const RESAMPLES = 1000;
/**
 * Inferences drawn again of each window. Where a window holds more, its own part of an interval is wider than it need
 * be, never narrower; what windows differ by is not touched by it.
 */
const DRAWN = 512;

/**
 * Quantiles of data drawn again in two steps: windows first, then the inferences of each (cluster bootstrap, Davison and
 * Hinkley 1997, section 3.8), since inferences of one process are alike in ways that those of another are not.
 *
 * @param windows latencies, window by window; what is not a number is drawn and then left out
 * @param shares of the quantiles, 0 to 1
 * @param seed equal seeds draw alike
 * @returns for each share, its quantile in each resample
 */
export function resampledQuantiles(
  windows: readonly Float64Array[],
  shares: readonly number[],
  seed: string,
): Float64Array[] {
  const random = randomFrom(seedOfText(seed));
  const sorted = sortedTogether(windows);
  const ranks = windows.map((window) => ranksOf(window, sorted));
  const drawn = windows.map((window) => Math.min(window.length, DRAWN));
  // Counting how often each was drawn is faster than sorting what was drawn, unless most were not.
  const drawing = windows.length * Math.max(0, ...drawn);
  const quantilesOf = sorted.length > 8 * drawing ? bySorting(sorted, shares) : byCounting(sorted, shares);
  const places = new Uint32Array(drawing);
  const results = shares.map(() => new Float64Array(RESAMPLES));
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    let length = 0;
    for (let count = 0; count < windows.length; count += 1) {
      const chosen = Math.floor(random() * windows.length);
      const own = ranks[chosen] ?? new Uint32Array();
      for (let item = 0; item < (drawn[chosen] ?? 0); item += 1) {
        const rank = own[Math.floor(random() * own.length)] ?? sorted.length;
        if (rank < sorted.length) places[length++] = rank;
      }
    }
    for (const [index, value] of quantilesOf(places.subarray(0, length)).entries()) {
      const result = results[index];
      if (result !== undefined) result[resample] = value;
    }
  }
  return results;
}

/** Where each value stands among all; the place behind the last where it is not a number. */
function ranksOf(window: Float64Array, sorted: Float64Array): Uint32Array {
  return Uint32Array.from(window, (value) => {
    if (!Number.isFinite(value)) return sorted.length;
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  });
}

type QuantilesOf = (places: Uint32Array) => readonly number[];

const bySorting =
  (sorted: Float64Array, shares: readonly number[]): QuantilesOf =>
  (places) => {
    const values = Float64Array.from(places.sort(), (place) => sorted[place] ?? Number.NaN);
    return shares.map((share) => quantile(values, share));
  };

function byCounting(sorted: Float64Array, shares: readonly number[]): QuantilesOf {
  const times = new Uint32Array(sorted.length);
  return (places) => {
    times.fill(0);
    for (let index = 0; index < places.length; index += 1) {
      const place = places[index] ?? 0;
      times[place] = (times[place] ?? 0) + 1;
    }
    return shares.map((share) => quantileOfCounts(sorted, times, places.length, share));
  };
}

/** As `quantile` of all values, each as often as it was drawn. */
function quantileOfCounts(sorted: Float64Array, times: Uint32Array, total: number, share: number): number {
  if (total === 0) return Number.NaN;
  const position = share * (total - 1);
  const below = Math.floor(position);
  let rank = 0;
  let seen = times[0] ?? 0;
  while (seen <= below) seen += times[++rank] ?? 0;
  const low = sorted[rank] ?? Number.NaN;
  if (below + 1 < total) while (seen <= below + 1) seen += times[++rank] ?? 0;
  const high = sorted[rank] ?? Number.NaN;
  return low + (high - low) * (position - below);
}

/** 95 % intervals of the median and of the 90th and 99th percentiles; null for one window, which says nothing of the next, and where a percentile is of too few inferences. */
export interface LatencyIntervals {
  readonly median: Interval | null;
  readonly p90: Interval | null;
  readonly p99: Interval | null;
}

export function latencyIntervals(windows: readonly Float64Array[], seed: string): LatencyIntervals {
  const n = windows.reduce((sum, window) => sum + window.filter(Number.isFinite).length, 0);
  const none = { median: null, p90: null, p99: null };
  if (windows.length < 2 || n === 0) return none;
  const [median, p90, p99] = resampledQuantiles(windows, [0.5, 0.9, 0.99], seed).map(percentileInterval);
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

const resampledMedians = (windows: readonly Float64Array[], seed: string): Float64Array =>
  resampledQuantiles(windows, [0.5], seed)[0] ?? new Float64Array();

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
