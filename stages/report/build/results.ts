import { canonicalJson } from '../../../pipeline/base/canonical.js';
import type { Scalar } from '../../../pipeline/contract/config.js';
import { counted } from '../../../pipeline/report/format.js';
import type { Conditions, ResultRow, SeedResult } from '../model/report.js';
import type { ClassResult } from '../model/scores.js';
import { byAll, compareNaturally, compareScalars, groupBy } from '../order.js';
import {
  comparableWindows,
  type LoadedEvaluation,
  modelOf,
  type ReportInputs,
  seedOf,
  variantOf,
  variantsAmong,
} from '../read/inputs.js';
import {
  type Distributions,
  distributionsOnceEach,
  holm,
  latencyIntervals,
} from '../statistics/bootstrap.js';
import {
  addMatrices,
  classScores,
  confusionOf,
  highestOf,
  latencyOf,
  quantile,
  sortedTogether,
  spreadOf,
} from '../statistics/descriptive.js';
import { compareRows } from './compare-rows.js';
import { officialAccuracyOf } from './inspect-answers.js';

/** One evaluation with what identifies the line of the table that it belongs to. */
export interface Measured {
  readonly model: string;
  readonly precision: string;
  readonly seed: Scalar | null;
  readonly variant: Readonly<Record<string, Scalar>>;
  /** As `variant`, without the stage: what training and conversion of the same model have, too. */
  readonly axes: Readonly<Record<string, Scalar>>;
  readonly conditions: Conditions;
  readonly confusion: readonly (readonly number[])[];
  readonly evaluation: LoadedEvaluation;
}

/** A line of the table with the evaluations that it sums up. */
export interface MeasuredRow {
  readonly row: ResultRow;
  readonly seeds: readonly Measured[];
}

const QUANTILE_STEPS = 200;

/** Whether `part` says nothing that `whole` says otherwise. */
export function agrees(
  part: Readonly<Record<string, Scalar>>,
  whole: Readonly<Record<string, Scalar>>,
): boolean {
  return Object.entries(part).every(([axis, value]) => whole[axis] === value);
}

/** Stands where a file's precision does. */
const SAVED_MODEL = 'SavedModel';

/** The axis says it; without one, the conversion that led to this evaluation does. */
function precisionOf(evaluation: LoadedEvaluation, inputs: ReportInputs): string {
  const { coordinates } = evaluation.source;
  if (evaluation.document.format === 'saved-model') return SAVED_MODEL;
  if (coordinates.precision !== undefined) return String(coordinates.precision);
  const conversion = inputs.conversions.find(({ source }) => agrees(source.coordinates, coordinates));
  return conversion?.document.precision ?? '(not recorded)';
}

function conditionsOf({ document, predictions }: LoadedEvaluation): Conditions {
  const { runtime, protocol } = document;
  const { windows } = protocol;
  const settings = Object.entries(protocol)
    .filter(([name]) => name !== 'name')
    .sort(([a], [b]) => compareNaturally(a, b))
    .map(([name, value]) =>
      typeof value === 'object' && value !== null
        ? `${name}: ${Object.entries(value)
            .map((part) => part.join(' '))
            .join(' ')}`
        : `${name} ${String(value)}`,
    );
  const threads = `${runtime.threads} ${runtime.threads === 1 ? 'thread' : 'threads'}`;
  return {
    device: document.device,
    transport: document.transport,
    emulated: document.emulated,
    runtime:
      runtime.name === undefined
        ? `LiteRT ${runtime.litert ?? 'of unknown version'}, ${runtime.delegate ?? 'no delegate'}, ${threads}`
        : `${runtime.name}, ${threads}`,
    protocol: settings.length === 0 ? protocol.name : `${protocol.name} (${settings.join(', ')})`,
    timing: `${protocol.name}, ${windows === undefined ? 'one pass' : `${counted(windows.count, 'window')} of ${windows.seconds} s`}`,
    test_set: predictions.tweets.digest,
  };
}

function measure(
  evaluation: LoadedEvaluation,
  variant: Readonly<Record<string, Scalar>>,
  inputs: ReportInputs,
): Measured {
  const { coordinates } = evaluation.source;
  const { labels, predicted } = evaluation.predictions;
  return {
    model: modelOf(coordinates),
    precision: precisionOf(evaluation, inputs),
    seed: seedOf(coordinates),
    variant,
    axes: variantOf(coordinates),
    conditions: conditionsOf(evaluation),
    confusion: confusionOf(labels, predicted, evaluation.document.labels.length),
    evaluation,
  };
}

