import { counted, formatNumber, formatPercent, listed } from '../../pipeline/report/format.js';
import { type Html, html } from '../../pipeline/report/html.js';
import { heatTable, table } from '../../pipeline/report/table.js';
import { modelName, rowName } from './build-notices.js';
import type { ReportModel, ResultRow } from './model.js';
import { groupBy } from './order.js';
import { spread } from './view-results.js';

/** Devices that answered alike share a matrix: a file gives the same answers wherever its arithmetic is the same. */
function sameAnswers(rows: readonly ResultRow[]): ResultRow[][] {
  const alike = ({ model, variant, precision, labels, confusion, n_seeds, conditions }: ResultRow): string =>
    JSON.stringify([model, variant, precision, labels, confusion, n_seeds, conditions.test_set]);
  return [...groupBy(rows, alike).values()];
}

function matrixOf(row: ResultRow, id: string): Html {
  const cells = row.confusion.map((counts) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => ({
      text: html`${formatNumber(count)}<br><span class="sd">${total === 0 ? 'no such tweet' : formatPercent(count / total)}</span>`,
      share: total === 0 ? 0 : count / total,
    }));
  });
  return heatTable({
    id,
    caption: `Confusion: ${counted(row.n_tweets, 'tweet')} × ${counted(row.n_seeds, 'seed')}, counts summed over seeds; percentages are of the row.`,
    rowTitle: 'Truth',
    columnTitle: 'predicted',
    labels: row.labels,
    cells,
  });
}

function classesOf(row: ResultRow, id: string): Html {
  const score = (value: number): string => formatNumber(value, 3);
  return table({
    id,
    caption: 'By class, mean ± sample standard deviation over seeds.',
    columns: [
      { header: 'Class' },
      { header: 'Precision', numeric: true },
      { header: 'Recall', numeric: true },
      { header: 'F1', numeric: true },
      { header: 'Tweets', numeric: true },
    ],
    rows: row.per_class.map(({ label, precision, recall, f1, support }) => ({
      cells: [
        label,
        spread(precision, score),
        spread(recall, score),
        spread(f1, score),
        formatNumber(support),
      ],
    })),
  });
}

export function errorsView({ results }: ReportModel): Html {
  if (results.length === 0) return html`<p class="absent">No evaluation in this run.</p>`;
  const groups = sameAnswers(results);
  return html`${groups.map((group) => {
    const [row] = group;
    if (row === undefined) return null;
    const devices = [...new Set(group.map(({ device }) => device))];
    const title =
      group.length === 1
        ? rowName(row)
        : `${modelName(row.model, row.variant)} ${row.precision}: the same answers on ${listed(devices)}`;
    return html`<h3>${title}</h3><div class="pair">${matrixOf(row, `${row.id}-confusion`)}${classesOf(row, `${row.id}-classes`)}</div>`;
  })}`;
}
