import type { Scalar } from '../../../pipeline/contract/config.js';
import { counted, formatNumber, formatShort, listed } from '../../../pipeline/report/format.js';
import type { Baseline } from '../model/baseline.js';
import type { Conversion } from '../model/conversion.js';
import type { Answer, ResultRow } from '../model/report.js';
import type { Telemetry } from '../model/telemetry.js';
import type { TrainingRun } from '../model/training.js';
import { groupBy } from '../order.js';
import type { ReportInputs } from '../read/inputs.js';
import { highestOf, scoresOf } from '../statistics/descriptive.js';
import { isBetter } from './compare-rows.js';
import { testTotal } from './flags.js';
import type { MeasuredRow } from './results.js';

/** `minilm-l6 int8 on rpi4b`, the way every sentence names a row. */
export function rowName({ model, precision, device, variant }: ResultRow): string {
  return `${modelName(model, variant)} ${precision} on ${device}`;
}

export function modelName(model: string, variant: ResultRow['variant']): string {
  const extra = Object.entries(variant).map(([axis, value]) => `${axis}=${value}`);
  return extra.length === 0 ? model : `${model} (${extra.join(', ')})`;
}

/** `seed 1`, `seeds 1 and 2`; nothing for a run without a seed axis. */
function seedsText(seeds: readonly (Scalar | null)[]): string {
  const named = seeds.filter((seed) => seed !== null).map(String);
  return named.length === 0 ? '' : `${named.length === 1 ? 'seed' : 'seeds'} ${listed(named)}`;
}

/** The name with its seeds in brackets, where there are any. */
function withSeeds(name: string, seeds: readonly (Scalar | null)[]): string {
  const text = seedsText(seeds);
  return text === '' ? name : `${name} (${text})`;
}

/** Figures of evaluation.json that its own predictions do not bear out. */
function contradictions(rows: readonly MeasuredRow[]): string[] {
  return rows.flatMap(({ seeds }) =>
    seeds.flatMap(({ evaluation, confusion }) => {
      const { accuracy, macroF1 } = scoresOf(confusion);
      const { source, document } = evaluation;
      const isFarFrom = (a: number, b: number): boolean => !(Math.abs(a - b) <= 1e-6);
      if (!isFarFrom(accuracy, document.accuracy) && !isFarFrom(macroF1, document.macro_f1)) return [];
      return [
        `${source.instance} states accuracy ${formatShort(document.accuracy)} and macro-F1 ${formatShort(document.macro_f1)}, but its predictions give ${formatShort(accuracy)} and ${formatShort(macroF1)}.`,
      ];
    }),
  );
}

function missingLatencies(rows: readonly MeasuredRow[]): string[] {
  return rows.flatMap(({ row, seeds }) => {
    const latencies = seeds.flatMap(({ evaluation }) => evaluation.windows);
    const total = latencies.reduce((sum, window) => sum + window.length, 0);
    const missing = latencies.reduce(
      (sum, window) => sum + window.filter((one) => !Number.isFinite(one)).length,
      0,
    );
    if (missing === 0) return [];
    return [
      `${rowName(row)}: ${formatNumber(missing)} of ${formatNumber(total)} inferences have no latency.`,
    ];
  });
}

/** Share of all cores, per cent, that other programs may use before latencies stop meaning much. */
const BUSY_PERCENT = 20;

/** What was measured under conditions that make its timing mean something else. */
function invalidMeasurements(rows: readonly MeasuredRow[]): string[] {
  return rows.flatMap(({ row, seeds }) =>
    seeds.flatMap(({ seed, evaluation }) => {
      const failed = evaluation.document.gates.filter(({ verdict }) => verdict === 'failed');
      return (['timing', 'energy'] as const).flatMap((what) => {
        const own = failed.filter(({ gate }) => (gate === 'power-samples') === (what === 'energy'));
        if (own.length === 0) return [];
        const reasons = own.map(({ gate, message }) => `${gate}: ${message}`).join('; ');
        return [
          `INVALID: the ${what} of ${withSeeds(rowName(row), [seed])} is in no comparison. ${reasons}.`,
        ];
      });
    }),
  );
}

