import {
  ABSENT,
  formatMegabytes,
  formatNumber,
  formatSeconds,
  listed,
} from '../../../pipeline/report/format.js';
import { type Content, type Html, html, joined } from '../../../pipeline/report/html.js';
import {
  type Cell,
  type Column,
  cell,
  facts,
  folded,
  type Row,
  table,
} from '../../../pipeline/report/table.js';
import { baselineName } from '../build/baselines.js';
import { modelName } from '../build/notices.js';
import { fp32Of, protocolText } from '../build/results.js';
import type { Answer, ReportModel, ResultRow, SeedResult } from '../model/report.js';
import type { Interval } from '../model/scores.js';
import { isSpoilt } from '../read/inputs.js';
import { megabytes, numeric, score, spread, spreadCell, spreadColumn, value } from './cells.js';
import { flagsText, flagsView } from './flags.js';
import { recordLink } from './record-link.js';

export const milliseconds = (value: number | null): string =>
  value === null ? ABSENT : formatNumber(value, value < 0.1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0);

/** `12.3 (12.1 to 12.5)`: with its 95 % interval, where there is one. */
function withInterval(value: number | null, interval: Interval | null, unit = ''): Html {
  const ends = interval?.map(milliseconds).join(' to ');
  return html`${milliseconds(value)}${unit}${ends !== undefined && html` <span class="sd">(${ends})</span>`}`;
}

/** The median with its interval; INVALID where no seed's timing may be compared. */
function medianText(row: ResultRow, unit = ''): Html {
  const { latency_ms, median_interval_ms, n_invalid, n_untimed, n_seeds } = row;
  if (n_untimed === n_seeds) return html`not timed`;
  if (isSpoilt(row)) return html`<a href="#validity">INVALID</a>`;
  const some = n_invalid > 0 && html` <a href="#validity">${n_invalid} of ${n_seeds} seeds INVALID</a>`;
  const part =
    n_untimed > 0 && html` <span class="sd">${n_seeds - n_untimed} of ${n_seeds} seeds timed</span>`;
  return html`${withInterval(latency_ms.median, median_interval_ms, unit)}${some}${part}`;
}

const MEDIAN_DATA = ['median', 'median interval low', 'median interval high'];

const medianColumn: Column = numeric(
  'Latency median (ms)',
  ...MEDIAN_DATA.map((name) => `Latency ${name} (ms)`),
  'Seeds INVALID',
  'Seeds not timed',
);

function medianCell(row: ResultRow): Cell {
  const { latency_ms, median_interval_ms, n_invalid, n_untimed, n_seeds } = row;
  const isKnown = n_untimed < n_seeds && !isSpoilt(row);
  const [low, high] = median_interval_ms ?? [null, null];
  const values = isKnown ? [latency_ms.median, low, high] : [null, null, null];
  return cell(medianText(row), ...values, n_invalid, n_untimed);
}

const percentileCell = (raw: number | null, interval: Interval | null): Cell =>
  cell(withInterval(raw, interval), raw, ...(interval ?? [null, null]));
const percentileColumn = (name: string): Column =>
  numeric(
    `${name} (ms)`,
    ...['', ' interval low', ' interval high'].map((end) => `Latency ${name}${end} (ms)`),
  );

/** A short key whose whole is in its title. */
export function keyText(key: string): Html {
  const hex = key.replace(/^sha256:/, '');
  return html`<abbr class="key" title="${key}">${hex.slice(0, 10)}</abbr>`;
}

const seedOrNone = (seed: SeedResult['seed']): string => (seed === null ? 'no seed axis' : String(seed));

/** How rows under different conditions are told apart; nothing when all are alike. */
export function conditionColumns(
  rows: readonly ResultRow[],
): readonly { header: string; of(row: ResultRow): string }[] {
  const columns = [
    { header: 'Runtime', of: (row: ResultRow) => row.conditions.runtime },
    { header: 'Protocol', of: protocolText(rows) },
    { header: 'Transport', of: (row: ResultRow) => row.conditions.transport },
    { header: 'Test set', of: (row: ResultRow) => row.conditions.test_set.slice(0, 8) },
  ];
  return columns.filter(({ of }) => new Set(rows.map(of)).size > 1);
}

