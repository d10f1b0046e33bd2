import { groupAccuracy } from '../../pipeline/base/group-accuracy.js';
import { JsonLinesWriter, readJsonLines } from '../../pipeline/base/json-lines.js';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { StageContext, StageFailure } from '../../pipeline/contract/worker.js';
import {
  type LatencySummary,
  type Scores,
  scoresOf,
  summarizeLatencies,
} from '../../pipeline/measure/scores.js';
import { scoresOfText } from './classifier.js';
import { type SparseVector, tfIdf } from './features.js';
import { aborted, STRIDE, type Trained, type Tweet } from './train.js';

export interface Answers {
  readonly figures: Scores & {
    /** Null where the tweets are not of several entities. */
    readonly official_accuracy: number | null;
  };
  /** Milliseconds from the text to the class, one tweet at a time. */
  readonly latency: LatencySummary;
}

/**
 * Asks a classifier for the class of each tweet of a split.
 *
 * @param file the split's tweets
 * @param out where the answers are written, in the order of the tweets; nowhere without it
 */
export async function answer(
  { signal, progress }: StageContext,
  { name, scores, frequencies }: Trained,
  featuresOf: (text: string) => SparseVector,
  labels: readonly string[],
  file: string,
  out?: string,
): Promise<Result<Answers, StageFailure>> {
  const truth: number[] = [];
  const predicted: number[] = [];
  const entities: string[] = [];
  const latencies: number[] = [];
  const writer = out === undefined ? undefined : new JsonLinesWriter(out);
  try {
    for await (const tweet of readJsonLines<Tweet>(file)) {
      const started = performance.now();
      const features = featuresOf(tweet.text);
      const weighted = frequencies === null ? features : tfIdf(features, frequencies);
      const logits = scoresOfText(scores, weighted).map((score) => Number(score.toPrecision(9)));
      const chosen = logits.indexOf(Math.max(...logits));
      latencies.push(performance.now() - started);
      const { entity, id } = tweet;
      const label = labels.indexOf(tweet.label);
      truth.push(label);
      predicted.push(chosen);
      entities.push(entity);
      writer?.write({ entity, id, label, logits, predicted: chosen });
      if (truth.length % STRIDE !== 0) continue;
      if (signal.aborted) return err(aborted());
      progress(truth.length, undefined, 'tweets', name);
    }
  } finally {
    writer?.close();
  }
  const official_accuracy = groupAccuracy(entities, truth, predicted);
  const figures = { ...scoresOf(labels, truth, predicted), official_accuracy };
  return ok({ figures, latency: summarizeLatencies(latencies) });
}
