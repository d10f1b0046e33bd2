import { figureGrid, lineChart, type Series, STYLE_COUNT } from '../../pipeline/report/chart.js';
import { formatNumber, formatShort, listed } from '../../pipeline/report/format.js';
import { type Html, html } from '../../pipeline/report/html.js';
import { modelName } from './build-notices.js';
import { conditionsKey } from './build-results.js';
import type { ReportModel, ResultRow } from './model.js';
import { groupBy } from './order.js';
import { quantile } from './statistics.js';

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
    caption: `Share of ${formatNumber(inferences)} inferences that took at most the latency below; half took at most ${listed(medians)}. The axis ends where 99.5 % of the slowest file's are done; the slowest took ${formatShort(slowest)} ms. ${runtime}; protocol ${protocol}.`,
    x: { label: 'Latency (ms)', minimum: 0, ...(last > 0 ? { maximum: last * 1.02 } : {}) },
    y: { label: 'Inferences done (%)', minimum: 0, maximum: 100 },
    series,
  });
}

export function latencyView({ results }: ReportModel): Html {
  const timed = results.filter(({ latency_quantiles_ms }) => latency_quantiles_ms.length > 0);
  if (timed.length === 0) return html`<p class="absent">No latencies in this run.</p>`;
  const groups = groupBy(timed, ({ model, variant, conditions }) =>
    JSON.stringify([model, variant, conditionsKey(conditions)]),
  );
  return figureGrid([...groups.values()].map(latencyChart));
}
