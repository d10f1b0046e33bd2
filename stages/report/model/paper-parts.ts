import type { Scalar } from '../../../pipeline/contract/config.js';
import type { Spread } from './scores.js';

/** `invalid`: a gate failed for all timed seeds. `not-timed`: answers alone were wanted. */
export type TimingStanding = 'measured' | 'emulated' | 'invalid' | 'not-timed';

/** Accuracy and F over seeds: the paper's table III. */
export interface PaperScores {
  readonly published: readonly PublishedScores[];
  readonly own: readonly OwnScores[];
}

interface PrintedScore {
  readonly mean: number;
  /** What stands behind the ±; the paper does not say what it is. */
  readonly pm: number | null;
  readonly max: number | null;
}

export interface PublishedScores {
  readonly bits: number;
  readonly accuracy: PrintedScore;
  readonly f_score: PrintedScore;
  /** Seeds, where they are stated. */
  readonly n: number | null;
  /** Findings of `pipeline audit` about this row. */
  readonly findings: readonly string[];
}

/** A file of one precision; devices that answered alike share it. */
export interface OwnScores {
  /** Rows of `results`. */
  readonly rows: readonly string[];
  readonly model: string;
  readonly variant: Readonly<Record<string, Scalar>>;
  readonly precision: string;
  readonly devices: readonly string[];
  readonly emulated: boolean;
  readonly n_tweets: number;
  readonly accuracy: Spread;
  /** Macro-F1. */
  readonly f_score: Spread;
}

/** Means over the samples of all valid seeds; null where nothing was recorded, or where it means nothing. */
export interface PhaseMeans {
  /** Per cent of all cores. */
  readonly cpu_system: number | null;
  readonly cpu_process: number | null;
  /** Bytes in use. */
  readonly memory_used: number | null;
  /** Bytes of the process, the highest. */
  readonly rss: number | null;
  /** Watts. */
  readonly power: number | null;
}

/** The paper's figure 4 in numbers. */
export interface PaperPhases {
  /** A row of `results`. */
  readonly row: string;
  readonly standing: TimingStanding;
  readonly before: PhaseMeans;
  /** While inferences are timed. */
  readonly during: PhaseMeans;
  readonly after: PhaseMeans;
}
