/** An axis: where values fall and which of them are written. */
export interface Scale {
  readonly minimum: number;
  readonly maximum: number;
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
  /** From a value to a fraction of the axis: 0 at `minimum`, 1 at `maximum`. */
  position(value: number): number;
}

export interface ScaleOptions {
  /** Ends of the axis; without them it takes in all values. An end that leaves no room is moved. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** Ticks at whole numbers only: epochs, steps. */
  readonly integer?: boolean;
  readonly tickCount?: number;
  /** Ends at the outermost values instead of the next tick. */
  readonly isTight?: boolean;
}

const STEPS = [1, 2, 2.5, 5, 10];

/** The step of the series 1, 2, 2.5, 5 times a power of ten that gives at most `count` intervals. */
function niceStep(span: number, count: number, integer: boolean): number {
  const power = 10 ** Math.floor(Math.log10(span / count));
  const step = (STEPS.find((candidate) => span / (candidate * power) <= count) ?? 10) * power;
  if (!integer) return step;
  return step < 1 ? 1 : Math.ceil(step);
}

/** Linear scale with round ticks. An end that is not fixed is moved out to the next tick. */
export function linearScale(values: readonly number[], options: ScaleOptions = {}): Scale {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = [0, 1];
  low = options.minimum ?? low;
  high = options.maximum ?? high;
  let fixedMaximum = options.maximum;
  if (high <= low) {
    fixedMaximum = undefined;
    const margin = options.integer ? 1 : Math.abs(low) * 0.05 || 1;
    if (options.minimum === undefined) low -= margin;
    high = low + 2 * margin;
  }
  const step = niceStep(high - low, options.tickCount ?? 5, options.integer ?? false);
  const tolerance = step * 1e-9;
  const isTight = options.isTight ?? false;
  const minimum = isTight ? low : (options.minimum ?? Math.floor((low + tolerance) / step) * step);
  const maximum = isTight ? high : (fixedMaximum ?? Math.ceil((high - tolerance) / step) * step);
  const decimals = decimalsOf(step);
  const ticks: { value: number; text: string }[] = [];
  for (let index = Math.ceil((minimum - tolerance) / step); index * step <= maximum + tolerance; index += 1) {
    const value = index * step;
    ticks.push({ value, text: tickText(value, decimals) });
  }
  return { minimum, maximum, ticks, position: (value) => (value - minimum) / (maximum - minimum) };
}

function decimalsOf(step: number): number {
  for (let decimals = 0; decimals < 9; decimals += 1) {
    const scaled = step * 10 ** decimals;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return decimals;
  }
  return 9;
}

function tickText(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  const shown = decimals === 0 ? text.replace(/\B(?=(\d{3})+(?!\d))/g, ',') : text;
  return value < 0 && Number(text) !== 0 ? `−${shown}` : shown;
}
