import { ABSENT, formatMegabytes, formatNumber } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { type Cell, type Column, cell, type Row, table } from '../../../pipeline/report/table.js';
import { modelName } from '../build/notices.js';
import type { OwnSize, PaperSizes, SizeReference } from '../model/paper-sizes.js';
import { numeric, ratio, value } from './cells.js';

const megabytes = (raw: number | null): Cell =>
  value(raw === null ? null : raw / 1e6, (known) => formatMegabytes(known * 1e6));
/** Factor, name and size apart in the CSV, for `times`. */
const timesColumn = (header: string, of: string): Column =>
  numeric(header, `Times smaller than ${of}`, `Name of ${of}`, `Size of ${of} (MB)`);
const times = (reference: SizeReference | null): Cell =>
  reference === null
    ? cell(ABSENT, null, null, null)
    : cell(
        `${formatNumber(reference.times, 1)} (${reference.name}, ${formatMegabytes(reference.bytes)} MB)`,
        ...[reference.times, reference.name, reference.bytes / 1e6],
      );

function ownSize(one: OwnSize): Row {
  return {
    cells: [
      `${modelName(one.model, one.variant)} ${one.precision}`,
      megabytes(one.bytes),
      megabytes(one.weights_bytes),
      ratio(one.against_fp32),
      times(one.saved_model),
      times(one.largest_other),
      times(one.teacher),
    ],
  };
}

/** Bytes of files, what they are smaller than, and what the published factor counts. */
export function sizesView({ published, findings, own }: PaperSizes): Html {
  const audited = findings.map(
    ({ id, what, why }) =>
      html`<p>The audit doubts the published factor (<code>${id}</code>): ${what} ${why}</p>`,
  );
  return html`${table({
    id: 'paper-sizes-table',
    title: 'Sizes and compression',
    caption:
      'Sizes in MB (10⁶ bytes); published ones are grey and as printed. Of ours the file counts with its graph, and “weights alone” without it. A SavedModel here holds weights and graph and no state of an optimizer. A teacher counts with four bytes for each of its weights.',
    columns: [
      { header: 'File' },
      numeric('Size (MB)'),
      numeric('Weights alone (MB)'),
      numeric('Size / fp32'),
      timesColumn('Times smaller than its SavedModel', 'its SavedModel'),
      timesColumn('Than the largest SavedModel of another model', 'the largest SavedModel of another model'),
      timesColumn('Than its teacher', 'its teacher'),
    ],
    rows: [
      ...published.map(
        ({ name, megabytes: size, against_fp32 }): Row => ({
          kind: 'baseline',
          cells: [
            `published, ${name}`,
            value(size, String),
            ABSENT,
            ratio(against_fp32),
            ...[null, null, null].map(times),
          ],
        }),
      ),
      ...own.map(ownSize),
    ],
  })}${audited}`;
}
