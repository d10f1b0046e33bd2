import { createHash } from 'node:crypto';
import type { Inspection } from '../model/inspection.js';
import { byAll, compareNaturally, compareScalars, groupBy } from '../order.js';
import {
  type LoadedTraining,
  modelOf,
  type ReportInputs,
  seedOf,
  variantOf,
  variantsAmong,
  type Wording,
} from '../read/inputs.js';
import { addMatrices, spreadOf } from '../statistics/descriptive.js';
import { macroF1Interval, wilsonInterval } from '../statistics/intervals.js';
import {
  type Answered,
  calibrationOf,
  entitiesOf,
  officialAccuracyOf,
  officialWithMissing,
  wrongTweetsOf,
} from './inspect-answers.js';
import { bestOf } from './measurements.js';
import { classResults, type MeasuredRow } from './results.js';

type Named = Pick<
  Inspection,
  'id' | 'split' | 'stage' | 'model' | 'variant' | 'precision' | 'devices' | 'rows' | 'n_tweets' | 'labels'
>;

interface Scored {
  readonly accuracies: readonly number[];
  readonly macroF1s: readonly number[];
  /** Of each seed. */
  readonly matrices: readonly (readonly (readonly number[])[])[];
  /** Null where the answers to single tweets are not known. */
  readonly answered: readonly Answered[] | null;
}

/** What became of the rows of each entity of the test split; null where no card, or more than one, says it. */
type Buckets = Readonly<Record<string, Readonly<Record<string, number>>>> | null;

function inspect(named: Named, scored: Scored, wording: Wording, buckets: Buckets): Inspection {
  const { labels, n_tweets } = named;
  const { matrices, answered } = scored;
  const accuracy = spreadOf(scored.accuracies);
  const macroF1 = spreadOf(scored.macroF1s);
  const entities = answered && entitiesOf(answered, labels, wording);
  return {
    ...named,
    n_seeds: accuracy.n,
    accuracy,
    macro_f1: macroF1,
    official_accuracy_with_missing: entities && buckets && officialWithMissing(entities, buckets),
    official_accuracy: answered && officialAccuracyOf(answered.map(({ predictions }) => predictions)),
    accuracy_interval: wilsonInterval(accuracy.mean, n_tweets),
    macro_f1_interval: macroF1Interval(macroF1.mean, matrices),
    confusion: addMatrices(matrices),
    per_class: classResults(labels, matrices),
    entities,
    calibration: answered && calibrationOf(answered, labels.length),
    wrong: answered && wrongTweetsOf(answered, labels, wording),
  };
}

/** Devices that answered alike share an inspection: a file gives the same answers wherever its arithmetic is the same. */
function sameAnswers({ row, seeds }: MeasuredRow): string {
  const answers = seeds.map(({ seed, evaluation }) => [
    seed,
    createHash('sha256').update(evaluation.predictions.predicted).digest('hex'),
  ]);
  const { stage, model, variant, precision, labels, conditions } = row;
  return JSON.stringify([stage, model, variant, precision, labels, conditions.test_set, answers]);
}

function inspectTest(rows: readonly MeasuredRow[], { wording, clean }: ReportInputs): Inspection[] {
  const [card, ...others] = clean;
  const buckets = others.length > 0 ? null : (card?.document.counts?.test.entity ?? null);
  return [...groupBy(rows, sameAnswers).values()].flatMap((group, index) => {
    const [first] = group;
    if (first === undefined) return [];
    const { row, seeds } = first;
    const named: Named = {
      id: `test-${index + 1}`,
      split: 'test',
      stage: row.stage,
      model: row.model,
      variant: row.variant,
      precision: row.precision,
      devices: [...new Set(group.map((one) => one.row.device))],
      rows: group.map((one) => one.row.id),
      n_tweets: row.n_tweets,
      labels: row.labels,
    };
    const scored: Scored = {
      accuracies: row.seeds.map(({ accuracy }) => accuracy),
      macroF1s: row.seeds.map(({ macro_f1 }) => macro_f1),
      matrices: seeds.map(({ confusion }) => confusion),
      answered: seeds.map(({ seed, evaluation }) => ({ seed, predictions: evaluation.predictions })),
    };
    return [inspect(named, scored, wording, buckets)];
  });
}

/** The answers of all of these trainings, if they are there and to the same tweets. */
function answersOf(own: readonly LoadedTraining[], { validation }: ReportInputs): Answered[] | null {
  const answered = own.flatMap(({ source }) => {
    const found = validation.find((one) => one.source.instance === source.instance);
    return found === undefined ? [] : [{ seed: seedOf(source.coordinates), predictions: found.predictions }];
  });
  const tweets = new Set(answered.map(({ predictions }) => predictions.tweets));
  return answered.length === own.length && tweets.size === 1 ? answered : null;
}

const tweetsIn = (matrix: readonly (readonly number[])[]): number =>
  matrix.flat().reduce((sum, count) => sum + count, 0);

function inspectValidation(inputs: ReportInputs): Inspection[] {
  const scored = inputs.training
    .filter(({ document }) => document.labels.length > 0 && tweetsIn(document.confusion) > 0)
    .sort(
      byAll(
        (a, b) => compareNaturally(modelOf(a.source.coordinates), modelOf(b.source.coordinates)),
        (a, b) => compareScalars(seedOf(a.source.coordinates), seedOf(b.source.coordinates)),
        (a, b) => compareNaturally(a.source.instance, b.source.instance),
      ),
    );
  const variantIn = variantsAmong(inputs.training);
  const groups = groupBy(scored, ({ source: { stage, coordinates }, document }) =>
    JSON.stringify([
      stage,
      modelOf(coordinates),
      variantOf(coordinates),
      document.labels,
      tweetsIn(document.confusion),
    ]),
  );
  return [...groups.values()].flatMap((own, index) => {
    const [first] = own;
    if (first === undefined) return [];
    const kept = own.map(({ document }) => bestOf(document));
    const named: Named = {
      id: `validation-${index + 1}`,
      split: 'validation',
      stage: first.source.stage,
      model: modelOf(first.source.coordinates),
      variant: variantIn(first.source),
      precision: null,
      devices: [],
      rows: [],
      n_tweets: tweetsIn(first.document.confusion),
      labels: first.document.labels,
    };
    const figures: Scored = {
      accuracies: kept.map((best) => best?.validation_accuracy ?? Number.NaN),
      macroF1s: kept.map((best) => best?.validation_macro_f1 ?? Number.NaN),
      matrices: own.map(({ document }) => document.confusion),
      answered: answersOf(own, inputs),
    };
    return [inspect(named, figures, inputs.wording, null)];
  });
}

/** What the answers show beyond their scores: of each trained model on validation, of each measured file on test. */
export function buildInspections(inputs: ReportInputs, rows: readonly MeasuredRow[]): Inspection[] {
  return [...inspectValidation(inputs), ...inspectTest(rows, inputs)];
}
