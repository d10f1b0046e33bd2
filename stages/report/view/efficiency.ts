import type { UncertainFigure } from '../../../pipeline/contract/meter.js';
import { formatNumber, formatShort } from '../../../pipeline/report/format.js';
import { type Content, type Html, html, joined } from '../../../pipeline/report/html.js';
import { type Cell, type Column, table } from '../../../pipeline/report/table.js';
import { modelName, rowName } from '../build/notices.js';
import type { Efficiency } from '../model/efficiency.js';
import type { ReportModel, ResultRow } from '../model/report.js';
import { megabytes, numeric, ratio, score, uncertainCell, uncertainColumn, value } from './cells.js';
import { flagsText } from './flags.js';
import { conditionColumns } from './results.js';

const short = (raw: number | null): Cell => value(raw, formatShort);
const giga = (raw: number | null): Cell => value(raw, (count) => formatShort(count / 1e9));

interface Shown {
  readonly one: Efficiency;
  readonly row: ResultRow;
}

/** Model, precision, device, flags, and what tells conditions apart: the flags stand before any figure. */
function leading(model: ReportModel): { columns: Column[]; cells(row: ResultRow): (Content | Cell)[] } {
  const conditions = conditionColumns(model.results);
  return {
    columns: [
      { header: 'Model' },
      { header: 'Precision' },
      { header: 'Device' },
      { header: 'Flags' },
      ...conditions.map(({ header }) => ({ header })),
    ],
    cells: (row) => [
      modelName(row.model, row.variant),
      row.precision,
      html`${row.device}${row.conditions.emulated && ' (emulated)'}`,
      flagsText(row.id, model),
      ...conditions.map(({ of }) => of(row)),
    ],
  };
}

interface Measure {
  readonly column: Column;
  isKnown(one: Efficiency): boolean;
  cell(one: Efficiency): Cell;
}

const measure = (
  column: Column,
  of: (one: Efficiency) => number | null,
  show: (raw: number | null) => Cell,
): Measure => ({ column, isKnown: (one) => of(one) !== null, cell: (one) => show(of(one)) });

const uncertain = (column: Column, of: (one: Efficiency) => UncertainFigure | null | undefined): Measure => ({
  column,
  isKnown: (one) => (of(one) ?? null) !== null,
  cell: (one) => uncertainCell(of(one)),
});

const MEASURES: readonly Measure[] = [
  measure(numeric('Peak RSS (MB)', 'Peak RSS (bytes)'), (one) => one.peak_rss_bytes, megabytes),
  measure(numeric('USS (MB)', 'USS (bytes)'), (one) => one.uss_bytes, megabytes),
  measure(numeric('Processor time (s)'), (one) => one.cpu_s_per_inference, short),
  measure(numeric('Operations (10⁹)', 'Operations'), (one) => one.operations, giga),
  measure(
    numeric('Mean tokens'),
    (one) => one.mean_tokens,
    (raw) => value(raw, (tokens) => formatNumber(tokens, 1)),
  ),
  measure(
    numeric('Operations per second (10⁹)', 'Operations per second'),
    (one) => one.operations_per_s,
    giga,
  ),
  uncertain(uncertainColumn('Energy', 'J'), (one) => one.energy?.gross_j_per_inference),
  uncertain(uncertainColumn('Inferences per joule'), (one) => one.energy?.inferences_per_joule),
  uncertain(uncertainColumn('Energy-delay product', 'J s'), (one) => one.energy?.edp_js),
];

function efficiencyTable(model: ReportModel, shown: readonly Shown[]): Html {
  const { columns, cells } = leading(model);
  const known = MEASURES.filter(({ isKnown }) => shown.some(({ one }) => isKnown(one)));
  const missing = MEASURES.filter((one) => !known.includes(one)).map(({ column }) => column.header);
  return table({
    id: 'efficiency-table',
    title: 'What an inference takes',
    headers: 3,
    caption: html`What one inference takes. USS is memory that the process shares with none: the highest of samples once a second while inferences were timed, so that a shorter peak is missed; peak RSS misses none. Processor time is that of the measured process, all threads together. Operations are counted from the model's sizes, two for each multiply-accumulate at the lengths of the timed tweets. Energy is gross, ± expanded uncertainty (k = 2), of valid measurements of all that the board drew; the delay of the product is the windows' time for each inference.${missing.length > 0 && html` Known of no row: ${joined(missing, ', ')}.`}`,
    columns: [...columns, ...known.map(({ column }) => column)],
    rows: shown.map(({ one, row }) => ({
      cells: [...cells(row), ...known.map((each) => each.cell(one))],
    })),
  });
}

function indicesTable(model: ReportModel, shown: readonly Shown[]): Html {
  const { columns, cells } = leading(model);
  return table({
    id: 'indices-table',
    title: 'Indices against fp32',
    headers: 3,
    caption:
      'Ratios without a unit to the fp32 file of the same model under the same conditions: above 1 the row is better. Speed is its median latency over that of the row, energy its gross joules, memory its USS; quality is the macro-F1 of the row over its. Only seeds that both have count. Nothing weighs one ratio against another.',
    columns: [
      ...columns,
      { header: 'Reference' },
      numeric('Speed'),
      uncertainColumn('Energy'),
      numeric('Memory'),
      numeric('Quality'),
    ],
    rows: shown.flatMap(({ one: { indices }, row }) => {
      if (indices === null) return [];
      const reference = model.results.find(({ id }) => id === indices.reference);
      return [
        {
          cells: [
            ...cells(row),
            reference === undefined ? indices.reference : rowName(reference),
            ratio(indices.speed),
            uncertainCell(indices.energy),
            ratio(indices.memory),
            value(indices.quality, score),
          ],
        },
      ];
    }),
  });
}

export function efficiencyView(model: ReportModel): Html {
  const shown = model.efficiency.flatMap((one) => {
    const row = model.results.find(({ id }) => id === one.row);
    return row === undefined ? [] : [{ one, row }];
  });
  if (shown.length === 0) return html`<p class="absent">No evaluation in this run.</p>`;
  return html`${efficiencyTable(model, shown)}
${
  shown.some(({ one }) => one.indices !== null)
    ? indicesTable(model, shown)
    : html`<p class="absent">No index: no model has both an fp32 file and another one under the same conditions.</p>`
}`;
}
