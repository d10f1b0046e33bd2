import { canonicalJson } from '../../../pipeline/base/canonical.js';
import { exactCell } from './interval.js';
import type { ReportDocument, ReportRow } from './report-schema.js';
import type { Score, ScoreRow, Study } from './study.js';

/** A name of a row for people: `row-3-minilm-l6-int8`. */
export const rowName = ({ id, model, precision }: ReportRow): string => `${id}-${model}-${precision}`;

/** Rows of the same trained weights measured in one way. */
export const groupOf = ({ model, variant, conditions }: ReportRow): string =>
  canonicalJson({ model, variant: JSON.stringify(variant), conditions: JSON.stringify(conditions) });

/** A report as rules over tables see it: its scores; what needs columns that a report does not have is not asked. */
export function studyOfReport({ results }: ReportDocument): Study {
  return {
    boards: [],
    measurements: [],
    scores: results.map(scoresOf),
    sizes: [],
    claims: [],
    equations: [],
    inferences: null,
    not_checked: [],
  };
}

function scoresOf(row: ReportRow): ScoreRow {
  const bits = /\d+$/.exec(row.precision);
  return {
    table: 'results',
    row: rowName(row),
    group: groupOf(row),
    bits: bits === null ? null : Number(bits[0]),
    n: row.n_seeds,
    scores: (['accuracy', 'macro_f1'] as const).flatMap((name) => {
      const { mean, sd, min, max } = row[name];
      if (![mean, min, max].every(Number.isFinite)) return [];
      const score: Score = {
        name,
        columns: { mean: `${name}.mean`, spread: `${name}.sd`, max: `${name}.max` },
        mean: exactCell(mean),
        spread: sd === null || !Number.isFinite(sd) ? null : exactCell(sd),
        max: exactCell(max),
        min: exactCell(min),
      };
      return [score];
    }),
  };
}
