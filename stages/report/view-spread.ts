import { ABSENT, formatNumber } from '../../pipeline/report/format.js';
import { type Html, html } from '../../pipeline/report/html.js';
import { table } from '../../pipeline/report/table.js';
import { modelName } from './build-notices.js';
import { inspectedOn } from './inspection-name.js';
import type { ReportModel } from './model.js';
import type { Inspection } from './model-inspection.js';
import type { Interval, Spread } from './model-scores.js';

const score = (value: number): string => formatNumber(value, 3);

export const intervalText = ([low, high]: Interval): string => `${score(low)} to ${score(high)}`;

const numeric = (header: string) => ({ header, numeric: true });

function cellsOf({ mean, sd, min, max, n }: Spread): string[] {
  return [score(mean), sd === null ? ABSENT : formatNumber(sd, 4), score(min), score(max), formatNumber(n)];
}

function rowsOf(inspection: Inspection) {
  const { model, variant, split, accuracy, macro_f1, accuracy_interval, macro_f1_interval } = inspection;
  const scores = [
    ['Accuracy', accuracy, accuracy_interval],
    ['Macro-F1', macro_f1, macro_f1_interval],
  ] as const;
  return scores.map(([name, spread, interval]) => ({
    cells: [
      modelName(model, variant),
      split,
      inspectedOn(inspection),
      formatNumber(inspection.n_tweets),
      name,
      ...cellsOf(spread),
      intervalText(interval),
    ],
  }));
}

/** Scores over seeds, on validation and on test: how much another seed, and how much other tweets, would change. */
export function spreadTable({ inspections }: ReportModel): Html {
  return html`<p>Choices were made on validation: of each training the epoch with the best macro-F1 there is kept, and the test split is no input of it. Test figures come from one evaluation of what was kept. Who picks among several models or settings should look at their validation rows; a choice by the test rows makes these too good.</p>
${table({
  id: 'spread-table',
  headers: 2,
  caption:
    'Scores over seeds: mean, sample standard deviation (n − 1), lowest, highest and number of seeds. The interval (95 %) is around the mean and says what as many other tweets could give; it does not hold the spread over seeds.',
  columns: [
    { header: 'Model' },
    { header: 'Split' },
    { header: 'Precision and device' },
    numeric('Tweets'),
    { header: 'Score' },
    numeric('Mean'),
    numeric('SD'),
    numeric('Min'),
    numeric('Max'),
    numeric('n'),
    numeric('Interval'),
  ],
  rows: inspections.flatMap(rowsOf),
})}`;
}
