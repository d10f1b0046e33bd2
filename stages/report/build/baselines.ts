import { groupAccuracy } from '../../../pipeline/base/group-accuracy.js';
import type { Baseline } from '../model/baseline.js';
import { byAll, compareNaturally, groupBy } from '../order.js';
import { type LoadedBaseline, type ReportInputs, variantsAmong } from '../read/inputs.js';
import { confusionOf, scoresOf } from '../statistics/descriptive.js';
import { modelName } from './notices.js';
import type { MeasuredRow } from './results.js';

/** Scores of always answering the class that is most frequent; the first of the labels where several are. */
export function majorityOf(
  testSet: string | null,
  supports: readonly (readonly [label: string, count: number])[],
): Baseline | null {
  const total = supports.reduce((sum, [, count]) => sum + count, 0);
  const [most] = [...supports].sort((a, b) => b[1] - a[1]);
  if (most === undefined || total === 0) return null;
  const accuracy = most[1] / total;
  return {
    kind: 'majority',
    name: `always ${most[0]}`,
    stage: null,
    variant: {},
    test_set: testSet,
    n_tweets: total,
    label: most[0],
    accuracy,
    macro_f1: (2 * accuracy) / (1 + accuracy) / supports.length,
    official_accuracy: null,
    model_bytes: null,
    latency_ms: null,
  };
}

/** `always POSITIVE`, `baseline: linear`: as tables name it. */
export function baselineName({ kind, name, variant }: Baseline): string {
  return kind === 'majority' ? name : `baseline: ${modelName(name, variant)}`;
}

/** The tweets that a model was scored on. */
interface TestSet {
  readonly digest: string;
  readonly labels: readonly string[];
  readonly truths: Uint8Array;
  readonly ids: readonly string[];
  readonly entities: readonly string[];
}

function majorityOn({ digest, labels, truths, entities }: TestSet): Baseline[] {
  const counts = labels.map(() => 0);
  for (const truth of truths) counts[truth] = (counts[truth] ?? 0) + 1;
  const majority = majorityOf(
    digest,
    labels.map((label, index) => [label, counts[index] ?? 0]),
  );
  if (majority === null) return [];
  const answers = new Uint8Array(truths.length).fill(labels.indexOf(majority.label ?? ''));
  return [{ ...majority, official_accuracy: groupAccuracy(entities, truths, answers) }];
}

/** Whether a baseline answered these tweets first of all: a model may have been scored on the first of the test split only. */
function hasAnswered({ labels, predictions }: LoadedBaseline, set: TestSet): boolean {
  const { tweets, labels: truths } = predictions;
  return (
    labels.join('\n') === set.labels.join('\n') &&
    set.truths.every(
      (truth, row) =>
        truths[row] === truth &&
        tweets.ids[row] === set.ids[row] &&
        tweets.entities[row] === set.entities[row],
    )
  );
}

function classifierOn(set: TestSet, baseline: LoadedBaseline, variant: Baseline['variant']): Baseline {
  const predicted = baseline.predictions.predicted.subarray(0, set.truths.length);
  const { accuracy, macroF1 } = scoresOf(confusionOf(set.truths, predicted, set.labels.length));
  return {
    kind: 'classifier',
    name: baseline.name,
    stage: baseline.source.stage,
    variant,
    test_set: set.digest,
    n_tweets: set.truths.length,
    label: null,
    accuracy,
    macro_f1: macroF1,
    official_accuracy: groupAccuracy(set.entities, set.truths, predicted),
    model_bytes: baseline.model_bytes,
    latency_ms: baseline.latency_ms,
  };
}

/** The baselines of each test set that was scored; without any, those of the test split. */
export function buildBaselines(rows: readonly MeasuredRow[], inputs: ReportInputs): Baseline[] {
  const scored = [
    ...rows.flatMap(({ seeds }) =>
      seeds.map(({ evaluation }) => ({ ...evaluation, ...evaluation.document })),
    ),
    ...inputs.baselines,
  ];
  const all = groupBy(scored, ({ predictions }) => predictions.tweets.digest);
  // What only baselines answered to is of interest where there is nothing else.
  const known =
    rows.length === 0 ? [...all] : [...all].filter(([, own]) => own.some((one) => 'document' in one));
  const sets = known.flatMap(([digest, [first]]): TestSet[] => {
    if (first === undefined) return [];
    const { labels: truths, tweets } = first.predictions;
    return [{ digest, labels: first.labels, truths, ids: tweets.ids, entities: tweets.entities }];
  });
  if (sets.length === 0) {
    return inputs.split
      .map(({ document }) => majorityOf(null, Object.entries(document.counts.test ?? {})))
      .filter((baseline) => baseline !== null);
  }
  const variantIn = variantsAmong(inputs.baselines);
  return sets.flatMap((set) => [
    ...majorityOn(set),
    ...inputs.baselines
      .filter((baseline) => hasAnswered(baseline, set))
      .map((baseline) => classifierOn(set, baseline, variantIn(baseline.source)))
      .sort(
        byAll(
          (a, b) => compareNaturally(a.name, b.name),
          (a, b) => compareNaturally(JSON.stringify(a.variant), JSON.stringify(b.variant)),
        ),
      ),
  ]);
}
