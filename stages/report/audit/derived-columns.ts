import type { Confidence, Finding } from '../../../pipeline/contract/audit.js';
import { finding, percent, show } from './finding.js';
import { inferencesOf, powerTotal, type Reading, readingsOf } from './inferences.js';
import { type Cell, gap, overlap, type Range } from './interval.js';
import { COLUMN_NAMES } from './read-tables.js';
import type { Inferences, PowerPerInference, Study } from './study.js';

const UNITS = { time_per_inference_s: 's', power_per_inference_w: 'W' } as const;
const RULES = {
  time_per_inference_s: 'seconds-per-inference',
  power_per_inference_w: 'power-per-inference',
} as const;

/** What was computed from other columns is computed again. */
export function derivedColumns(study: Study): Finding[] {
  return [...perInference(study), ...acrossTables(study)];
}

function perInference(study: Study): Finding[] {
  const inferences = inferencesOf(study);
  const { readings, means } = readingsOf(study);
  const apart = means.flatMap((reading) => difference(reading, [1, 1], 'mean', MEAN));
  if (inferences === null) return readings.length < 2 ? apart : [...apart, noCommonCount(study)];
  const { range, power, covering } = inferences;
  const isSure = covering >= 3 || study.inferences !== null;
  const said = { confidence: isSure ? 'certain' : 'likely', text: saidCount(inferences, study) } as const;
  return [...apart, ...readings.flatMap((reading) => difference(reading, range, power ?? 'divided', said))];
}

interface Said {
  readonly confidence: Confidence;
  readonly text: string;
}

const MEAN: Said = {
  confidence: 'likely',
  text: 'In most rows the power per inference is the power column itself.',
};

function difference(
  { measurement, column, count }: Reading,
  range: Range,
  power: PowerPerInference,
  said: Said,
): Finding[] {
  if (overlap(count, { low: range[0], high: range[1] })) return [];
  const stated = measurement.cells[column];
  const total = column === 'time_per_inference_s' ? measurement.cells.time_s : powerTotal(measurement, power);
  if (stated === undefined || total === undefined || total === null) return [];
  const recomputed: Cell = {
    value: (2 * total.value) / (range[0] + range[1]),
    low: total.low / range[1],
    high: total.high / range[0],
  };
  const unit = UNITS[column];
  return [
    finding({
      rule: RULES[column],
      table: measurement.table,
      row: measurement.row,
      column: COLUMN_NAMES[column],
      stated: [stated.value, unit],
      recomputed: [recomputed.value, unit],
      beyond: gap(stated, recomputed),
      confidence: said.confidence,
      what: `${show(stated.value)} ${unit} does not follow from the row's own total: that gives ${show(recomputed.value)} ${unit}.`,
      why: `${said.text} Rounding leaves ${percent(gap(stated, recomputed))} unexplained. ${wasCut(stated, recomputed)}`,
      settle: 'The unrounded total and number of inferences of this row.',
    }),
  ];
}

function saidCount({ range, covering, of }: Inferences, { inferences }: Study): string {
  if (inferences !== null) return `There were ${show(inferences)} inferences, as the study says.`;
  return `${covering} of ${of} pairs of columns agree on ${show(Math.ceil(range[0]))} to ${show(Math.floor(range[1]))} inferences.`;
}

function wasCut(stated: Cell, recomputed: Cell): string {
  const step = stated.high - stated.low;
  const isCut = recomputed.low >= stated.value && recomputed.high < stated.value + step;
  return isCut ? 'Digits were cut off instead of rounded.' : 'Nor were digits cut off.';
}

function noCommonCount({ measurements }: Study): Finding {
  return finding({
    rule: 'inference-count',
    table: measurements[0]?.table ?? '',
    stated: ['totals and values per inference', ''],
    recomputed: ['no number of inferences that most rows share', ''],
    confidence: 'likely',
    what: 'The columns of totals and those per inference give no common number of inferences.',
    why: 'All rows are said to be over one test set, so that total divided by value per inference must be one number for most of them.',
    settle: 'The size of the test set of each row.',
  });
}

/** A score that stands in two tables must be the same in both. */
function acrossTables({ measurements, scores }: Study): Finding[] {
  return measurements.flatMap(({ table, row, bits, cells }) =>
    (['accuracy', 'f_score'] as const).flatMap((name) => {
      const own = cells[name];
      const [first, ...more] = scores.filter((candidate) => candidate.bits === bits);
      const other = first?.scores.find((score) => score.name === name);
      if (own === undefined || first === undefined || other === undefined || more.length > 0) return [];
      if (overlap(own, other.mean)) return [];
      return [
        finding({
          rule: 'score-in-two-tables',
          table,
          row,
          of: name,
          column: name,
          stated: [own.value, ''],
          recomputed: [other.mean.value, ''],
          beyond: gap(own, other.mean),
          confidence: 'likely',
          what: `${name} is ${show(own.value)} here and ${show(other.mean.value)} in ${first.table} at ${bits} bits.`,
          why: 'The same file gives the same answers wherever it runs, unless its arithmetic differs there, which a study would have to say.',
          settle: 'The predictions of this row.',
        }),
      ];
    }),
  );
}
