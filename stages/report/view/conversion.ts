import {
  counted,
  formatBytes,
  formatMegabytes,
  formatNumber,
  formatPercent,
  formatSeconds,
  formatShort,
  listed,
} from '../../../pipeline/report/format.js';
import { type Content, type Html, html } from '../../../pipeline/report/html.js';
import { type Cell, facts, folded, type Row, table } from '../../../pipeline/report/table.js';
import { modelName } from '../build/notices.js';
import type { Conversion, Gate } from '../model/conversion.js';
import type { ReportModel } from '../model/report.js';
import { compareNaturally, groupBy } from '../order.js';
import { numeric, score, seedText, value } from './cells.js';
import { recordLink } from './record-link.js';

const NAMED = [{ header: 'Model' }, { header: 'Seed' }, { header: 'Precision' }] as const;

const nameOf = ({ instance, model, variant, seed, precision }: Conversion): Content[] => [
  modelName(model, variant),
  recordLink(instance, seedText(seed)),
  precision,
];

const versionsText = ({ versions }: Conversion): string =>
  listed(Object.entries(versions).map(([name, version]) => `${name} ${version}`));

const rewritesText = ({ rewrites }: Conversion): string =>
  rewrites.length === 0 ? 'none' : listed(rewrites.map((name) => name.replaceAll('_', ' ')));

function rowsOf(conversions: readonly Conversion[], cells: (one: Conversion) => readonly Cell[]): Row[] {
  return conversions.map((one) => ({ cells: [...nameOf(one), ...cells(one)] }));
}

function conversionTable(conversions: readonly Conversion[]): Html {
  const versions = new Set(conversions.map(versionsText));
  const converter = versions.size === 1 ? ` All were made with ${[...versions].join('')}.` : '';
  const rewrites = new Set(conversions.map(rewritesText));
  const rewritten = rewrites.size === 1 ? ` Rewrites of the graph: ${[...rewrites].join('')}.` : '';
  return table({
    id: 'conversion-table',
    title: 'Files',
    headers: 3,
    caption: `Each TFLite file.${converter}${rewritten}`,
    columns: [
      ...NAMED,
      numeric('Size (MB)', 'Size (bytes)'),
      numeric('Operators'),
      { header: 'Stands alone' },
      { header: 'Length' },
      ...(rewrites.size > 1 ? [{ header: 'Rewrites' }] : []),
      numeric('Time', 'Time (s)'),
      ...(versions.size > 1 ? [{ header: 'Versions' }] : []),
    ],
    rows: rowsOf(conversions, (one) => [
      value(one.bytes, formatMegabytes),
      formatNumber(one.op_count),
      one.stands_alone ? 'yes' : 'no',
      one.sequence_length,
      ...(rewrites.size > 1 ? [rewritesText(one)] : []),
      value(Number.isNaN(one.seconds) ? null : one.seconds, formatSeconds, 'not recorded'),
      ...(versions.size > 1 ? [versionsText(one)] : []),
    ]),
  });
}

function parityTable(conversions: readonly Conversion[]): Html {
  return table({
    id: 'parity-table',
    title: 'Files beside their SavedModels',
    headers: 3,
    caption:
      'Each file beside the SavedModel that it was converted from, on the same validation texts. McNemar’s p is that of as large a difference in correctness if both were as often right.',
    columns: [
      ...NAMED,
      numeric('Texts'),
      numeric('Largest logit difference'),
      numeric('Mean', 'Mean logit difference'),
      numeric('Same class', 'Same class (share)'),
      numeric('Macro-F1 of the SavedModel'),
      numeric('Macro-F1'),
      numeric('Only the SavedModel right'),
      numeric('Only the file right'),
      numeric('McNemar’s p'),
      { header: 'Gates' },
    ],
    rows: rowsOf(conversions, ({ parity, gates, accepted }) => [
      formatNumber(parity.texts),
      value(parity.max_abs_logit_difference, formatShort),
      value(parity.mean_abs_logit_difference, formatShort),
      value(parity.argmax_agreement, formatPercent),
      value(parity.saved_model_macro_f1, score),
      value(parity.macro_f1, score),
      formatNumber(parity.only_saved_model_right),
      formatNumber(parity.only_file_right),
      value(parity.mcnemar_p, score),
      html`<span class="prose">${listed([...gates.map(gateText), ...(accepted === null ? [] : [`accepted: ${accepted}`])])}</span>`,
    ]),
  });
}

