import { ABSENT, formatNumber } from '../../../pipeline/report/format.js';
import { type Content, type Html, html } from '../../../pipeline/report/html.js';
import { type Cell, cell, folded, type Row, table } from '../../../pipeline/report/table.js';
import { modelName } from '../build/notices.js';
import type { PaperView } from '../model/paper.js';
import type { OwnScores, PublishedScores } from '../model/paper-parts.js';
import type { Spread } from '../model/scores.js';
import { numeric, score, value } from './cells.js';
import {
  fileName,
  type NamedRow,
  namedRows,
  type PaperReport,
  publishedFile,
  publishedTweets,
  STANDINGS,
  short,
  timed,
  tweetsText,
} from './paper-rows.js';

const fixed = (raw: number | null, decimals: number): Cell =>
  value(raw, (known) => formatNumber(known, decimals));
/** With the digits that were printed, as far as the data keeps them. */
const printed = (raw: number | null): Cell => value(raw, String);
const doubts = (findings: readonly string[]): string =>
  findings.length === 0 ? ABSENT : findings.join(', ');

const publishedScores = (
  { bits, accuracy, f_score, n, findings }: PublishedScores,
  devices: string,
  tweets: string,
): Row => ({
  kind: 'baseline',
  cells: [
    publishedFile({ bits }),
    devices,
    tweets,
    n === null ? ABSENT : formatNumber(n),
    ...[accuracy, f_score].flatMap(({ mean, pm, max }) => [printed(mean), printed(pm), printed(max)]),
    doubts(findings),
  ],
});

const ownScore = ({ mean, sd, max, n }: Spread): Cell[] => [
  value(mean, score),
  value(sd, (known) => formatNumber(known, 4), `none (n = ${n})`),
  value(max, score),
];

const ownScores = (one: OwnScores): Row => ({
  cells: [
    `${modelName(one.model, one.variant)} ${one.precision}`,
    `${one.devices.join(', ')}${one.emulated ? ' (emulated)' : ''}`,
    formatNumber(one.n_tweets),
    formatNumber(one.accuracy.n),
    ...ownScore(one.accuracy),
    ...ownScore(one.f_score),
    ABSENT,
  ],
});

/** The paper's table III and ours. */
export function scoresView(report: PaperReport): Html {
  const { published, own } = report.paper.scores;
  const devices = [...new Set(report.paper.published.map(({ device }) => device))].join(', ');
  const tweets = publishedTweets(report.paper) ?? ABSENT;
  return table({
    id: 'paper-scores-table',
    title: 'Table III',
    headers: 2,
    caption: html`Accuracy and F over seeds. Published rows are grey and of ${tweetsText(report)}; the paper does not say what stands behind its ±, nor how its F averages the classes. Here ± is the sample standard deviation over seeds, which one seed does not have, and F is macro-F1.`,
    columns: [
      { header: 'File' },
      { header: 'Device' },
      numeric('Tweets'),
      numeric('Seeds'),
      numeric('Accuracy, mean'),
      numeric('±', 'Accuracy ±'),
      numeric('highest', 'Accuracy, highest'),
      numeric('F, mean'),
      numeric('±', 'F ±'),
      numeric('highest', 'F, highest'),
      { header: 'Doubted by the audit' },
    ],
    rows: [...published.map((one) => publishedScores(one, devices, tweets)), ...own.map(ownScores)],
  });
}

/** Rows beyond which a table is folded. */
const LONG = 12;

const giga = (raw: number | null): number | null => (raw === null ? null : raw / 1e9);

function ownMeasurement({ model }: PaperReport, { own, result }: NamedRow): Row {
  const { inputs, standing } = own;
  const hasMeter = model.energy.some(({ results }) => results.some(({ row }) => row === own.row));
  const unknown = hasMeter ? html`<a href="#energy">does not count</a>` : 'no meter';
  const needsMeter = (raw: number | null): Content =>
    raw !== null ? short(raw) : standing === 'measured' ? unknown : STANDINGS[standing];
  const joules = own.joules_per_inference;
  return {
    cells: [
      fileName(result),
      result.device,
      cell(needsMeter(inputs.power_tot_kw), inputs.power_tot_kw),
      timed(inputs.time_s, standing),
      cell(html`${needsMeter(joules)}${joules !== null && ' J'}`, null, joules),
      timed(own.seconds_per_inference, standing),
      timed(giga(inputs.flops_per_s), standing),
      fixed(inputs.accuracy, 3),
      fixed(inputs.f_score, 3),
      timed(inputs.cpu_percent, standing, (value) => formatNumber(value, 1)),
      timed(inputs.memory_percent, standing, (value) => formatNumber(value, 1)),
      formatNumber(own.n_tweets),
      ABSENT,
    ],
  };
}