function seedResult({ seed, evaluation }: Measured): SeedResult {
  const { source, document } = evaluation;
  return {
    seed,
    instance: source.instance,
    key: source.key,
    accuracy: document.accuracy,
    macro_f1: document.macro_f1,
    latency_ms: latencyOf(sortedTogether(evaluation.windows)),
    peak_rss_bytes: document.peak_rss_bytes,
    model_bytes: document.model_bytes,
    model_sha256: document.model_sha256,
    wall_s: document.wall_s,
    verdict: document.verdict ?? 'not-recorded',
    answers_from: document.answers?.from ?? 'device',
  };
}

/** @param matrices of each seed */
export function classResults(
  labels: readonly string[],
  matrices: readonly (readonly (readonly number[])[])[],
): ClassResult[] {
  const scores = matrices.map(classScores);
  return labels.map((label, index) => {
    const spread = (pick: 'precision' | 'recall' | 'f1') =>
      spreadOf(scores.map((classes) => classes[index]?.[pick] ?? Number.NaN));
    return {
      label,
      precision: spread('precision'),
      recall: spread('recall'),
      f1: spread('f1'),
      support: scores[0]?.[index]?.support ?? 0,
    };
  });
}

function rowOf(
  seeds: readonly Measured[],
  first: Measured,
  distributions: Distributions,
): Omit<ResultRow, 'id' | 'missing_seeds' | 'against_fp32'> {
  const results = seeds.map(seedResult);
  const windows = seeds.flatMap(({ evaluation }) => comparableWindows(evaluation));
  const sorted = distributions.sorted(windows);
  const intervals = latencyIntervals(windows, first.evaluation.source.instance, distributions);
  const { labels, n } = first.evaluation.document;
  return {
    stage: first.evaluation.source.stage,
    model: first.model,
    precision: first.precision,
    device: first.conditions.device,
    variant: first.variant,
    conditions: first.conditions,
    n_tweets: n,
    labels,
    seeds: results,
    n_seeds: results.length,
    accuracy: spreadOf(results.map(({ accuracy }) => accuracy)),
    macro_f1: spreadOf(results.map(({ macro_f1 }) => macro_f1)),
    official_accuracy: officialAccuracyOf(seeds.map(({ evaluation }) => evaluation.predictions)),
    latency_ms: latencyOf(sorted),
    median_interval_ms: intervals.median,
    p90_interval_ms: intervals.p90,
    p99_interval_ms: intervals.p99,
    n_invalid: results.filter(({ verdict }) => verdict === 'invalid').length,
    n_untimed: results.filter(({ verdict }) => verdict === 'not-timed').length,
    latency_quantiles_ms:
      sorted.length === 0
        ? []
        : Array.from({ length: QUANTILE_STEPS + 1 }, (_, step) => quantile(sorted, step / QUANTILE_STEPS)),
    peak_rss_bytes: highestOf(results.map(({ peak_rss_bytes }) => peak_rss_bytes)),
    model_bytes: highestOf(results.map(({ model_bytes }) => model_bytes)),
    confusion: addMatrices(seeds.map(({ confusion }) => confusion)),
    per_class: classResults(
      labels,
      seeds.map(({ confusion }) => confusion),
    ),
  };
}

const modelKey = (model: string, variant: Readonly<Record<string, Scalar>>): string =>
  canonicalJson({ model, variant });

/** Seeds of each model that anything in this run knows of. */
function knownSeeds(measured: readonly Measured[], inputs: ReportInputs): Map<string, Set<Scalar>> {
  const known = new Map<string, Set<Scalar>>();
  const add = (key: string, seed: Scalar | null): void => {
    if (seed !== null) known.set(key, (known.get(key) ?? new Set()).add(seed));
  };
  for (const { model, axes, seed } of measured) add(modelKey(model, axes), seed);
  for (const { source } of inputs.training) {
    add(modelKey(modelOf(source.coordinates), variantOf(source.coordinates)), seedOf(source.coordinates));
  }
  return known;
}

/**
 * One row for each model, precision and set of conditions: a different device, runtime, protocol or test set makes
 * another row. Sorted by model, device and falling size, so that the precisions of a model stand together.
 */