function gateText({ name, value, limit, passed, why }: Gate): string {
  const what = name.replaceAll('_', ' ');
  if (passed === null) return `${what} not applicable${why === undefined ? '' : ` (${why})`}`;
  const against = limit === undefined ? '' : `: ${formatShort(value)}, gate ${formatShort(limit)}`;
  return `${what} ${passed ? 'passed' : 'not passed'}${against}`;
}

function partsTable(conversions: readonly Conversion[]): Html {
  const parts = [...new Set(conversions.flatMap(({ bytes_by_part }) => Object.keys(bytes_by_part)))];
  return table({
    id: 'parts-table',
    title: 'Size by part',
    headers: 3,
    caption:
      'Where the bytes of each file are, in MB (10⁶ bytes). “Structure” is what describes the graph, scales of channels included.',
    columns: [
      ...NAMED,
      ...parts.map((part) => numeric(part.replaceAll('_', '-'), `${part.replaceAll('_', '-')} (bytes)`)),
    ],
    rows: rowsOf(conversions, ({ bytes_by_part }) =>
      parts.map((part) => value(bytes_by_part[part] ?? 0, formatMegabytes)),
    ),
  });
}

/** The ten tensors that lost most, of each file that lost anything. */
function lossTable(conversions: readonly Conversion[]): Html {
  return table({
    id: 'loss-table',
    title: 'Weights that lost most',
    headers: 3,
    caption:
      'Weights that conversion changed most: the norm of the difference over the norm of the original, and the largest difference of one weight.',
    columns: [
      ...NAMED,
      { header: 'Tensor' },
      { header: 'Type' },
      numeric('Relative', 'Relative difference'),
      numeric('Largest', 'Largest difference'),
    ],
    rows: conversions.flatMap((one) =>
      one.worst_weights
        .filter(({ relative }) => relative > 0)
        .map(({ name, kind, relative, max_abs }) => ({
          cells: [
            ...nameOf(one),
            html`<code>${name}</code>`,
            kind.toLowerCase(),
            value(relative, (share) => formatPercent(share, 2)),
            value(max_abs, formatShort),
          ],
        })),
    ),
  });
}

/** Operators of each file; the seeds of a model have the same graph, so files with the same counts share a line. */
function operatorTable(conversions: readonly Conversion[]): Html {
  const groups = groupBy(conversions, ({ model, variant, precision, ops }) =>
    JSON.stringify([modelName(model, variant), precision, Object.entries(ops).sort()]),
  );
  return table({
    id: 'operator-table',
    title: 'Operators',
    headers: 2,
    caption: 'Operators of each file and how often they occur.',
    columns: [{ header: 'Model' }, { header: 'Precision' }, numeric('Files'), { header: 'Operators' }],
    rows: [...groups.values()].flatMap((same) => {
      const [one] = same;
      if (one === undefined) return [];
      const sorted = Object.entries(one.ops).sort((a, b) => b[1] - a[1] || compareNaturally(a[0], b[0]));
      const operators = sorted.map(([name, count]) => `${name} ${formatNumber(count)}`).join(', ');
      return [{ cells: [modelName(one.model, one.variant), one.precision, same.length, operators] }];
    }),
  });
}

const valueText = (name: string, value: string): string =>
  name.startsWith('bytes') || name.endsWith('bytes') ? formatBytes(Number(value)) : value;

export function conversionView({ conversions, exports }: ReportModel): Html {
  const cards = exports.map(
    ({ instance, values }) =>
      html`<p><code>${instance}</code></p>${facts(Object.entries(values).map(([name, value]) => [name.replaceAll('_', ' '), valueText(name, value)]))}`,
  );
  const files = html`${conversionTable(conversions)}${parityTable(conversions)}
${folded('Size by part', partsTable(conversions))}${folded('Weights that lost most', lossTable(conversions))}
${folded('Operators of each file', operatorTable(conversions))}`;
  return html`${conversions.length === 0 ? html`<p class="absent">No conversion in this run.</p>` : files}
${cards.length === 0 ? html`<p class="absent">No export card in this run.</p>` : folded(counted(cards.length, 'exported model'), cards)}`;
}
