import {
  ABSENT,
  formatMegabytes,
  formatNumber,
  formatPercent,
  formatSeconds,
  formatSigned,
  listed,
} from '../../pipeline/report/format.js';
import { type Content, type Html, html, joined } from '../../pipeline/report/html.js';
import { type Column, facts, folded, type Row, table } from '../../pipeline/report/table.js';
import { baselineName } from './build-baselines.js';
import { modelName } from './build-notices.js';
import { protocolText } from './build-results.js';
import { isSpoilt } from './inputs.js';
import type { Answer, ReportModel, ResultRow, SeedResult } from './model.js';
import type { Interval, Spread } from './model-scores.js';
import { flagsText, flagsView } from './view-flags.js';

const numeric = (header: Content): Column => ({ header, numeric: true });

/** Mean and standard deviation, or the one value there is, said to be one. */
export function spread({ mean, sd, n }: Spread, format: (value: number) => string): Html {
  if (sd === null) return html`${format(mean)} <span class="sd">(n = ${n})</span>`;
  return html`${format(mean)} <span class="sd">± ${format(Math.abs(sd)).replace(/^\+/, '')}</span>`;
}

export const score = (value: number): string => formatNumber(value, 3);
export const milliseconds = (value: number | null): string =>
  value === null ? ABSENT : formatNumber(value, value < 0.1 ? 3 : value < 100 ? 2 : 0);

/** `12.3 (12.1 to 12.5)`: with its 95 % interval, where there is one. */
export function withInterval(value: number | null, interval: Interval | null, unit = ''): Html {
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

/** A short key whose whole is in its title. */
export function keyText(key: string): Html {
  const hex = key.replace(/^sha256:/, '');
  return html`<abbr class="key" title="${key}">${hex.slice(0, 10)}</abbr>`;
}

const seedText = (seed: SeedResult['seed']): string => (seed === null ? 'no seed axis' : String(seed));

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
  const fp32Known = rows.some(({ against_fp32 }) => against_fp32 !== null);
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
      score(baseline.accuracy),
      score(baseline.macro_f1),
      ...(withOfficial ? [official(baseline.official_accuracy)] : []),
      milliseconds(baseline.latency_ms?.median ?? null),
      milliseconds(baseline.latency_ms?.p90 ?? null),
      milliseconds(baseline.latency_ms?.p99 ?? null),
      ABSENT,
      baseline.model_bytes === null ? ABSENT : formatMegabytes(baseline.model_bytes),
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
      spread(row.accuracy, score),
      spread(row.macro_f1, score),
      ...(withOfficial
        ? [row.official_accuracy === null ? ABSENT : spread(row.official_accuracy, score)]
        : []),
      medianText(row),
      withInterval(row.latency_ms.p90, row.p90_interval_ms),
      withInterval(row.latency_ms.p99, row.p99_interval_ms),
      formatMegabytes(row.peak_rss_bytes),
      formatMegabytes(row.model_bytes),
      ...(fp32Known ? [sizeRatio(row)] : []),
    ],
  }));
  return table({
    id: 'result-table',
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
      numeric('Accuracy'),
      numeric('Macro-F1'),
      ...(withOfficial ? [numeric('Official accuracy')] : []),
      numeric('Latency median (ms)'),
      numeric('Latency p90 (ms)'),
      numeric('Latency p99 (ms)'),
      numeric('Peak RSS (MB)'),
      numeric('Model (MB)'),
      ...(fp32Known ? [numeric('Size / fp32')] : []),
    ],
    rows: [...baselines, ...measured],
  });
}

const official = (value: number | null): string => (value === null ? ABSENT : score(value));

const sizeRatio = (row: ResultRow): string =>
  row.precision === 'fp32'
    ? '1.00'
    : row.against_fp32 === null
      ? ABSENT
      : formatNumber(row.against_fp32.size_ratio, 2);

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
  return html`Accuracy and macro-F1 on ${listed(tweets)} test tweets, mean ± sample standard deviation over seeds; latency over all timed inferences of all valid seeds, one tweet at a time, with 95 % intervals over windows; p90 needs 64 inferences and p99 662; MB are 10⁶ bytes. ${same.length > 0 && html`${joined(same, '; ')}. `}Chosen rows are bold.${[...model.results, ...model.baselines].some(({ official_accuracy }) => official_accuracy !== null) && ' Official accuracy is RepLab’s: the mean over entities of their accuracies.'}${model.baselines.some(({ kind }) => kind === 'classifier') && ' Baselines have no device: they were timed where they were trained, from the text to the class, while other stages may have run.'}`;
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

/** Four decimals, signed; no interval can be made where nothing changed. */
const changeText = (interval: Interval | null): string =>
  interval === null ? 'same answers' : interval.map((end) => formatSigned(end, 4)).join(' to ');

const probability = (p: number): string => (p < 0.001 ? '< 0.001' : formatNumber(p, 3));

