import { formatNumber, formatPercent, formatSigned } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { type Cell, type Column, cell, table } from '../../../pipeline/report/table.js';
import { modelName } from '../build/notices.js';
import type { Comparison, Conditions, ReportModel } from '../model/report.js';
import type { Interval, Spread } from '../model/scores.js';
import { numeric, spread, value } from './cells.js';

/** Mean ± standard deviation with its interval below; none can be made where nothing changed. */
function changeCell(of: Spread, interval: Interval | null): Cell {
  const signed = (end: number): string => formatSigned(end, 4);
  const ends = interval === null ? 'same answers' : interval.map(signed).join(' to ');
  return cell(
    html`${spread(of, signed)} <span class="sd">(${ends})</span>`,
    ...[of.mean, of.sd, of.n, ...(interval ?? [null, null])],
  );
}

const changeColumn = (name: string): Column =>
  numeric(
    `${name} difference`,
    ...['mean', 'SD', 'n', '95 % interval low', '95 % interval high'].map(
      (part) => `${name} difference ${part}`,
    ),
  );

function speedUpCell({ speed_up, speed_up_interval }: Comparison, { emulated }: Conditions): Cell {
  const interval = speed_up_interval ?? [null, null];
  if (speed_up === null) return cell(emulated ? 'emulated' : 'not timed', null, ...interval);
  const ends = speed_up_interval?.map((end) => formatNumber(end, 2)).join(' to ');
  return cell(
    html`${formatNumber(speed_up, 2)} ×${ends !== undefined && html` <span class="sd">(${ends})</span>`}`,
    ...[speed_up, ...interval],
  );
}

const probability = (p: number): string => (p < 0.001 ? '< 0.001' : formatNumber(p, 3));

/** Each precision against the fp32 file of the same model, device, runtime and protocol. */
export function comparisonView({ results }: ReportModel): Html {
  const compared = results.flatMap((row) =>
    row.against_fp32 === null ? [] : [{ row, against: row.against_fp32 }],
  );
  if (compared.length === 0) {
    return html`<p class="absent">Nothing to compare: no model has both an fp32 file and another one measured under the same conditions.</p>`;
  }
  const rows = compared.map(({ row, against }) => ({
    cells: [
      modelName(row.model, row.variant),
      row.precision,
      row.device,
      against.n_seeds,
      changeCell(against.accuracy_difference, against.accuracy_difference_interval),
      changeCell(against.macro_f1_difference, against.macro_f1_difference_interval),
      value(against.same_prediction, (share) => formatPercent(share, 2)),
      formatNumber(against.gained),
      formatNumber(against.lost),
      value(against.mcnemar_p, probability),
      speedUpCell(against, row.conditions),
      value(against.speed_up_p, probability),
    ],
  }));
  return table({
    id: 'comparison-table',
    title: 'Difference from fp32',
    headers: 2,
    caption:
      'Each file minus the fp32 file of the same model, seed, device, runtime and protocol: both come from the same fine-tuned weights and scored the same tweets. Differences are mean ± standard deviation over seeds. In brackets are 95 % intervals: of differences, by a paired bootstrap over tweets, without the spread over seeds; of speed-ups, over windows. Gained are tweets that only this file got right, lost those that only fp32 got right, over all paired seeds. Speed-up is the median latency of fp32 divided by that of this file. Both p values are corrected for all comparisons here (Holm). INVALID evaluations are in none.',
    columns: [
      { header: 'Model' },
      { header: 'Precision' },
      { header: 'Device' },
      numeric('Paired seeds'),
      changeColumn('Accuracy'),
      changeColumn('Macro-F1'),
      numeric('Same prediction', 'Same prediction (share)'),
      numeric('Tweets gained'),
      numeric('Tweets lost'),
      numeric('p (McNemar)'),
      numeric('Speed-up', 'Speed-up', 'Speed-up 95 % interval low', 'Speed-up 95 % interval high'),
      numeric('p (speed-up)'),
    ],
    rows,
  });
}