export function buildRows(inputs: ReportInputs): MeasuredRow[] {
  // A SavedModel is another thing than a file, whatever the stages are called.
  const isServed = ({ document }: LoadedEvaluation): boolean => document.format === 'saved-model';
  const amongServed = variantsAmong(inputs.evaluations.filter(isServed));
  const amongFiles = variantsAmong(inputs.evaluations.filter((one) => !isServed(one)));
  const measured = inputs.evaluations.map((one) =>
    measure(one, (isServed(one) ? amongServed : amongFiles)(one.source), inputs),
  );
  const known = knownSeeds(measured, inputs);
  const groups = groupBy(measured, ({ model, precision, variant, conditions, evaluation }) =>
    canonicalJson({
      model,
      precision,
      variant,
      conditions: { ...conditions },
      labels: evaluation.document.labels,
    }),
  );
  const distributions = distributionsOnceEach();
  const rows = [...groups.values()].flatMap((group) => {
    const seeds = [...group].sort(
      byAll(
        (a, b) => compareScalars(a.seed, b.seed),
        (a, b) => compareNaturally(a.evaluation.source.instance, b.evaluation.source.instance),
      ),
    );
    const [first] = seeds;
    return first === undefined ? [] : [{ seeds, row: rowOf(seeds, first, distributions) }];
  });
  rows.sort(
    byAll(
      (a, b) => compareNaturally(a.row.model, b.row.model),
      (a, b) => compareNaturally(canonicalJson(a.row.variant), canonicalJson(b.row.variant)),
      (a, b) => compareNaturally(a.row.device, b.row.device),
      (a, b) => compareNaturally(conditionsKey(a.row.conditions), conditionsKey(b.row.conditions)),
      (a, b) => b.row.model_bytes - a.row.model_bytes,
      (a, b) => compareNaturally(a.row.precision, b.row.precision),
    ),
  );
  return corrected(
    rows.map(({ seeds, row }, index) => {
      const own = new Set(row.seeds.map(({ seed }) => seed));
      const expected = [...(known.get(modelKey(row.model, seeds[0]?.axes ?? {})) ?? [])];
      const fp32 = fp32Of(row, rows);
      return {
        seeds,
        row: {
          ...row,
          id: `row-${index + 1}`,
          missing_seeds: expected.filter((seed) => !own.has(seed)).sort(compareScalars),
          against_fp32:
            fp32 === undefined || row.precision === 'fp32'
              ? null
              : compareRows(seeds, fp32.seeds, distributions),
        },
      };
    }),
  );
}

type Named = Pick<ResultRow, 'model' | 'precision' | 'variant' | 'conditions'>;

/** The fp32 file of the same model under the same conditions; the row itself where it is that. */
export function fp32Of<T extends { readonly row: Named }>(
  { model, variant, conditions }: Named,
  rows: readonly T[],
): T | undefined {
  return rows.find(
    ({ row }) =>
      row.precision === 'fp32' &&
      modelKey(row.model, row.variant) === modelKey(model, variant) &&
      conditionsKey(row.conditions) === conditionsKey(conditions),
  );
}

/** Many comparisons find something by chance: each kind of p value is corrected for all of its kind. */
function corrected(rows: readonly MeasuredRow[]): MeasuredRow[] {
  const speed = holm(rows.map(({ row }) => row.against_fp32?.speed_up_p ?? null));
  const answers = holm(rows.map(({ row }) => row.against_fp32?.mcnemar_p ?? null));
  return rows.map(({ seeds, row }, index) => {
    if (row.against_fp32 === null) return { seeds, row };
    const p = { speed_up_p: speed[index] ?? null, mcnemar_p: answers[index] ?? Number.NaN };
    return { seeds, row: { ...row, against_fp32: { ...row.against_fp32, ...p } } };
  });
}

/** The few words for each row's protocol where they tell all apart that differ, else the whole of it. */
export function protocolText(rows: readonly ResultRow[]): (row: ResultRow) => string {
  const kinds = (pick: (row: ResultRow) => string): number => new Set(rows.map(pick)).size;
  const isEnough =
    kinds(({ conditions }) => conditions.timing) === kinds(({ conditions }) => conditions.protocol);
  return ({ conditions }) => (isEnough ? conditions.timing : conditions.protocol);
}

export const conditionsKey = (conditions: Conditions): string => canonicalJson({ ...conditions });
