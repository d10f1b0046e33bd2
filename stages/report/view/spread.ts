import { formatNumber } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { type Cell, table } from '../../../pipeline/report/table.js';
import { inspectedOn } from '../build/inspection-name.js';
import { modelName } from '../build/notices.js';
import type { Inspection } from '../model/inspection.js';
import type { ReportModel } from '../model/report.js';
import type { Spread } from '../model/scores.js';
import { intervalCell, intervalColumn, numeric, score, value } from './cells.js';

function cellsOf({ mean, sd, min, max, n }: Spread): readonly Cell[] {
  return [
    value(mean, score),
    value(sd, (raw) => formatNumber(raw, 4)),
    value(min, score),
    value(max, score),
    formatNumber(n),
  ];
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
      intervalCell(interval, score),
    ],
  }));
}

/** Scores over seeds, on validation and on test: how much another seed, and how much other tweets, would change. */
export function spreadTable({ inspections }: ReportModel): Html {
  return html`<p>Choices were made on validation: of each training the epoch with the best macro-F1 there is kept, and the test split is no input of it. Test figures come from one evaluation of what was kept. Who picks among several models or settings should look at their validation rows; a choice by the test rows makes these too good.</p>
${table({
  id: 'spread-table',
  title: 'Scores over seeds',
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
    intervalColumn('Interval', '95 % interval'),
  ],
  rows: inspections.flatMap(rowsOf),
})}`;
}
