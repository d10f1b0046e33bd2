import * as Plot from '@observablehq/plot';
import { formatNumber } from './format.js';

/** Mean width of a character in pixels, at the size of text in charts: nothing here can measure text. */
export const CHARACTER = 6.3;

export interface Axis {
  /** With its unit: `Latency (ms)`. */
  readonly label: string;
  /** `linear` unless told. A logarithmic axis shows nothing at 0 and below. */
  readonly type?: 'linear' | 'log';
  /** Ends of the axis; without them it takes in all values. An end that leaves no room is moved. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** Ticks at whole numbers only: epochs, steps. */
  readonly integer?: boolean;
  readonly tickCount?: number;
  /** Ends at the outermost values instead of the next tick. */
  readonly isTight?: boolean;
}

/** An axis with its ends and ticks settled, as Plot takes it. */
export interface Scale {
  readonly type: 'linear' | 'log';
  readonly domain: readonly [low: number, high: number];
  readonly ticks: number;
  /** Whether a value can stand on the axis at all. */
  shows(value: number): boolean;
}

/** The next round ends beyond these. */
function rounded(type: Scale['type'], domain: Scale['domain'], ticks: number): Scale['domain'] {
  const [low = domain[0], high = domain[1]] =
    Plot.scale({ y: { type, domain: [...domain], nice: ticks } }).domain ?? [];
  return [Number(low), Number(high)];
}

/** Settles the ends of an axis: those that are given stay, others take in all values and go out to a round one. */
export function scaleOf(values: readonly number[], axis: Axis): Scale {
  const type = axis.type ?? 'linear';
  const shows = (value: number): boolean => Number.isFinite(value) && (type === 'linear' || value > 0);
  const given = (end: number | undefined): number | undefined =>
    end !== undefined && shows(end) ? end : undefined;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!shows(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = type === 'log' ? [1, 10] : [0, 1];
  const minimum = given(axis.minimum);
  let maximum = given(axis.maximum);
  low = minimum ?? low;
  high = maximum ?? high;
  if (high <= low) {
    maximum = undefined;
    const margin = axis.integer ? 1 : Math.abs(low) * 0.05 || 1;
    if (type === 'log') {
      if (minimum === undefined) low /= 2;
      high = 4 * low;
    } else {
      if (minimum === undefined) low -= margin;
      high = low + 2 * margin;
    }
  }
  const wanted = axis.tickCount ?? 5;
  const ticks = axis.integer ? Math.max(1, Math.min(wanted, Math.floor(high - low))) : wanted;
  const isTight = axis.isTight ?? false;
  const [roundLow, roundHigh] = isTight ? [low, high] : rounded(type, [low, high], ticks);
  return { type, domain: [minimum ?? roundLow, maximum ?? roundHigh], ticks, shows };
}

/** The distance of ticks that Plot settles on when it is asked for about so many. */
function stepOf(span: number, count: number): number {
  const wanted = span / count;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const error = wanted / power;
  return power * (error >= Math.sqrt(50) ? 10 : error >= Math.sqrt(10) ? 5 : error >= Math.sqrt(2) ? 2 : 1);
}

/** The same scale with so few ticks that their texts do not run together on an axis of `width` pixels. */
export function thinned(scale: Scale, width: number): Scale {
  const [low, high] = scale.domain;
  const fits = (ticks: number): boolean => {
    const step = stepOf(high - low, ticks);
    const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const longest = Math.max(...[low, high].map((end) => formatNumber(end, decimals).length));
    return (Math.floor((high - low) / step) + 1) * (longest * CHARACTER + 8) <= width + longest * CHARACTER;
  };
  let ticks = scale.ticks;
  if (scale.type === 'linear') while (ticks > 2 && !fits(ticks)) ticks -= 1;
  return { ...scale, ticks };
}

/** What Plot takes as `x` or `y`. */
export function positionOf({ type, domain }: Scale): Plot.ScaleOptions {
  return { type, domain: [...domain], nice: false, label: null };
}

/** How ticks are written: grouped thousands; no SI prefixes on a logarithmic axis, where `m` would read as a unit. */
export function tickOptions({ type, ticks }: Scale): Plot.AxisOptions {
  return { ticks, ...(type === 'log' ? { tickFormat: ',~g' } : {}) };
}