/** Evaluations of which answers alone were wanted, and those that another machine than the device answered. */
function otherAnswers(rows: readonly MeasuredRow[]): string[] {
  const all = rows.flatMap(({ row, seeds }) =>
    seeds.map(({ seed, evaluation: { document } }) => ({ row, seed, document })),
  );
  const untimed = all.filter(({ document }) => document.verdict === 'not-timed');
  const elsewhere = groupBy(
    all.filter(({ document }) => document.answers !== undefined),
    ({ row }) => row.device,
  );
  const seeds = [...new Set(untimed.map(({ seed }) => seed))];
  return [
    ...(untimed.length === 0
      ? []
      : [
          `${withSeeds(`${counted(untimed.length, 'evaluation')} of ${all.length}`, seeds)} gave answers alone, as \`timing_seeds\` asks: latencies are of the other seeds.`,
        ]),
    ...[...elsewhere].map(([device, own]) => {
      const texts = Math.min(...own.map(({ document }) => document.answers?.after_texts ?? 0));
      return `Answers of ${counted(own.length, 'evaluation')} on ${device} were computed on the host, after ${device} had answered the first ${formatNumber(texts)} tweets as the host does; at int8 up to 0.5 % of a device's own answers may differ.`;
    }),
  ];
}

/** Devices that did other work before or while they were measured. */
function busyDevices(rows: readonly ResultRow[], telemetry: readonly Telemetry[]): string[] {
  const loads = rows.map((row) => {
    const phases = telemetry.filter((one) => one.row === row.id).flatMap((one) => one.phases);
    const others = phases
      .filter(({ name }) => name !== 'after')
      .map(({ cpu_system, cpu_process }) => cpu_system - cpu_process);
    return { row, load: highestOf(others) };
  });
  return [...groupBy(loads, ({ row }) => row.device)].flatMap(([device, own]) => {
    const busy = own.filter(({ load }) => load > BUSY_PERCENT);
    if (busy.length === 0) return [];
    const highest = formatNumber(highestOf(busy.map(({ load }) => load)));
    const which = `${formatNumber(busy.length)} of its ${counted(own.length, 'row')}`;
    return [
      `${device} was busy with other work (up to ${highest} % of its cores) before or during the measurement of ${which}: those latencies are not to be trusted.`,
    ];
  });
}

/** Tweets that a file of fixed length could not take whole. */
function cutTweets(rows: readonly MeasuredRow[]): string[] {
  return rows.flatMap(({ row, seeds }) => {
    const cut = Math.max(...seeds.map(({ evaluation }) => evaluation.document.truncated));
    if (cut === 0) return [];
    return [
      `${rowName(row)}: ${counted(cut, 'tweet was', 'tweets were')} longer than the file takes and cut; \`sequence_length: dynamic\` of freeze takes them whole.`,
    ];
  });
}

/** Rows scored on a part of the test set only. */
function partialTests(rows: readonly ResultRow[], inputs: ReportInputs): string[] {
  const total = testTotal(inputs);
  if (total === null) return [];
  const partial = rows.filter(({ n_tweets }) => n_tweets < total);
  return [...groupBy(partial, ({ n_tweets }) => String(n_tweets)).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const which = same.length === rows.length ? 'All rows' : listed(same.map(rowName));
    return [
      `${which}: scored on ${formatNumber(first.n_tweets)} of the ${formatNumber(total)} tweets of the test split.`,
    ];
  });
}

