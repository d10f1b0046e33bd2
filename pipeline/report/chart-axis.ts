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

/** Asked for no more ticks than there are powers of ten, Plot leaves those between out; an axis of less than two needs them. */
function decadesOf([low, high]: Scale['domain'], ticks: number): number {
  const decades = Math.floor(Math.log10(high / low) + 1e-9);
  return decades < 2 ? ticks : Math.min(ticks, decades);
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
  const [roundLow, roundHigh] = axis.isTight ? [low, high] : rounded(type, [low, high], ticks);
  const domain = [minimum ?? roundLow, maximum ?? roundHigh] as const;
  return { type, domain, ticks: type === 'log' ? decadesOf(domain, ticks) : ticks, shows };
}

/** The distance of ticks that Plot settles on when it is asked for about so many. */
function stepOf(span: number, count: number): number {
  const wanted = span / count;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const error = wanted / power;
  return power * (error >= Math.sqrt(50) ? 10 : error >= Math.sqrt(10) ? 5 : error >= Math.sqrt(2) ? 2 : 1);
}

const decimalsOf = (finest: number): number =>
  Math.min(20, Math.max(0, -Math.floor(Math.log10(finest) + 1e-9)));

/** `0.01`, `10,000`, `1e6`: without SI prefixes, since `m` would read as a unit. */
function logTick(value: number): string {
  if (value < 1e6 && value > 9e-5) return formatNumber(value, decimalsOf(value));
  return Number(value.toPrecision(6)).toExponential().replace('+', '');
}

/** Characters of the longest text at the ticks. */
export function tickLength({ type, domain, ticks }: Scale, count = ticks): number {
  const decimals = decimalsOf(stepOf(domain[1] - domain[0], count));
  const texts = domain.map((end) => (type === 'log' ? logTick(end) : formatNumber(end, decimals)));
  return Math.max(...texts.map((text) => text.length));
}

/** The same scale with so few ticks that their texts do not run together on an axis of `width` pixels. */
export function thinned(scale: Scale, width: number): Scale {
  const [low, high] = scale.domain;
  const isLog = scale.type === 'log';
  const span = isLog ? Math.log10(high / low) : high - low;
  // Plot itself leaves texts out between powers of ten.
  if (isLog && span < 2) return scale;
  const fits = (ticks: number): boolean => {
    const text = tickLength(scale, ticks) * CHARACTER;
    return Math.floor(span / stepOf(span, ticks)) * (text + 8) <= width;
  };
  let { ticks } = scale;
  while (ticks > 2 && !fits(ticks)) ticks -= 1;
  return { ...scale, ticks };
}

/** The nearest place on the axis. */
export function cut({ domain: [low, high] }: Scale, value: number): number {
  return Math.min(high, Math.max(low, value));
}

/** What Plot takes as `x` or `y`. */
export function positionOf({ type, domain }: Scale): Plot.ScaleOptions {
  return { type, domain: [...domain], nice: false, label: null };
}

export function tickOptions({ type, ticks }: Scale): Plot.AxisOptions {
  return { ticks, ...(type === 'log' ? { tickFormat: logTick } : {}) };
}
