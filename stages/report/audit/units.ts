import type { Finding } from '../../../pipeline/contract/audit.js';
import { finding, show, times } from './finding.js';
import { inferencesOf } from './inferences.js';
import { foldOf } from './interval.js';
import { COLUMN_NAMES } from './read-tables.js';
import { isNamed, type Measurement, type Study } from './study.js';

/** Figures of rows on one board that are as good as one. */
const SAME = 1.05;
/** Run times that differ enough to tell a power from what adds up over time. */
const APART = 1.2;

interface Powered {
  readonly measurement: Measurement;
  readonly kw: number;
  readonly lowest_kw: number;
  /** Null where the row has no time. */
  readonly time_s: number | null;
  readonly supply_w: number | null;
}

/** A power that no supply delivers, what grows with time and is called a power, a power that is shared out among inferences. */
export function units(study: Study): Finding[] {
  const rows = study.measurements.flatMap((measurement): Powered[] => {
    const { power_kw: power, time_s: time } = measurement.cells;
    if (power === undefined) return [];
    const supply_w = study.boards.find(isNamed(measurement.board))?.supply_w ?? null;
    const powered = { measurement, kw: power.value, lowest_kw: power.low, time_s: time?.value ?? null };
    return [{ ...powered, supply_w }];
  });
  const over = rows.filter(({ lowest_kw, supply_w }) => supply_w !== null && lowest_kw * 1000 > supply_w);
  return [
    ...powerUnit(over),
    ...(over.length > 0 ? impliedPower(rows) : []),
    ...growsWithTime(rows),
    ...perInferenceUnit(study),
  ];
}

function powerUnit(over: readonly Powered[]): Finding[] {
  const [worst] = [...over].sort((a, b) => excess(b) - excess(a));
  if (worst === undefined || worst.supply_w === null) return [];
  const { measurement, kw, supply_w } = worst;
  return [
    finding({
      rule: 'power-unit',
      table: measurement.table,
      column: COLUMN_NAMES.power_kw,
      stated: [kw, 'kW'],
      recomputed: [supply_w / 1000, 'kW'],
      confidence: 'certain',
      what: `The power column cannot be in kW: ${measurement.row} would draw ${times(excess(worst))} what its supply delivers (${show(supply_w)} W).`,
      why: `${over.length} ${over.length === 1 ? 'row is' : 'rows are'} above the rated output of the board's own power supply, and a supply bounds the mean power of whatever it feeds.`,
      settle: 'The raw samples of the meter with their unit and their rate.',
    }),
  ];
}

const excess = ({ kw, supply_w }: Powered): number => (supply_w === null ? 0 : (kw * 1000) / supply_w);

/** Where kilowatts are impossible the next reading is kilojoules: that divided by the time is a power again. */
function impliedPower(rows: readonly Powered[]): Finding[] {
  const boards = [...new Set(rows.map(({ measurement }) => measurement.board))];
  return boards.flatMap((board) => {
    const own = rows.flatMap(({ measurement, kw, time_s, supply_w }) =>
      measurement.board === board && time_s !== null && supply_w !== null
        ? [{ measurement, kw, watts: (kw * 1000) / time_s, supply_w }]
        : [],
    );
    const [worst] = own.filter(({ watts, supply_w }) => watts > supply_w).sort((a, b) => b.watts - a.watts);
    if (worst === undefined) return [];
    const { measurement, kw, watts, supply_w } = worst;
    const lowest = Math.min(...own.map((row) => row.watts));
    return [
      finding({
        rule: 'implied-power',
        of: board,
        table: measurement.table,
        column: COLUMN_NAMES.power_kw,
        stated: [kw, 'kJ'],
        recomputed: [watts, 'W'],
        confidence: 'certain',
        what: `Read as kJ the power column gives ${show(lowest)} to ${show(watts)} W on ${board}, up to ${times(watts / supply_w)} what its supply delivers (${show(supply_w)} W; ${measurement.row}).`,
        why: 'Energy divided by the time of the run is the mean power. So the column is no energy in kJ either; a sum of samples in watts, which grows with the sampling rate, would fit.',
        settle: 'The raw samples of the meter with their unit and their rate.',
      }),
    ];
  });
}

/** A mean power hardly depends on how long a run took; a sum over its samples is proportional to that. */
function growsWithTime(rows: readonly Powered[]): Finding[] {
  const timed = rows.flatMap(({ measurement, kw, time_s }) =>
    time_s === null ? [] : [{ measurement, kw, time_s, rate: (kw * 1000) / time_s }],
  );
  const boards = [...new Set(timed.map(({ measurement }) => measurement.board))];
  const spread = boards.flatMap((board) => {
    const own = timed.filter(({ measurement }) => measurement.board === board);
    if (own.length < 2 || foldOf(own.map(({ time_s }) => time_s)) < APART) return [];
    return [{ board, own, fold: foldOf(own.map(({ rate }) => rate)) }];
  });
  const growing = spread.filter(({ fold }) => fold <= SAME);
  const [first] = growing;
  if (first === undefined || growing.length * 2 <= spread.length) return [];
  const [a, b] = [...first.own].sort((x, y) => y.time_s - x.time_s);
  if (a === undefined || b === undefined) return [];
  return [
    finding({
      rule: 'power-grows-with-time',
      table: a.measurement.table,
      column: COLUMN_NAMES.power_kw,
      stated: ['a power', ''],
      recomputed: ['proportional to the time of the run', ''],
      confidence: 'likely',
      what: `The power column is the run time times a constant of the board on ${growing.map(({ board }) => board).join(', ')}: on ${first.board} column over time is ${first.own.map(({ rate }) => show(rate / 1000)).join(', ')}.`,
      why: `On ${growing.length} of ${spread.length} boards it follows the time within ${Math.round((SAME - 1) * 100)} % while the time itself differs by more than ${Math.round((APART - 1) * 100)} %. A mean power does not add up; an energy or a sum of samples does.`,
      settle: 'Mean power and energy as two columns, from the raw samples.',
    }),
  ];
}

function perInferenceUnit(study: Study): Finding[] {
  const inferences = inferencesOf(study);
  const power = inferences?.power ?? null;
  if (inferences === null || power === null || power === 'mean') return [];
  const row = study.measurements.find(({ cells }) => cells.power_per_inference_w !== undefined);
  const stated = row?.cells.power_per_inference_w;
  if (row === undefined || stated === undefined) return [];
  const isEnergy = power === 'energy';
  return [
    finding({
      rule: 'power-per-inference-unit',
      table: row.table,
      column: COLUMN_NAMES.power_per_inference_w,
      stated: [stated.value, 'W/inference'],
      recomputed: [
        isEnergy ? stated.value : 'the power column divided by the number of inferences',
        isEnergy ? 'J/inference' : '',
      ],
      confidence: 'certain',
      what: isEnergy
        ? 'The power per inference is an energy: its unit is the joule.'
        : 'The power per inference is the power column divided by the number of inferences: that is no power, and no property of an inference.',
      why: isEnergy
        ? 'It is power times time divided by the number of inferences.'
        : 'Inferences run one after the other and do not share a power; divided by their number it halves when the test set doubles. Only an energy is shared out so, in joules.',
      settle: 'Energy per inference in joules, from the raw samples.',
    }),
  ];
}
