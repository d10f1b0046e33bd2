import type { Finding } from '../../../pipeline/contract/audit.js';
import { finding, percent, show } from './finding.js';
import { inferencesOf } from './inferences.js';
import { type Cell, gap, medianOf, overlap, product, ratio } from './interval.js';
import { COLUMN_NAMES } from './read-tables.js';
import type { Board, Measurement, Study } from './study.js';

/** Work of one file on several boards: counters differ by so much without a mistake. */
const WORK_TOLERANCE = 0.02;
/** So far from the others is no counter's inaccuracy. */
const WORK_CLEARLY = 0.1;
/** What memory, heat and other programs make of a run time, without a mistake. */
const CLOCK_TOLERANCE = 0.05;

/** Rows that must agree because they are the same file, or the same chip. */
export function rowAgainstRow(study: Study): Finding[] {
  return [...sameWork(study), ...sameChip(study)];
}

/** Speed times time is the work done, for one file the same on every board. */
function sameWork(study: Study): Finding[] {
  const inferences = inferencesOf(study);
  const count = inferences === null ? 1 : (inferences.range[0] + inferences.range[1]) / 2;
  const unit = inferences === null ? 'FLOP' : 'FLOP/inference';
  const work = study.measurements.flatMap((measurement) => {
    const { flops_per_s: speed, time_s: time } = measurement.cells;
    return speed === undefined || time === undefined ? [] : [{ measurement, cell: product(speed, time) }];
  });
  return work.flatMap(({ measurement, cell }) => {
    const same = work.filter(({ measurement: other }) => other.bits === measurement.bits);
    const others = same.filter((row) => row.measurement !== measurement).map((row) => row.cell);
    if (others.length < 2) return [];
    const middle: Cell = {
      value: medianOf(same.map((row) => row.cell.value)),
      low: medianOf(same.map((row) => row.cell.low)),
      high: medianOf(same.map((row) => row.cell.high)),
    };
    const away = Math.abs(cell.value / middle.value - 1);
    if (overlap(cell, middle) || away <= WORK_TOLERANCE) return [];
    return [
      finding({
        rule: 'work-per-inference',
        table: measurement.table,
        row: measurement.row,
        column: COLUMN_NAMES.flops_per_s,
        stated: [cell.value / count, unit],
        recomputed: [middle.value / count, unit],
        beyond: gap(cell, middle),
        confidence: away > WORK_CLEARLY ? 'likely' : 'possible',
        what: `Speed times time gives ${show(cell.value / count / 1e6)} million operations ${inferences === null ? 'in all' : 'an inference'}; the middle of the ${same.length} boards at ${measurement.bits} bits is ${show(middle.value / count / 1e6)}.`,
        why: `The same file does the same work on every board, so speed or time of this row is off by ${percent(away)}; rounding allows ${percent(halfWidth(cell) + halfWidth(middle))}.`,
        settle: 'The log of this run: its start, its end and the number of inferences.',
      }),
    ];
  });
}

const halfWidth = ({ value, low, high }: Cell): number => (high - low) / 2 / value;

interface Pair {
  readonly slow: Measurement;
  readonly fast: Measurement;
  readonly clocks: number;
  readonly times: Cell;
}

/** Rows at one precision on two boards with one chip at two clocks. */
export function pairsOf({ boards, measurements }: Study): Pair[] {
  return boards.flatMap((slow) =>
    boards
      .filter((fast) => fast.soc === slow.soc && fast.clock_ghz > slow.clock_ghz)
      .flatMap((fast) => pairsOn(slow, fast, measurements)),
  );
}

function pairsOn(slow: Board, fast: Board, rows: readonly Measurement[]): Pair[] {
  return rows.flatMap((measurement) => {
    const twin = rows.find(({ board, bits }) => board === fast.name && bits === measurement.bits);
    const [a, b] = [measurement.cells.time_s, twin?.cells.time_s];
    if (measurement.board !== slow.name || twin === undefined || a === undefined || b === undefined)
      return [];
    return [{ slow: measurement, fast: twin, clocks: fast.clock_ghz / slow.clock_ghz, times: ratio(a, b) }];
  });
}

/** A clock can make the same chip faster by as much as it is faster, and not by more. */
function sameChip(study: Study): Finding[] {
  return pairsOf(study).flatMap(({ slow, fast, clocks, times }) => {
    const isTooFast = times.low > clocks * (1 + CLOCK_TOLERANCE);
    const isTooSlow = times.high < 1 / (1 + CLOCK_TOLERANCE);
    if (!isTooFast && !isTooSlow) return [];
    const bound: Cell = isTooFast
      ? { value: clocks, low: 1, high: clocks }
      : { value: 1, low: 1, high: clocks };
    return [
      finding({
        rule: 'clock-ratio',
        table: fast.table,
        row: fast.row,
        column: COLUMN_NAMES.time_s,
        stated: [times.value, ''],
        recomputed: [bound.value, ''],
        beyond: gap(times, bound),
        confidence: 'likely',
        what: `${fast.row} took ${show(1 / times.value)} of the time of ${slow.row}: ${show(times.value)} times as fast on the same chip at ${show(clocks)} times the clock.`,
        why: isTooFast
          ? 'What waits for memory gains less than the clock, and nothing gains more, unless a board was throttled or ran something else.'
          : 'The same chip at a higher clock is not slower, unless it was throttled or ran something else.',
        settle: 'Clock and throttling flags over both runs.',
      }),
    ];
  });
}
