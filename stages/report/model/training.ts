import type { Scalar } from '../../../pipeline/contract/config.js';
import type { Curve } from './telemetry.js';

export interface TrainingRun {
  readonly instance: string;
  readonly stage: string;
  readonly model: string;
  readonly variant: Readonly<Record<string, Scalar>>;
  readonly seed: Scalar | null;
  /** The options of the training as they were resolved, but for its seed. */
  readonly settings: Readonly<Record<string, Scalar>>;
  /** The processor that it ran on. */
  readonly machine: string | null;
  readonly epochs: readonly Epoch[];
  readonly best_epoch: number;
  /** What was kept of that epoch: its weights, or a mean of weights up to it. */
  readonly kept: 'weights' | 'average';
  /** Scores of what was kept; null where the log says neither these nor that epoch's. */
  readonly best: Best | null;
  readonly stopped_early: boolean;
  /** Steps at which it went on after it had been killed. */
  readonly resumed_at: readonly number[];
  /** Step against training loss. */
  readonly loss: Curve;
  /** Means of step and loss over equal runs of steps: the trend behind the noise. */
  readonly loss_trend: readonly (readonly [step: number, loss: number])[];
  readonly parameters: number | null;
  readonly precision: string;
  readonly peak_rss_bytes: number | null;
  /** Null where it learnt from labels alone. */
  readonly distilled: {
    readonly from: readonly string[];
    readonly temperature: number;
    readonly alpha: number;
  } | null;
}

export interface Best {
  readonly validation_loss: number;
  readonly validation_accuracy: number;
  readonly validation_macro_f1: number;
}

export interface Epoch {
  readonly epoch: number;
  readonly train_loss: number;
  readonly validation_loss: number;
  readonly validation_accuracy: number;
  readonly validation_macro_f1: number;
  readonly seconds: number;
  readonly samples_per_s: number;
}