/** Files that were made and not measured, models that were trained and not converted. */
function gaps(
  rows: readonly MeasuredRow[],
  conversions: readonly Conversion[],
  training: readonly TrainingRun[],
): string[] {
  const measured = rows.flatMap(({ row, seeds }) =>
    seeds.map(({ seed, axes }) => ({ ...row, variant: axes, seed })),
  );
  const isSame = (a: Conversion | TrainingRun, b: Conversion | ResultRow): boolean =>
    a.model === b.model && JSON.stringify(a.variant) === JSON.stringify(b.variant);
  const unmeasured = conversions.filter(
    (one) =>
      !measured.some((row) => isSame(one, row) && row.precision === one.precision && row.seed === one.seed),
  );
  const teachers = new Set(training.flatMap(({ distilled }) => distilled?.from ?? []));
  const unconverted = training.filter(
    (run) =>
      !teachers.has(run.instance) &&
      !conversions.some((one) => isSame(run, one) && one.seed === run.seed) &&
      !measured.some((row) => isSame(run, row) && row.seed === run.seed),
  );
  const files = groupBy(
    unmeasured,
    ({ model, variant, precision }) => `${modelName(model, variant)} ${precision}`,
  );
  const models = groupBy(unconverted, ({ model, variant }) => modelName(model, variant));
  return [
    ...[...files].map(
      ([name, list]) =>
        `${withSeeds(
          name,
          list.map(({ seed }) => seed),
        )} was converted, but there is no evaluation of it in this run.`,
    ),
    ...[...models].map(
      ([name, list]) =>
        `${withSeeds(
          name,
          list.map(({ seed }) => seed),
        )} was trained, but there is no conversion and no evaluation of it in this run.`,
    ),
  ];
}

function missingSeeds(rows: readonly ResultRow[]): string[] {
  return rows
    .filter(({ missing_seeds }) => missing_seeds.length > 0)
    .map((row) => `${rowName(row)} has no evaluation of ${seedsText(row.missing_seeds)}.`);
}

/** Files that one device measured and another did not, of those that the same stage measured. */
function missingDevices(rows: readonly ResultRow[]): string[] {
  return [...groupBy(rows, ({ stage }) => stage).values()].flatMap((own) => {
    const devices = [...new Set(own.map(({ device }) => device))];
    const files = groupBy(
      own,
      ({ model, variant, precision }) => `${modelName(model, variant)} ${precision}`,
    );
    return [...files].flatMap(([name, list]) => {
      const missing = devices.filter((device) => !list.some((row) => row.device === device));
      return missing.length === 0 ? [] : [`${name} has no evaluation on ${listed(missing)}.`];
    });
  });
}

function weakAnswers(
  answers: readonly Answer[],
  rows: readonly ResultRow[],
  baselines: readonly Baseline[],
): string[] {
  return answers.flatMap((answer) => {
    const row = rows.find(({ id }) => id === answer.row);
    if (answer.beats_baseline || row === undefined) return [];
    return baselines
      .filter((baseline) => baseline.test_set === row.conditions.test_set && !isBetter(row, baseline))
      .map((baseline) => {
        const [what, value] =
          row.accuracy.mean > baseline.accuracy
            ? ['has no better macro-F1', baseline.macro_f1]
            : ['is no more accurate', baseline.accuracy];
        const than =
          baseline.label === null ? `the baseline ${baseline.name}` : `always answering ${baseline.label}`;
        return `${rowName(row)} ${what} than ${than} (${formatNumber(value, 3)}).`;
      });
  });
}

interface Built {
  readonly rows: readonly MeasuredRow[];
  readonly answers: readonly Answer[];
  readonly baselines: readonly Baseline[];
  readonly conversions: readonly Conversion[];
  readonly training: readonly TrainingRun[];
  readonly telemetry: readonly Telemetry[];
}

/** What a reader should know before trusting the numbers: contradictions first, then what is missing. */
export function buildNotices(
  inputs: ReportInputs,
  { rows, answers, baselines, conversions, training, telemetry }: Built,
): string[] {
  const plain = rows.map(({ row }) => row);
  const testSets = new Set(plain.map(({ conditions }) => conditions.test_set));
  return [
    ...(rows.length === 0 ? ['There is no evaluation in this run, so there are no results to show.'] : []),
    ...invalidMeasurements(rows),
    ...contradictions(rows),
    ...(testSets.size > 1
      ? [`The rows were scored on ${testSets.size} different test sets; compare only rows of one set.`]
      : []),
    ...weakAnswers(answers, plain, baselines),
    ...otherAnswers(rows),
    ...busyDevices(
      plain.filter(({ n_invalid }) => n_invalid === 0),
      telemetry,
    ),
    ...missingLatencies(rows),
    ...cutTweets(rows),
    ...missingSeeds(plain),
    ...missingDevices(plain),
    ...gaps(rows, conversions, training),
    ...partialTests(plain, inputs),
  ];
}
