import type { MeterFailure } from '../contract/meter.js';

interface BoardRange {
  readonly pattern: RegExp;
  readonly name: string;
  /** Less than a running board draws, watts. */
  readonly least_w: number;
  /** What its own power supply can give, watts. */
  readonly most_w: number;
}

/** From the makers' power supplies: 2.5 A for a 3B and 3B+, 3 A for a 4B, 5 A for a 5, all at 5.1 V. */
const BOARDS: readonly BoardRange[] = [
  { pattern: /raspberry pi 5|rpi ?5/i, name: 'a Raspberry Pi 5', least_w: 0.8, most_w: 25.5 },
  { pattern: /raspberry pi 4|rpi ?4/i, name: 'a Raspberry Pi 4', least_w: 0.8, most_w: 15.3 },
  { pattern: /raspberry pi 3|rpi ?3/i, name: 'a Raspberry Pi 3', least_w: 0.5, most_w: 12.75 },
  { pattern: /raspberry pi zero/i, name: 'a Raspberry Pi Zero', least_w: 0.2, most_w: 12.75 },
  { pattern: /raspberry pi|rpi/i, name: 'a Raspberry Pi', least_w: 0.2, most_w: 25.5 },
];
const ANY: BoardRange = { pattern: /^/, name: 'a small board', least_w: 0.02, most_w: 100 };
/** Boards that are fed with 5 V. */
const LEAST_V = 3.0;
const MOST_V = 6.0;

/**
 * Refuses figures that no such board draws: they are another unit, another column, or another meter.
 *
 * @param board its model as the device says it, or nothing
 * @param medians of power, and of voltage where it is known
 */
export function implausible(
  board: string | null,
  medians: { readonly power_w: number; readonly voltage_v: number | null },
): MeterFailure | null {
  const range = BOARDS.find(({ pattern }) => pattern.test(board ?? '')) ?? ANY;
  const { power_w, voltage_v } = medians;
  if (!(power_w >= range.least_w && power_w <= range.most_w)) {
    const bound =
      power_w > range.most_w
        ? `its power supply gives at most ${range.most_w} W`
        : `a running one draws at least ${range.least_w} W`;
    return {
      reason: 'implausible',
      message: `the median power is ${short(power_w)} W, which ${range.name} does not draw: ${bound}`,
      hint: unitHint(power_w, range),
    };
  }
  if (range !== ANY && voltage_v !== null && !(voltage_v >= LEAST_V && voltage_v <= MOST_V)) {
    return {
      reason: 'implausible',
      message: `the median voltage is ${short(voltage_v)} V, where ${range.name} is fed with 5 V`,
      hint: 'check the unit of the voltage, and where the meter is connected',
    };
  }
  return null;
}

function unitHint(power_w: number, { least_w, most_w }: BoardRange): string {
  for (const [factor, unit] of [
    [1e-3, 'milli'],
    [1e3, 'kilo'],
    [1e-6, 'micro'],
  ] as const) {
    const other = power_w * factor;
    if (other < least_w || other > most_w) continue;
    return factor < 1
      ? `in ${unit}watts it would be ${short(other)} W: declare the unit of the columns`
      : `a thousand times as much would be right: are the columns declared a thousand times too small?`;
  }
  return 'check the units of the columns, what the meter is connected to, and the model of the board';
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
