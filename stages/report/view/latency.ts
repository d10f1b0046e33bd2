import {
  type Bar,
  barChart,
  figureGrid,
  lineChart,
  type Series,
  STYLE_COUNT,
} from '../../../pipeline/report/chart.js';
import { ABSENT, formatNumber, formatShort, listed } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { table } from '../../../pipeline/report/table.js';
import { modelName } from '../build/notices.js';
import { conditionsKey } from '../build/results.js';
import type { ReportModel, ResultRow } from '../model/report.js';
import { groupBy } from '../order.js';
import { quantile } from '../statistics/descriptive.js';
import { numeric } from './cells.js';
import { conditionColumns, milliseconds } from './results.js';

/** The axis of latencies ends here; beyond it one slow inference would squeeze all others to the left. */
const SHOWN_SHARE = 0.995;

function latencyChart(rows: readonly ResultRow[], index: number): Html {
  const [first] = rows;
  if (first === undefined) return html``;
  const last = Math.max(
    ...rows.map((row) => quantile(Float64Array.from(row.latency_quantiles_ms), SHOWN_SHARE)),
  );
  const medians = rows.map((row) => `${row.precision} ${formatShort(row.latency_ms.median)} ms`);
  const slowest = Math.max(...rows.map((row) => row.latency_ms.max));
  const inferences = rows.reduce((sum, row) => sum + row.latency_ms.n, 0);
  const { device, runtime, protocol, emulated } = first.conditions;
  const series = rows.map((row, style): Series => {
    const steps = row.latency_quantiles_ms.length - 1;
    return {
      name: row.precision,
      style: style % STYLE_COUNT,
      points: row.latency_quantiles_ms.map((latency, step) => [latency, (100 * step) / steps] as const),
    };
  });
  return lineChart({
    id: `latency-${index}`,
    title: `${modelName(first.model, first.variant)} on ${device}${emulated ? ' (emulated)' : ''}`,
    description: `Median latency: ${listed(medians)}. Slowest inference ${formatShort(slowest)} ms.`,
    caption: `Share of ${formatNumber(inferences)} inferences that took at most the latency below; medians: ${listed(medians)}. The axis ends where 99.5 % of the slowest file's are done; the slowest took ${formatShort(slowest)} ms. ${runtime}; protocol ${protocol}.`,
    x: { label: 'Latency (ms)', minimum: 0, ...(last > 0 ? { maximum: last * 1.02 } : {}) },
    y: { label: 'Inferences done (%)', minimum: 0, maximum: 100 },
    series,
  });
}

/** Half, nine tenths and all but a hundredth of the inferences took at most so long. */
function percentilesChart(rows: readonly ResultRow[], index: number, all: readonly ResultRow[]): Html {
  const [first] = rows;
  if (first === undefined) return html``;
  const { device, runtime, timing, emulated } = first.conditions;
  const others = conditionColumns(all).map(({ of }) => of(first));
  const bars = rows.flatMap((row): Bar[] =>
    (
      [
        ['median', row.latency_ms.median, row.median_interval_ms],
        ['p90', row.latency_ms.p90, row.p90_interval_ms],
        ['p99', row.latency_ms.p99, row.p99_interval_ms],
      ] as const
    ).flatMap(([name, value, interval], style) =>
      value === null
        ? []
        : [
            {
              name,
              group: `${modelName(row.model, row.variant)} ${row.precision}`,
              value,
              style,
              ...(interval === null ? {} : { interval }),
            },
          ],
    ),
  );
  const medians = rows.map(
    (row) => `${modelName(row.model, row.variant)} ${row.precision} ${formatShort(row.latency_ms.median)} ms`,
  );
  return barChart({
    id: `percentiles-${index}`,
    title: `Latency with its intervals on ${[`${device}${emulated ? ' (emulated: it means nothing)' : ''}`, ...others].join('; ')}`,
    description: `Medians: ${listed(medians)}.`,
    caption: `Median, 90th and 99th percentile of each file, with 95 % intervals over windows drawn again as thin lines. ${runtime}; ${timing}.`,
    value: { label: 'Latency (ms)', minimum: 0 },
    bars,
  });
}

function percentilesTable(rows: readonly ResultRow[]): Html {
  const conditions = conditionColumns(rows);
  return table({
    id: 'percentile-table',
    title: 'Latency',
    headers: 3,
    caption:
      'Latency in milliseconds with 95 % intervals: windows are drawn again, then the inferences in them (cluster bootstrap). One window has no interval. p90 needs 64 inferences, p99 662.',
    columns: [
      { header: 'Model' },
      { header: 'Precision' },
      { header: 'Device' },
      ...conditions.map(({ header }) => ({ header })),
      numeric('Inferences'),
      ...['Median', 'p90', 'p99'].flatMap((name) => [numeric(name), numeric(`${name}: interval`)]),
    ],
    rows: rows.map((row) => ({
      cells: [
        modelName(row.model, row.variant),
        row.precision,
        html`${row.device}${row.conditions.emulated && ' (emulated)'}`,
        ...conditions.map(({ of }) => of(row)),
        formatNumber(row.latency_ms.n),
        ...(
          [
            [row.latency_ms.median, row.median_interval_ms],
            [row.latency_ms.p90, row.p90_interval_ms],
            [row.latency_ms.p99, row.p99_interval_ms],
          ] as const
        ).flatMap(([value, interval]) => [
          milliseconds(value),
          interval === null ? ABSENT : interval.map(milliseconds).join(' to '),
        ]),
      ],
    })),
  });
}

export function latencyView({ results }: ReportModel): Html {
  const timed = results.filter(({ latency_quantiles_ms }) => latency_quantiles_ms.length > 0);
  if (timed.length === 0) return html`<p class="absent">No latencies in this run.</p>`;
  const groups = groupBy(timed, ({ model, variant, conditions }) =>
    JSON.stringify([model, variant, conditionsKey(conditions)]),
  );
  const boards = groupBy(timed, ({ conditions }) => conditionsKey(conditions));
  return html`${percentilesTable(timed)}
${figureGrid([
  ...[...boards.values()].map((rows, index) => percentilesChart(rows, index, results)),
  ...[...groups.values()].map(latencyChart),
])}`;
}