/** Each precision against the fp32 file of the same model, device, runtime and protocol. */
export function comparisonView({ results }: ReportModel): Html {
  const compared = results.flatMap((row) =>
    row.against_fp32 === null ? [] : [{ row, against: row.against_fp32 }],
  );
  if (compared.length === 0) {
    return html`<p class="absent">Nothing to compare: no model has both an fp32 file and another one measured under the same conditions.</p>`;
  }
  const difference = (value: number): string => formatSigned(value, 4);
  const rows = compared.map(({ row, against }) => ({
    cells: [
      modelName(row.model, row.variant),
      row.precision,
      row.device,
      against.n_seeds,
      spread(against.accuracy_difference, difference),
      changeText(against.accuracy_difference_interval),
      spread(against.macro_f1_difference, difference),
      changeText(against.macro_f1_difference_interval),
      formatPercent(against.same_prediction, 2),
      formatNumber(against.gained),
      formatNumber(against.lost),
      probability(against.mcnemar_p),
      against.speed_up === null
        ? row.conditions.emulated
          ? 'emulated'
          : 'not timed'
        : `${formatNumber(against.speed_up, 2)} ×`,
      against.speed_up_interval === null
        ? ABSENT
        : against.speed_up_interval.map((end) => formatNumber(end, 2)).join(' to '),
      against.speed_up_p === null ? ABSENT : probability(against.speed_up_p),
      `${formatNumber(against.size_ratio, 2)} ×`,
    ],
  }));
  return table({
    id: 'comparison-table',
    headers: 2,
    caption:
      'Each file minus the fp32 file of the same model, seed, device, runtime and protocol: both come from the same fine-tuned weights and scored the same tweets. The intervals of both differences are of a paired bootstrap over tweets, each with its answers of both files and all paired seeds; they do not hold the spread over seeds. Gained are tweets that only this file got right, lost those that only fp32 got right, over all paired seeds. Speed-up is the median latency of fp32 divided by that of this file, with its interval over windows. Both p values are corrected for all comparisons here (Holm). Invalid evaluations are in none.',
    columns: [
      { header: 'Model' },
      { header: 'Precision' },
      { header: 'Device' },
      numeric('Paired seeds'),
      numeric('Accuracy difference'),
      numeric('Its 95 % interval'),
      numeric('Macro-F1 difference'),
      numeric('Its 95 % interval'),
      numeric('Same prediction'),
      numeric('Tweets gained'),
      numeric('Tweets lost'),
      numeric('p (McNemar)'),
      numeric('Speed-up'),
      numeric('Its 95 % interval'),
      numeric('p (speed-up)'),
      numeric('Size ratio'),
    ],
    rows,
  });
}

/** Every value behind a mean, with the instance that gave it. */
export function seedsView(model: ReportModel): Html {
  if (model.results.length === 0) return html`<p class="absent">No evaluation in this run.</p>`;
  const commands = new Map(model.provenance.map(({ instance, command }) => [instance, command]));
  const conditions = conditionColumns(model.results);
  const rows = model.results.flatMap((row) =>
    row.seeds.map((one, index) => ({
      cells: [
        index === 0
          ? html`<span id="${row.id}">${modelName(row.model, row.variant)}</span>`
          : modelName(row.model, row.variant),
        row.precision,
        row.device,
        seedText(one.seed),
        ...conditions.map(({ of }) => of(row)),
        score(one.accuracy),
        score(one.macro_f1),
        one.verdict === 'not-timed'
          ? 'not timed'
          : html`${milliseconds(one.latency_ms.median)}${one.verdict === 'invalid' && html` <a href="#validity">INVALID</a>`}`,
        milliseconds(one.latency_ms.p90),
        milliseconds(one.latency_ms.p99),
        formatMegabytes(one.peak_rss_bytes),
        formatSeconds(one.wall_s),
        folded(
          keyText(one.key),
          html`${one.answers_from === 'host' && html`<p>Answers of this machine, after the device gave the same to the first tweets.</p>`}<p><code>${one.instance}</code></p><p><code>${one.key}</code></p><p><code>${commands.get(one.instance)}</code></p>`,
        ),
      ],
    })),
  );
  return table({
    id: 'seed-table',
    headers: 4,
    caption:
      'Each evaluation by itself. Open an action key for the instance that it belongs to and the command that makes it again.',
    columns: [
      { header: 'Model' },
      { header: 'Precision' },
      { header: 'Device' },
      { header: 'Seed' },
      ...conditions.map(({ header }) => ({ header })),
      numeric('Accuracy'),
      numeric('Macro-F1'),
      numeric('Latency median (ms)'),
      numeric('Latency p90 (ms)'),
      numeric('Latency p99 (ms)'),
      numeric('Peak RSS (MB)'),
      numeric('Duration'),
      { header: 'Action key' },
    ],
    rows,
  });
}
