import { ABSENT, formatNumber, listed } from '../../pipeline/report/format.js';
import { type Html, html } from '../../pipeline/report/html.js';
import { folded, table } from '../../pipeline/report/table.js';
import { modelName } from './build-notices.js';
import type { ReportModel } from './model.js';
import type { PaperView } from './model-paper.js';

const numeric = (header: string) => ({ header, numeric: true });
/** Four significant digits: indices differ by powers of ten. */
function short(value: number | null): string {
  if (value === null) return ABSENT;
  const size = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (size < -3) return value.toExponential(3).replaceAll('-', '−');
  return formatNumber(value, Math.max(3 - size, 0));
}
const fixed = (value: number | null, decimals: number): string =>
  value === null ? ABSENT : formatNumber(value, decimals);
const INDEX_COLUMNS = [
  numeric('SI'),
  numeric('MPI'),
  numeric('RER'),
  numeric('Inferences/s'),
  numeric('Board s'),
  numeric('Memory GB'),
  numeric('Right answers/J'),
  numeric('Inferences/(J s GB)'),
];

function indexCells({
  paper_v1,
  corrected,
}: PaperView['own'][number] | PaperView['published'][number]): string[] {
  return [
    short(paper_v1.si),
    short(paper_v1.mpi),
    short(paper_v1.rer),
    short(corrected.inferences_per_s),
    short(corrected.board_s),
    fixed(corrected.memory_gb, 2),
    short(corrected.right_answers_per_j),
    short(corrected.inferences_per_j_s_gb),
  ];
}

function tweetsText({ inferences }: PaperView, model: ReportModel): string {
  const own = [...new Set(model.results.map(({ n_tweets }) => formatNumber(n_tweets)))];
  const [least, most] = inferences ?? [];
  const paper =
    least === undefined
      ? 'a number that it does not state'
      : `${formatNumber(least)}${most === least ? '' : ` or ${formatNumber(most ?? least)}`}`;
  return `other tweets: ${paper} there against ${own.length === 0 ? 'none' : listed(own)} here`;
}

/** Null where the report holds no published table. */
export function paperView(model: ReportModel): Html | null {
  const { paper } = model;
  if (paper === null) return null;
  const published = table({
    id: 'paper-table',
    headers: 2,
    caption: html`${paper.source}, as printed; ${tweetsText(paper, model)}. Units are those that were printed.`,
    columns: [
      { header: 'Device' },
      { header: 'Bits' },
      numeric('Power (kW as printed)'),
      numeric('Time s'),
      numeric('Accuracy'),
      numeric('F'),
      ...INDEX_COLUMNS,
      { header: 'Doubted by the audit' },
    ],
    rows: paper.published.map((row) => ({
      cells: [
        row.device,
        row.bits,
        fixed(row.inputs.power_tot_kw, 2),
        fixed(row.inputs.time_s, 0),
        fixed(row.inputs.accuracy, 3),
        fixed(row.inputs.f_score, 3),
        ...indexCells(row),
        row.findings.length === 0 ? ABSENT : row.findings.join(', '),
      ],
    })),
  });
  const own = table({
    id: 'paper-own-table',
    headers: 3,
    caption:
      'The same for this study. Operations are those of the model at the length that its export card names, two for each multiply-accumulate.',
    columns: [
      { header: 'Model' },
      { header: 'Precision' },
      { header: 'Device' },
      numeric('Tweets'),
      ...INDEX_COLUMNS,
      { header: 'Not known here' },
    ],
    rows: paper.own.map((row) => {
      const result = model.results.find(({ id }) => id === row.row);
      return {
        cells: [
          result === undefined ? row.row : modelName(result.model, result.variant),
          result?.precision ?? ABSENT,
          result?.device ?? ABSENT,
          formatNumber(row.n_tweets),
          ...indexCells(row),
          row.missing.length === 0 ? ABSENT : row.missing.join(', '),
        ],
      };
    }),
  });
  const items = paper.indices.map(
    ({ index, definition, unit, misleads, instead }) =>
      html`<li><strong>${index} = ${definition}</strong> (${unit}). ${misleads} Instead: ${instead}.</li>`,
  );
  return folded(
    'Published numbers, and SI, MPI and RER as published: not recommended',
    html`<p>These numbers are of ${tweetsText(paper, model)}, another model file and other boards: they stand here to be looked up and are compared with nothing. <code>npx pipeline audit</code> says what in them cannot be right, how sure that is and why.</p>
<ul>${items}</ul>
${published}${paper.own.length > 0 && own}`,
  );
}
