import type { ClockMap } from '../contract/meter.js';
import type { PowerSeries, SeriesEdge } from './power-series.js';
import { RESONATOR_LIMIT } from './sensor.js';

/** One moment on two clocks, seconds. */
export interface ClockPair {
  readonly x_s: number;
  readonly y_s: number;
}

export interface ClockNames {
  readonly from: string;
  readonly to: string;
  /** Standard uncertainty of every single pair that more pairs do not make smaller: resolution and fixed delays, seconds. */
  readonly floor_s: number;
  /** Standard uncertainty of the rate where pairs cannot tell it: less than three, or all at one moment. */
  readonly rateUncertainty: number;
}

/** The least-squares line through pairs; offset alone where fewer than three pairs say nothing of the rate's error. */
export function fitClock(
  pairs: readonly ClockPair[],
  { from, to, floor_s, rateUncertainty }: ClockNames,
): ClockMap | null {
  const n = pairs.length;
  if (n === 0) return null;
  const x0_s = pairs.reduce((sum, { x_s }) => sum + x_s, 0) / n;
  const y0_s = pairs.reduce((sum, { y_s }) => sum + y_s, 0) / n;
  const sxx = pairs.reduce((sum, { x_s }) => sum + (x_s - x0_s) ** 2, 0);
  const sxy = pairs.reduce((sum, { x_s, y_s }) => sum + (x_s - x0_s) * (y_s - y0_s), 0);
  const hasRate = n >= 3 && sxx > 0;
  // Two pairs have a slope too, but none that could be checked: it is taken only where it beats what is known anyway.
  const ofTwo = n === 2 && sxx > 0 && (Math.SQRT2 * floor_s) / Math.sqrt(sxx * 2) < rateUncertainty;
  const rate = hasRate || ofTwo ? sxy / sxx : 1;
  const squares = pairs.reduce((sum, { x_s, y_s }) => sum + (y_s - y0_s - rate * (x_s - x0_s)) ** 2, 0);
  const residual_s = n > 2 ? Math.sqrt(squares / (n - 2)) : Math.sqrt(squares / n);
  const single = Math.max(residual_s, floor_s);
  return {
    from,
    to,
    x0_s,
    y0_s,
    rate,
    pairs: n,
    residual_s,
    u_y0_s: Math.hypot(single / Math.sqrt(n), floor_s),
    u_rate: hasRate || ofTwo ? single / Math.sqrt(sxx) : rateUncertainty,
  };
}

/** A time of `map.from` on `map.to`. */
export function mapTime(map: ClockMap, x_s: number): number {
  return map.y0_s + map.rate * (x_s - map.x0_s);
}

/** Standard uncertainty of a mapped time, seconds: offset and, away from the pairs, rate. */
export function mapUncertainty(map: ClockMap, x_s: number): number {
  return Math.hypot(map.u_y0_s, map.u_rate * (x_s - map.x0_s));
}

/** From the first clock to the last: meter to board, and board to host. */
export function composeMaps(first: ClockMap, second: ClockMap): ClockMap {
  if (first.to !== second.from) {
    throw new Error(`Internal error: a map to ${first.to} cannot go on from ${second.from}`);
  }
  return {
    from: first.from,
    to: second.to,
    x0_s: first.x0_s,
    y0_s: mapTime(second, first.y0_s),
    rate: first.rate * second.rate,
    pairs: Math.min(first.pairs, second.pairs),
    residual_s: Math.hypot(first.residual_s * second.rate, second.residual_s),
    u_y0_s: Math.hypot(first.u_y0_s * second.rate, mapUncertainty(second, first.y0_s)),
    u_rate: Math.hypot(first.u_rate, second.u_rate),
  };
}

export function invertMap(map: ClockMap): ClockMap {
  return {
    ...map,
    from: map.to,
    to: map.from,
    x0_s: map.y0_s,
    y0_s: map.x0_s,
    rate: 1 / map.rate,
    residual_s: map.residual_s / map.rate,
    u_y0_s: map.u_y0_s / map.rate,
    u_rate: map.u_rate / map.rate ** 2,
  };
}

/**
 * Pairs of the edges that the meter saw with those that the board says it made. Both saw the same pin in the same order;
 * where the meter saw more or fewer, the shift is taken at which the distances from edge to edge agree best.
 *
 * @returns no pairs where no shift brings them within `tolerance_s` of one another.
 */
export function pairEdges(
  seen: readonly SeriesEdge[],
  made: readonly { readonly t_s: number; readonly level: 0 | 1 }[],
  tolerance_s = 0.5,
): readonly ClockPair[] {
  let best: { pairs: readonly ClockPair[]; spread: number } | null = null;
  for (let shift = -made.length + 1; shift < seen.length; shift += 1) {
    const pairs = made.flatMap(({ t_s, level }, index): ClockPair[] => {
      const edge = seen[index + shift];
      return edge === undefined || edge.level !== level ? [] : [{ x_s: edge.t_s, y_s: t_s }];
    });
    const distances = pairs.map(({ x_s, y_s }) => y_s - x_s);
    const spread = Math.max(...distances) - Math.min(...distances);
    if (pairs.length === 0 || spread > tolerance_s) continue;
    const isBetter = best === null || pairs.length > best.pairs.length;
    const isCloser = best !== null && pairs.length === best.pairs.length && spread < best.spread;
    if (isBetter || isCloser) best = { pairs, spread };
  }
  return best?.pairs ?? [];
}

/** Stretches of which the quickest arrival is taken. */
const BINS = 20;

/**
 * Pairs of sample time and arrival on the host. An arrival is never early: of each stretch the quickest one counts, so that
 * waits of the serial line and of a busy host do not shift the line. What even the quickest one waits stays in it (`floor_s`).
 */
export function arrivalPairs(
  samples: readonly { readonly t_s: number; readonly host_s: number | null }[],
): readonly ClockPair[] {
  const size = Math.max(1, Math.ceil(samples.length / BINS));
  const pairs: ClockPair[] = [];
  for (let start = 0; start < samples.length; start += size) {
    let quickest: ClockPair | null = null;
    for (const { t_s, host_s } of samples.slice(start, start + size)) {
      if (host_s === null) continue;
      if (quickest === null || host_s - t_s < quickest.y_s - quickest.x_s) {
        quickest = { x_s: t_s, y_s: host_s };
      }
    }
    if (quickest !== null) pairs.push(quickest);
  }
  return pairs;
}

/** A line takes 5 ms to come, and USB hands over every few milliseconds: what the quickest arrival still waits, seconds. */
const ARRIVAL_S = 0.005;

/** From the meter's clock to the host's, by the quickest arrivals; null for a series that never arrived, as a table's rows. */
export function hostMap({ samples, period_s }: PowerSeries): ClockMap | null {
  // A sample's time is the middle of its block, and what arrives is sent at the end.
  const pairs = arrivalPairs(samples).map(({ x_s, y_s }) => ({ x_s: x_s + period_s / 2, y_s }));
  return fitClock(pairs, {
    from: 'meter',
    to: 'host',
    floor_s: ARRIVAL_S,
    rateUncertainty: RESONATOR_LIMIT / Math.sqrt(3),
  });
}
