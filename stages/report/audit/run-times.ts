import type { Finding } from '../../../pipeline/contract/audit.js';
import { finding, percent, show } from './finding.js';
import { type Cell, foldOf, medianOf } from './interval.js';
import { COLUMN_NAMES } from './read-tables.js';
import { pairsOf } from './rows.js';
import type { Measurement, Study } from './study.js';

/** A time that one other figure puts so far off is odd; two that agree make it wrong. */
const OFF = 0.05;
/** How far estimates of one time may be apart and still agree. */
const AGREED = 1.1;
/** How far others may be apart and still be a yardstick. */
const YARDSTICK = 1.05;
/** Room around the estimates in which a repaired number is looked for. */
const ROOM = 0.03;

interface Estimate {
  readonly by: string;
  readonly seconds: number;
}

/** A run time that several other columns and rows, each by itself, say to be another. */
export function runTimes(study: Study): Finding[] {
  return study.measurements.flatMap((row) => {
    const time = row.cells.time_s;
    if (time === undefined) return [];
    const estimates = [byWork(row, study), byPower(row, study), byTwin(row, study)].filter(
      (estimate) => estimate !== null,
    );
    return contradiction(row, time, estimates);
  });
}

function contradiction(row: Measurement, time: Cell, estimates: readonly Estimate[]): Finding[] {
  const seconds = estimates.map((estimate) => estimate.seconds);
  const middle = medianOf(seconds);
  const isOff = (estimate: number): boolean =>
    middle > time.value ? estimate > time.high * (1 + OFF) : estimate < time.low * (1 - OFF);
  if (seconds.length < 2 || !seconds.every(isOff) || foldOf(seconds) > AGREED) return [];
  const repairs = oneDigitAway(time.value).filter(
    (value) => value >= Math.min(...seconds) * (1 - ROOM) && value <= Math.max(...seconds) * (1 + ROOM),
  );
  const [only] = repairs;
  const repaired = repairs.length === 1 && only !== undefined ? only : null;
  const beyond = Math.min(...seconds.map((value) => Math.abs(value - time.value))) / time.value;
  return [
    finding({
      rule: 'run-time',
      table: row.table,
      row: row.row,
      column: COLUMN_NAMES.time_s,
      stated: [time.value, 's'],
      recomputed: [repaired ?? middle, 's'],
      beyond,
      confidence: seconds.length >= 3 ? 'certain' : 'likely',
      what: `${show(time.value)} s contradicts ${seconds.length} other figures: ${estimates.map(({ by, seconds: value }) => `${by} gives ${show(value)} s`).join(', ')}.`,
      why: `Each is a check of its own, and all are at least ${percent(beyond)} away in one direction while they agree within ${percent(foldOf(seconds) - 1)}.${
        repaired === null
          ? ''
          : ` One wrong digit would explain it: ${show(repaired)} s is the only such number among them.`
      }`,
      settle: 'The log of this run: its start and its end. What was computed from this time changes with it.',
    }),
  ];
}

/** From the work that the same file does on the other boards. */
function byWork(row: Measurement, { measurements }: Study): Estimate | null {
  const speed = row.cells.flops_per_s;
  const others = measurements.flatMap(({ bits, cells }, index) =>
    bits === row.bits &&
    measurements[index] !== row &&
    cells.flops_per_s !== undefined &&
    cells.time_s !== undefined
      ? [cells.flops_per_s.value * cells.time_s.value]
      : [],
  );
  if (speed === undefined || others.length < 2 || foldOf(others) > YARDSTICK) return null;
  return { by: 'the work at this precision on the other boards', seconds: medianOf(others) / speed.value };
}

/** Where the power column adds up over time, from what it adds in a second on this board. */
function byPower(row: Measurement, { measurements }: Study): Estimate | null {
  const power = row.cells.power_kw;
  const others = measurements.flatMap(({ board, cells }, index) =>
    board === row.board &&
    measurements[index] !== row &&
    cells.power_kw !== undefined &&
    cells.time_s !== undefined
      ? [{ rate: cells.power_kw.value / cells.time_s.value, time: cells.time_s.value }]
      : [],
  );
  const rates = others.map(({ rate }) => rate);
  const isSum = foldOf(others.map(({ time }) => time)) > 1 + 2 * OFF && foldOf(rates) <= YARDSTICK;
  if (power === undefined || others.length < 2 || !isSum) return null;
  return { by: "the power column at this board's usual rate", seconds: power.value / medianOf(rates) };
}

/** From the board with the same chip, by the ratio that the two have at the other precisions. */
function byTwin(row: Measurement, study: Study): Estimate | null {
  for (const { slow, fast, times } of pairsOf(study)) {
    if (slow !== row && fast !== row) continue;
    const ratios = pairsOf(study)
      .filter(
        (pair) => pair.slow.board === slow.board && pair.fast.board === fast.board && pair.slow !== slow,
      )
      .map((pair) => pair.times.value);
    const own = row.cells.time_s;
    if (ratios.length < 2 || foldOf(ratios) > YARDSTICK || own === undefined) continue;
    const correction = times.value / medianOf(ratios);
    const seconds = fast === row ? own.value * correction : own.value / correction;
    const other = fast === row ? slow.board : fast.board;
    return { by: `the ratio to ${other} at other precisions`, seconds };
  }
  return null;
}

/** All numbers that differ from this one in a single printed digit. */
function oneDigitAway(value: number): number[] {
  const text = String(value);
  return [...text].flatMap((character, index) =>
    /\d/.test(character)
      ? [...'0123456789']
          .filter((digit) => digit !== character)
          .map((digit) => Number(text.slice(0, index) + digit + text.slice(index + 1)))
      : [],
  );
}
