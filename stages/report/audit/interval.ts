/** A printed number, and the lowest and highest true values that rounding turns into it. */
export interface Cell {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export type Range = readonly [low: number, high: number];

/** Decimals that a number was printed with; negative where its last digits are zeros: 0.61 has 2, 218,000,000 has -6. */
function decimalsOf(value: number): number {
  if (value === 0) return 0;
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  return digits.replace('-', '').replace('.', '').length - 1 - Number(exponent);
}

/**
 * The cells of one column. JSON drops trailing zeros, so how precisely a column was printed is taken from all of it: either every value has the
 * decimals of the most precise one, or every value has as many significant digits, whichever lost fewer zeros; the coarser where that is equal.
 */
export function columnCells(values: readonly number[]): Cell[] {
  const own = values.map(decimalsOf);
  const digits = values.map((value, index) => (own[index] ?? 0) + 1 + magnitude(value));
  const [most, longest] = [Math.max(...own), Math.max(...digits)];
  const lost = own.reduce((sum, decimals) => sum + most - decimals, 0);
  const lostDigits = digits.reduce((sum, count) => sum + longest - count, 0);
  return values.map((value) => {
    const bySize = longest - 1 - magnitude(value);
    const last = lost === lostDigits ? Math.min(most, bySize) : lost < lostDigits ? most : bySize;
    const half = 0.5 * 10 ** -last;
    return { value, low: value - half, high: value + half };
  });
}

function magnitude(value: number): number {
  return value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
}

/** A number that was never rounded for print, but for what floating point does. */
export function exactCell(value: number): Cell {
  const slack = Math.max(Math.abs(value), 1e-6) * 1e-9;
  return { value, low: value - slack, high: value + slack };
}

/** Of positive quantities. */
export const product = (a: Cell, b: Cell): Cell => ({
  value: a.value * b.value,
  low: a.low * b.low,
  high: a.high * b.high,
});

/** Of positive quantities. */
export const ratio = (a: Cell, b: Cell): Cell => ({
  value: a.value / b.value,
  low: a.low / b.high,
  high: b.low > 0 ? a.high / b.low : Number.POSITIVE_INFINITY,
});

export const scaled = (a: Cell, factor: number): Cell => ({
  value: a.value * factor,
  low: a.low * factor,
  high: a.high * factor,
});

export const overlap = (a: Pick<Cell, 'low' | 'high'>, b: Pick<Cell, 'low' | 'high'>): boolean =>
  a.low <= b.high && b.low <= a.high;

/** The distance between two ranges, relative to `stated`; 0 where they overlap. */
export function gap(stated: Cell, other: Pick<Cell, 'low' | 'high'>): number {
  const distance = Math.max(other.low - stated.high, stated.low - other.high, 0);
  return distance / Math.abs(stated.value);
}

export interface Consensus {
  readonly range: Range;
  /** How many of the ranges hold all of it. */
  readonly covering: number;
}

/** The stretch that the most ranges have in common; null without any. */
export function consensusOf(ranges: readonly Pick<Cell, 'low' | 'high'>[]): Consensus | null {
  let best: Consensus | null = null;
  for (const { low } of ranges) {
    const holding = ranges.filter((range) => range.low <= low && low <= range.high);
    if (holding.length > (best?.covering ?? 0)) {
      best = {
        range: [low, Math.min(...holding.map(({ high }) => high))],
        covering: holding.length,
      };
    }
  }
  return best;
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** The largest divided by the smallest. */
export const foldOf = (values: readonly number[]): number => Math.max(...values) / Math.min(...values);