function answerOf(answer: Answer, model: ReportModel): Html | null {
  const row = model.results.find(({ id }) => id === answer.row);
  const best = model.results.find(({ id }) => id === answer.best_row);
  if (row === undefined || best === undefined) return null;
  const isBest = row === best;
  const reason =
    answer.by === 'latency'
      ? `the lowest median latency among the rows whose mean macro-F1 is within ${answer.tolerance} of the best`
      : `the smallest file among the rows whose mean macro-F1 is within ${answer.tolerance} of the best (timing does not count here)`;
  const against = isBest
    ? html`It has the best macro-F1 here, and ${reason}.`
    : html`It has ${reason}: ${modelName(best.model, best.variant)} ${best.precision} with ${spread(best.macro_f1, score)}.`;
  const conditions = conditionColumns(model.results).map(({ of }) => of(row));
  const latency: [string, Content] = [
    'Median latency',
    html`${medianText(row, ' ms')}${row.conditions.emulated && ' (emulated)'}`,
  ];
  return html`<div class="answer"><p>On <strong>${answer.device}</strong>${conditions.length > 0 && ` (${conditions.join('; ')})`}</p>
<p class="choice">${modelName(row.model, row.variant)} at ${row.precision}</p>
${facts([
  ['Macro-F1', spread(row.macro_f1, score)],
  ['Accuracy', spread(row.accuracy, score)],
  latency,
  ['Model size', `${formatMegabytes(row.model_bytes)} MB`],
])}<p class="quiet">${against}${row.n_seeds === 1 && ' One seed: a small difference may be chance.'}</p></div>`;
}

function resultTable(model: ReportModel): Html {
  const rows = model.results;
  const conditions = conditionColumns(rows);
  const chosen = new Set(model.answers.map(({ row }) => row));
  const fp32Known =
    rows.some(({ precision }) => precision === 'fp32') && rows.some(({ precision }) => precision !== 'fp32');
  const blanks = (count: number): string[] => new Array<string>(count).fill(ABSENT);
  const withOfficial = [...rows, ...model.baselines].some(
    ({ official_accuracy }) => official_accuracy !== null,
  );
  const baselines: Row[] = model.baselines.map((baseline) => ({
    kind: 'baseline',
    cells: [
      baselineName(baseline),
      ...blanks(3),
      ...conditions.map(({ header }) => (header === 'Test set' ? baseline.test_set?.slice(0, 8) : ABSENT)),
      ABSENT,
      single(baseline.accuracy),
      single(baseline.macro_f1),
      ...(withOfficial ? [single(baseline.official_accuracy)] : []),
      cell(
        milliseconds(baseline.latency_ms?.median ?? null),
        baseline.latency_ms?.median ?? null,
        null,
        null,
        null,
        null,
      ),
      percentileCell(baseline.latency_ms?.p90 ?? null, null),
      percentileCell(baseline.latency_ms?.p99 ?? null, null),
      ABSENT,
      megabytes(baseline.model_bytes),
      ...(fp32Known ? [ABSENT] : []),
    ],
  }));
  const measured: Row[] = rows.map((row) => ({
    ...(chosen.has(row.id) ? { kind: 'best' as const } : {}),
    cells: [
      modelName(row.model, row.variant),
      row.precision,
      html`${row.device}${row.conditions.emulated && ' (emulated)'}`,
      flagsText(row.id, model),
      ...conditions.map(({ of }) => of(row)),
      html`<a href="#${row.id}">${row.n_seeds}</a>`,
      spreadCell(row.accuracy, score),
      spreadCell(row.macro_f1, score),
      ...(withOfficial ? [spreadCell(row.official_accuracy, score)] : []),
      medianCell(row),
      percentileCell(row.latency_ms.p90, row.p90_interval_ms),
      percentileCell(row.latency_ms.p99, row.p99_interval_ms),
      megabytes(row.peak_rss_bytes),
      megabytes(row.model_bytes),
      ...(fp32Known ? [sizeRatio(row, rows)] : []),
    ],
  }));
  return table({
    id: 'result-table',
    title: 'Results',
    headers: 2,
    caption: captionOf(
      model,
      conditions.map(({ header }) => header),
    ),
    columns: [
      { header: 'Model' },
      { header: 'Precision' },
      { header: 'Device' },
      { header: 'Flags' },
      ...conditions.map(({ header }) => ({ header })),
      numeric('Seeds'),
      spreadColumn('Accuracy'),
      spreadColumn('Macro-F1'),
      ...(withOfficial ? [spreadColumn('Official accuracy')] : []),
      medianColumn,
      percentileColumn('p90'),
      percentileColumn('p99'),
      numeric('Peak RSS (MB)', 'Peak RSS (bytes)'),
      numeric('Model (MB)', 'Model (bytes)'),
      ...(fp32Known ? [numeric('Size / fp32')] : []),
    ],
    rows: [...baselines, ...measured],
  });
}

/** A score that is of no seed. */
const single = (raw: number | null): Cell => cell(raw === null ? ABSENT : score(raw), raw, null, null);

