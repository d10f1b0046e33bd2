import { groupAccuracy } from '../../../pipeline/base/group-accuracy.js';
import type { Scalar } from '../../../pipeline/contract/config.js';
import type { Calibration, EntityResult, Inspection, WrongTweet, WrongTweets } from '../model/inspection.js';
import type { Spread } from '../model/scores.js';
import { byAll, compareNaturally } from '../order.js';
import { type Predictions, textKey, type Wording } from '../read/inputs.js';
import {
  confidencesOf,
  expectedCalibrationError,
  logLoss,
  probabilitiesOf,
  reliabilityOf,
} from '../statistics/calibration.js';
import { confusionOf, meanOf, scoresOf, spreadOf } from '../statistics/descriptive.js';
import { wilsonInterval } from '../statistics/intervals.js';

/** What one model, over its seeds, answered to the same tweets. */
export interface Answered {
  readonly seed: Scalar | null;
  readonly predictions: Predictions;
}

/** Wrong tweets that a report lists. */
export const SHOWN_WRONG_TWEETS = 20;

/** Positions of each entity's tweets. */
function positionsOf(entities: readonly string[]): Map<string, number[]> {
  const positions = new Map<string, number[]>();
  for (const [index, entity] of entities.entries()) {
    const own = positions.get(entity);
    if (own === undefined) positions.set(entity, [index]);
    else own.push(index);
  }
  return positions;
}

const pick = (values: Uint8Array, positions: readonly number[]): Uint8Array =>
  Uint8Array.from(positions, (position) => values[position] ?? 0);

export function entitiesOf(
  answered: readonly Answered[],
  labels: readonly string[],
  { entityNames }: Wording,
): EntityResult[] {
  const [first] = answered;
  if (first === undefined) return [];
  const results = [...positionsOf(first.predictions.tweets.entities)].map(([entity, positions]) => {
    const truths = pick(first.predictions.labels, positions);
    const scores = answered.map(({ predictions }) =>
      scoresOf(confusionOf(truths, pick(predictions.predicted, positions), labels.length)),
    );
    const accuracy = spreadOf(scores.map((one) => one.accuracy));
    const missing = labels.filter((_, label) => !truths.includes(label));
    return {
      entity,
      name: entityNames.get(entity) ?? null,
      n_tweets: positions.length,
      accuracy,
      accuracy_interval: wilsonInterval(accuracy.mean, positions.length),
      macro_f1: missing.length > 0 ? null : spreadOf(scores.map(({ macroF1 }) => macroF1)),
      missing_labels: missing,
    };
  });
  return results.sort(
    byAll(
      (a, b) => b.n_tweets - a.n_tweets,
      (a, b) => compareNaturally(a.entity, b.entity),
    ),
  );
}

/** RepLab's official accuracy over seeds; null where the tweets are not of several entities. */
export function officialAccuracyOf(seeds: readonly Predictions[]): Spread | null {
  const values = seeds.map(({ tweets, labels, predicted }) =>
    groupAccuracy(tweets.entities, labels, predicted),
  );
  const known = values.filter((value) => value !== null);
  return known.length === 0 || known.length < values.length ? null : spreadOf(known);
}

/** Of a tweet that could have been asked, had its text been there. */
const MISSING = ['no-text', 'empty-after-cleaning'];

/**
 * RepLab's official accuracy, where a tweet without a text is a wrong answer.
 *
 * @param buckets of each entity of the test split, by what became of its rows
 */
export function officialWithMissing(
  entities: readonly EntityResult[],
  buckets: Readonly<Record<string, Readonly<Record<string, number>>>>,
): Inspection['official_accuracy_with_missing'] {
  const gold = Object.entries(buckets).flatMap(([entity, counts]) => {
    const used = counts.used ?? 0;
    const missing = MISSING.reduce((sum, bucket) => sum + (counts[bucket] ?? 0), 0);
    return used + missing === 0 ? [] : [{ entity, used, missing }];
  });
  const known = new Map(entities.map((one) => [one.entity, one]));
  // Only the whole test split can be completed.
  const isWhole =
    entities.length <= gold.length &&
    gold.every(({ entity, used }) => (known.get(entity)?.n_tweets ?? 0) === used);
  if (gold.length < 2 || !isWhole) return null;
  const shares = gold.map(
    ({ entity, used, missing }) => ((known.get(entity)?.accuracy.mean ?? 0) * used) / (used + missing),
  );
  return {
    mean: shares.reduce((sum, share) => sum + share, 0) / shares.length,
    missing: gold.reduce((sum, { missing }) => sum + missing, 0),
  };
}

export function calibrationOf(answered: readonly Answered[], classes: number): Calibration {
  const seeds = answered.map(({ predictions: { logits, labels, predicted } }) => {
    const probabilities = probabilitiesOf(logits, classes);
    return {
      confidences: confidencesOf(probabilities, predicted, labels),
      loss: logLoss(probabilities, labels),
    };
  });
  return {
    bins: reliabilityOf(seeds.map(({ confidences }) => confidences)),
    expected_error: spreadOf(
      seeds.map(({ confidences }) => expectedCalibrationError(reliabilityOf([confidences]))),
    ),
    mean_confidence: spreadOf(seeds.map(({ confidences }) => meanOf([...confidences.confidence]))),
    log_loss: spreadOf(seeds.map(({ loss }) => loss)),
  };
}

/** Mean over seeds of the probability of each class, tweet after tweet. */
function meanProbabilities(answered: readonly Answered[], classes: number): Float64Array {
  const all = answered.map(({ predictions }) => probabilitiesOf(predictions.logits, classes));
  const [first = new Float64Array()] = all;
  return first.map((_, at) => all.reduce((sum, own) => sum + (own[at] ?? 0), 0) / all.length);
}

/** The tweets whose most probable class, in the mean over seeds, is not the truth; the most probable of these first. */
export function wrongTweetsOf(
  answered: readonly Answered[],
  labels: readonly string[],
  { texts }: Wording,
): WrongTweets {
  const [first] = answered;
  if (first === undefined) return { total: 0, shown: [] };
  const { tweets, labels: truths } = first.predictions;
  const classes = labels.length;
  const probabilities = meanProbabilities(answered, classes);
  const wrong = [...truths.entries()].flatMap(([index, truth]) => {
    const own = probabilities.subarray(index * classes, (index + 1) * classes);
    const predicted = own.indexOf(Math.max(...own));
    return predicted === truth ? [] : [{ index, truth, predicted, probability: own[predicted] ?? 0 }];
  });
  const shown = [...wrong]
    .sort((a, b) => b.probability - a.probability || a.index - b.index)
    .slice(0, SHOWN_WRONG_TWEETS)
    .map(({ index, truth, predicted, probability }): WrongTweet => {
      const [id = '', entity = ''] = [tweets.ids[index], tweets.entities[index]];
      return {
        id,
        entity,
        truth: labels[truth] ?? '',
        predicted: labels[predicted] ?? '',
        probability,
        truth_probability: probabilities[index * classes + truth] ?? 0,
        wrong_seeds: answered.filter((one) => one.predictions.predicted[index] !== truth).length,
        text: texts.get(textKey(entity, id)) ?? null,
      };
    });
  return { total: wrong.length, shown };
}
