import type { Scalar } from '../../../pipeline/contract/config.js';

/** What a model has to be better than on one test set: the majority class, and classifiers that take seconds to train. */
export interface Baseline {
  readonly kind: 'majority' | 'classifier';
  /** `always POSITIVE`, `naive-bayes`, `linear`. */
  readonly name: string;
  /** The stage that trained it; null where nothing was trained. */
  readonly stage: string | null;
  /** Coordinates of that stage; with it where several train baselines. */
  readonly variant: Readonly<Record<string, Scalar>>;
  /** As `Conditions.test_set`; null where only the split's counts are known. */
  readonly test_set: string | null;
  readonly n_tweets: number;
  /** The class that is always answered: the most frequent one of the test set. Null of a classifier. */
  readonly label: string | null;
  readonly accuracy: number;
  readonly macro_f1: number;
  /** The mean over entities of their accuracies; null where there are not several. */
  readonly official_accuracy: number | null;
  readonly model_bytes: number | null;
  /** Milliseconds from the text to the class, on the machine that trained it; no device was measured. */
  readonly latency_ms: {
    readonly mean: number;
    readonly median: number;
    readonly p90: number | null;
    readonly p99: number | null;
  } | null;
}
