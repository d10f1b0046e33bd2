import type { UncertainFigure } from '../../pipeline/contract/meter.js';
import {
  ABSENT,
  formatMegabytes,
  formatNumber,
  formatShort,
  formatUncertain,
} from '../../pipeline/report/format.js';
import { type Content, type Html, html } from '../../pipeline/report/html.js';
import { type Column, table } from '../../pipeline/report/table.js';
import { modelName, rowName } from './build-notices.js';
import type { ReportModel, ResultRow } from './model.js';
import type { Efficiency } from './model-efficiency.js';
import { flagsText } from './view-flags.js';
import { conditionColumns } from './view-results.js';

const numeric = (header: string): Column => ({ header, numeric: true });
const figure = (value: UncertainFigure | null | undefined): string =>
  value === null || value === undefined ? ABSENT : formatUncertain(value);
const short = (value: number | null): string => (value === null ? ABSENT : formatShort(value));
const megabytes = (value: number | null): string => (value === null ? ABSENT : formatMegabytes(value));
const ratio = (value: number | null): string => (value === null ? ABSENT : formatNumber(value, 2));

interface Shown {
  readonly one: Efficiency;
  readonly row: ResultRow;
}

/** Model, precision, device, flags, and what tells conditions apart: the flags stand before any figure. */
function leading(model: ReportModel): { columns: Column[]; cells(row: ResultRow): Content[] } {
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

function efficiencyTable(model: ReportModel, shown: readonly Shown[]): Html {
  const { columns, cells } = leading(model);
  const lengths = [...new Set(shown.flatMap(({ one }) => one.operations?.length ?? []))];
  return table({
    id: 'efficiency-table',
    headers: 3,
    caption: html`What one inference takes. USS is memory that the process shares with none: the highest of samples once a second while inferences were timed, so that a shorter peak is missed; peak RSS misses none. Processor time is that of the measured process, all threads together. Operations are counted from the model's sizes, two for each multiply-accumulate${lengths.length === 1 && `, at ${lengths[0]} tokens`}; those per second are scaled to the mean length of the timed tweets. Energy is gross, ± expanded uncertainty (k = 2), of valid measurements of all that the board drew; the delay of the product is the windows' time for each inference.`,
    columns: [
      ...columns,
      numeric('Peak RSS (MB)'),
      numeric('USS (MB)'),
      numeric('Processor time (s)'),
      numeric('Operations (10⁹)'),
      numeric('Mean tokens'),
      numeric('Operations per second (10⁹)'),
      numeric('Energy (J)'),
      numeric('Inferences per joule'),
      numeric('Energy-delay product (J s)'),
    ],
    rows: shown.map(({ one, row }) => ({
      cells: [
        ...cells(row),
        megabytes(one.peak_rss_bytes),
        megabytes(one.uss_bytes),
        short(one.cpu_s_per_inference),
        short(one.operations === null ? null : one.operations.count / 1e9),
        one.mean_tokens === null ? ABSENT : formatNumber(one.mean_tokens, 1),
        short(one.operations_per_s === null ? null : one.operations_per_s / 1e9),
        figure(one.energy?.gross_j_per_inference),
        figure(one.energy?.inferences_per_joule),
        figure(one.energy?.edp_js),
      ],
    })),
  });
}

function indicesTable(model: ReportModel, shown: readonly Shown[]): Html {
  const { columns, cells } = leading(model);
  return table({
    id: 'indices-table',
    headers: 3,
    caption:
      'Ratios without a unit to the fp32 file of the same model under the same conditions: above 1 the row is better. Speed is its median latency over that of the row, energy its gross joules, memory its unique set size; quality is the macro-F1 of the row over its. Seeds that both have; nothing weighs one against another.',
    columns: [
      ...columns,
      { header: 'Reference' },
      numeric('Speed'),
      numeric('Energy'),
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
            figure(indices.energy),
            ratio(indices.memory),
            indices.quality === null ? ABSENT : formatNumber(indices.quality, 3),
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
