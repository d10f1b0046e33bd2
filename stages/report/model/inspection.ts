import type { Scalar } from '../../../pipeline/contract/config.js';
import type { ClassResult, Interval, Spread } from './scores.js';

/** The answers of one model to one split, over its seeds. Devices that gave the same answers share one. */
export interface Inspection {
  /** `validation-1`, `test-1`. */
  readonly id: string;
  readonly split: 'validation' | 'test';
  /** The stage that made the answers. */
  readonly stage: string;
  readonly model: string;
  readonly variant: Readonly<Record<string, Scalar>>;
  /** Null on validation, which is scored while training. */
  readonly precision: string | null;
  readonly devices: readonly string[];
  /** Of `results`; none on validation. */
  readonly rows: readonly string[];
  readonly n_tweets: number;
  readonly labels: readonly string[];
  readonly n_seeds: number;
  readonly accuracy: Spread;
  readonly macro_f1: Spread;
  /** The mean of `entities`' accuracies, each counting the same; null where there are not several. */
  readonly official_accuracy: Spread | null;
  /** The same where tweets whose text is gone count as wrong answers, as the organisers count them; null where not all is known. */
  readonly official_accuracy_with_missing: { readonly mean: number; readonly missing: number } | null;
  /** What as many other tweets could have given: of the mean over seeds, without the spread over seeds. */
  readonly accuracy_interval: Interval;
  readonly macro_f1_interval: Interval;
  /** Rows are truth, summed over seeds. */
  readonly confusion: readonly (readonly number[])[];
  readonly per_class: readonly ClassResult[];
  /** Each null where the answers to single tweets are not among the inputs. */
  readonly entities: readonly EntityResult[] | null;
  readonly calibration: Calibration | null;
  readonly wrong: WrongTweets | null;
}

/** The entity with the most tweets first. */
export interface EntityResult {
  readonly entity: string;
  readonly name: string | null;
  readonly n_tweets: number;
  readonly accuracy: Spread;
  readonly accuracy_interval: Interval;
  /** Null where classes are missing: their F1 would be 0 whatever the model does. */
  readonly macro_f1: Spread | null;
  /** Classes that no tweet of this entity has. */
  readonly missing_labels: readonly string[];
}

/** How far the probability of an answer is the share of such answers that are right (Guo et al. 2017). */
export interface Calibration {
  /** Answers of all seeds together, by the probability of the predicted class. */
  readonly bins: readonly ReliabilityBin[];
  readonly expected_error: Spread;
  readonly mean_confidence: Spread;
  /** Nats. */
  readonly log_loss: Spread;
}

export interface ReliabilityBin {
  /** Above `from`, up to `to`. */
  readonly from: number;
  readonly to: number;
  readonly n: number;
  /** Means; null where no answer is. */
  readonly confidence: number | null;
  readonly accuracy: number | null;
}

/** By the probabilities' mean over seeds. */
export interface WrongTweets {
  readonly total: number;
  /** The most confident of them. */
  readonly shown: readonly WrongTweet[];
}

export interface WrongTweet {
  readonly id: string;
  readonly entity: string;
  readonly truth: string;
  readonly predicted: string;
  readonly probability: number;
  readonly truth_probability: number;
  /** Seeds that are wrong about it. */
  readonly wrong_seeds: number;
  /** Null unless `texts` of the report allows it. */
  readonly text: string | null;
}