/** Known without a timing, and so of INVALID rows too. */
function sizeRatio(row: ResultRow, rows: readonly ResultRow[]): Cell {
  const fp32 = fp32Of(
    row,
    rows.map((one) => ({ row: one })),
  );
  const ratio = fp32 === undefined ? null : row.model_bytes / fp32.row.model_bytes;
  return value(ratio, (of) => formatNumber(of, 2));
}

/** Says once what is the same for all rows. */
function captionOf(model: ReportModel, shown: readonly string[]): Html {
  const [first] = model.results;
  const tweets = [
    ...new Set([...model.results, ...model.baselines].map(({ n_tweets }) => formatNumber(n_tweets))),
  ];
  const same = [
    first !== undefined && !shown.includes('Runtime') && first.conditions.runtime,
    first !== undefined && !shown.includes('Protocol') && `protocol ${first.conditions.protocol}`,
  ].filter((part) => part !== false);
  return html`Accuracy and macro-F1 on ${listed(tweets)} test tweets, mean ± sample standard deviation over seeds. Latency over all timed inferences of all valid seeds, one tweet at a time, with 95 % intervals over windows; p90 needs 64 inferences, p99 662. MB are 10⁶ bytes. ${same.length > 0 && html`${joined(same, '; ')}. `}Chosen rows are bold.${[...model.results, ...model.baselines].some(({ official_accuracy }) => official_accuracy !== null) && ' Official accuracy is RepLab’s: the mean over entities of their accuracies.'}${model.baselines.some(({ kind }) => kind === 'classifier') && ' Baselines have no device: they were timed where they were trained, from the text to the class, while other stages may have run.'}`;
}

export function resultsView(model: ReportModel): Html {
  if (model.results.length === 0) {
    const trained = model.baselines.some(({ kind }) => kind === 'classifier');
    return html`<p class="absent">No evaluation in this run.</p>${trained && resultTable(model)}`;
  }
  const answers = model.answers.map((answer) => answerOf(answer, model));
  if (answers.length === 0) {
    return html`${flagsView(model)}<p class="absent">No choice: no row has a valid timing and scores. What spoilt it is below; measure again when that is gone.</p>
${resultTable(model)}`;
  }
  return html`${flagsView(model)}<div class="answers">${answers}</div>
${resultTable(model)}`;
}

/** Every value behind a mean, with the instance that gave it. */
export function seedsView(model: ReportModel): Html {
  if (model.results.length === 0) return html`<p class="absent">No evaluation in this run.</p>`;
  const conditions = conditionColumns(model.results);
  const rows = model.results.flatMap((row) =>
    row.seeds.map((one, index) => ({
      cells: [
        index === 0
          ? html`<span id="${row.id}">${modelName(row.model, row.variant)}</span>`
          : modelName(row.model, row.variant),
        row.precision,
        row.device,
        seedOrNone(one.seed),
        ...conditions.map(({ of }) => of(row)),
        value(one.accuracy, score),
        value(one.macro_f1, score),
        one.verdict === 'not-timed'
          ? cell('not timed', null, one.verdict)
          : cell(
              html`${milliseconds(one.latency_ms.median)}${one.verdict === 'invalid' && html` <a href="#validity">INVALID</a>`}`,
              one.latency_ms.median,
              one.verdict,
            ),
        value(one.latency_ms.p90, milliseconds),
        value(one.latency_ms.p99, milliseconds),
        megabytes(one.peak_rss_bytes),
        value(one.wall_s, formatSeconds),
        folded(
          keyText(one.key),
          html`${one.answers_from === 'host' && html`<p>Answers of this machine, after the device gave the same to the first tweets.</p>`}<p><code>${one.instance}</code></p><p><code>${one.key}</code></p><p>${recordLink(one.instance, 'How it was made')}</p>`,
        ),
      ],
    })),
  );
  return table({
    id: 'seed-table',
    title: 'Seeds',
    headers: 4,
    caption:
      'Each evaluation by itself. An action key leads to its record: run, host, inputs, versions and the command that makes it again.',
    columns: [
      { header: 'Model' },
      { header: 'Precision' },
      { header: 'Device' },
      { header: 'Seed' },
      ...conditions.map(({ header }) => ({ header })),
      numeric('Accuracy'),
      numeric('Macro-F1'),
      numeric('Latency median (ms)', 'Latency median (ms)', 'Verdict'),
      numeric('Latency p90 (ms)'),
      numeric('Latency p99 (ms)'),
      numeric('Peak RSS (MB)', 'Peak RSS (bytes)'),
      numeric('Duration', 'Duration (s)'),
      { header: 'Action key' },
    ],
    rows,
  });
}