/** The paper's table IV and ours, and what its columns count. */
export function measurementsView(report: PaperReport): Html {
  const { paper } = report;
  const rate = paper.own.find(({ power_sample_hz }) => power_sample_hz !== null)?.power_sample_hz;
  const tweets = value(paper.inferences?.[0] ?? null, formatNumber);
  const measured = table({
    id: 'paper-measurements-table',
    title: 'Table IV',
    headers: 2,
    caption: html`Published rows are grey, under the units that were printed, and of ${tweetsText(report)}. ${rate === undefined ? 'No power of this study counts as whole.' : `Our sum of power is one of ${rate} samples a second.`} What each column counts, and where it misleads, is below.`,
    columns: [
      { header: 'File' },
      { header: 'Device' },
      numeric('Power (“kW”: a sum of samples)'),
      numeric('Time (s)'),
      numeric(
        'Per inference (printed in W; here J)',
        'Power per inference (W, as printed)',
        'Energy per inference (J)',
      ),
      numeric('Time per inference (s)'),
      numeric('FLOPS (10⁹/s)'),
      numeric('Accuracy'),
      numeric('F'),
      numeric('CPU of the system (%)'),
      numeric('Memory of the system (%)'),
      numeric('Tweets'),
      { header: 'Doubted by the audit' },
    ],
    rows: [
      ...paper.published.map((row): Row => {
        const { inputs } = row;
        const perInference = row.power_per_inference;
        return {
          kind: 'baseline',
          cells: [
            publishedFile(row),
            row.device,
            fixed(inputs.power_tot_kw, 2),
            fixed(inputs.time_s, 0),
            cell(
              perInference === null ? ABSENT : `${formatNumber(perInference, 2)} W`,
              ...[perInference, null],
            ),
            fixed(row.seconds_per_inference, 2),
            value(giga(inputs.flops_per_s), short),
            fixed(inputs.accuracy, 3),
            fixed(inputs.f_score, 3),
            fixed(inputs.cpu_percent, 1),
            fixed(inputs.memory_percent, 1),
            tweets,
            doubts(row.findings),
          ],
        };
      }),
      ...namedRows(report).map((row) => ownMeasurement(report, row)),
    ],
  });
  const notes = paper.columns.map(
    ({ column, printed: there, here, misleads }) =>
      html`<li><strong>${column}</strong> (printed in ${there}, here ${here}). ${misleads}</li>`,
  );
  const audited = paper.column_findings.map(({ id, what }) => html`<li><code>${id}</code>: ${what}</li>`);
  return html`${measured}${folded('What each column counts, and where it misleads', html`<ul>${notes}</ul>${audited.length > 0 && html`<p>What the audit says of whole columns:</p><ul>${audited}</ul>`}`)}`;
}

function publishedWork({ published_work: work }: PaperView): string {
  if (work === null) return '';
  const [least, most] = work.operations;
  const { counted, model } = work;
  const beside =
    counted === null
      ? ''
      : `; by our count ${model ?? ''} takes ${short(counted.operations / 1e9)} · 10⁹ at ${counted.length} tokens, and the published number only at ${counted.implied_length} tokens`;
  return ` Published FLOPS times time, over the number of tweets, are ${short(least / 1e9)} to ${short(most / 1e9)} · 10⁹ operations an inference${beside}.`;
}

/** What one inference takes at the lengths that ran, and at a usual one of padded inputs. */
export function lengthView(report: PaperReport): Html | null {
  const rows = namedRows(report);
  const length = rows[0]?.own.work.padded.length;
  if (length === undefined) return null;
  const upper = rows.some(({ own }) => own.work.is_upper_bound)
    ? ' “At most” stands where the file computes only the first token in its last layer, which the count does not know.'
    : '';
  const operations = table({
    id: 'paper-length-table',
    title: 'Operations and time at a padded length',
    headers: 2,
    caption: html`The paper does not say to how many tokens it pads its inputs; ${length} are usual. Here an input has its own length unless a file takes one length alone. Operations are counted from the model’s sizes, two for each multiply-accumulate.${upper} A time at ${length} tokens stands here only where it was measured: files of that length are made by <code>sequence_length: ${length}</code> of the stage freeze.${publishedWork(report.paper)}`,
    columns: [
      { header: 'File' },
      { header: 'Device' },
      numeric('Tokens of an input as it ran, mean'),
      numeric('Operations of an inference (10⁹)'),
      numeric('Time per inference (s)'),
      numeric(`Operations at ${length} tokens (10⁹)`),
      numeric(`Time at ${length} tokens (s)`),
    ],
    rows: rows.map(({ own, result }) => {
      const { work, standing } = own;
      const { padded: at } = work;
      const padded = rows.find((one) => one.own.row === at.row);
      return {
        cells: [
          fileName(result),
          result.device,
          cell(
            `${work.tokens === null ? ABSENT : formatNumber(work.tokens, 1)}${work.is_padded ? ' (all padded)' : ''}`,
            work.tokens,
          ),
          value(giga(work.operations), (known) => `${work.is_upper_bound ? 'at most ' : ''}${short(known)}`),
          timed(own.seconds_per_inference, standing),
          value(giga(at.operations), short),
          padded === undefined ? cell('not measured', null) : timed(at.seconds, padded.own.standing),
        ],
      };
    }),
  });
  return rows.length > LONG
    ? folded(`Operations of an inference, and its time at ${length} tokens`, operations)
    : operations;
}
