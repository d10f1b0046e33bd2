import { counted, formatNumber, formatPercent } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { folded, heatTable, table } from '../../../pipeline/report/table.js';
import { inspectionName } from '../build/inspection-name.js';
import type { Inspection } from '../model/inspection.js';
import type { ReportModel } from '../model/report.js';
import { numeric, score, spreadCell, spreadColumn } from './cells.js';

function matrixOf(inspection: Inspection): Html {
  const { id, confusion, n_tweets, n_seeds, labels } = inspection;
  const cells = confusion.map((counts) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => ({
      text: html`${formatNumber(count)}<br><span class="sd">(${total === 0 ? 'no such tweet' : formatPercent(count / total)})</span>`,
      share: total === 0 ? 0 : count / total,
      value: count,
    }));
  });
  return heatTable({
    id: `${id}-confusion`,
    title: `${inspectionName(inspection)}: confusion`,
    caption: `Confusion: ${counted(n_tweets, 'tweet')} × ${counted(n_seeds, 'seed')}, counts summed over seeds; percentages are of the row.`,
    rowTitle: 'Truth',
    columnTitle: 'predicted',
    labels,
    cells,
  });
}

function classesOf(inspection: Inspection): Html {
  const { id, per_class } = inspection;
  return table({
    id: `${id}-classes`,
    title: `${inspectionName(inspection)} by class`,
    caption: 'By class, mean ± sample standard deviation over seeds.',
    columns: [
      { header: 'Class' },
      spreadColumn('Precision'),
      spreadColumn('Recall'),
      spreadColumn('F1'),
      numeric('Tweets'),
    ],
    rows: per_class.map(({ label, precision, recall, f1, support }) => ({
      cells: [
        label,
        spreadCell(precision, score),
        spreadCell(recall, score),
        spreadCell(f1, score),
        formatNumber(support),
      ],
    })),
  });
}

const pairOf = (inspection: Inspection): Html =>
  html`<div class="pair">${matrixOf(inspection)}${classesOf(inspection)}</div>`;

export function errorsView({ inspections }: ReportModel): Html {
  const test = inspections.filter(({ split }) => split === 'test');
  const validation = inspections.filter(({ split }) => split === 'validation');
  return html`${test.length === 0 && html`<p class="absent">No evaluation in this run.</p>`}${test.map(
    (inspection) =>
      html`<h3>${inspectionName(inspection)}${inspection.devices.length > 1 && ': the same answers'}</h3>${pairOf(inspection)}`,
  )}${validation.map((inspection) => folded(inspectionName(inspection), pairOf(inspection)))}`;
}
