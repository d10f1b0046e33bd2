import type { Scalar } from '../../../pipeline/contract/config.js';

/** What quantisation took from one tensor: `relative` is the norm of the difference over that of the original. */
export interface WeightError {
  readonly name: string;
  readonly kind: string;
  readonly relative: number;
  readonly max_abs: number;
}

export interface Gate {
  readonly name: string;
  readonly value: number;
  readonly limit?: number | undefined;
  /** null where it says nothing about this file; `why` says why. */
  readonly passed: boolean | null;
  readonly why?: string | undefined;
}

export interface Conversion {
  readonly instance: string;
  readonly model: string;
  readonly variant: Readonly<Record<string, Scalar>>;
  readonly seed: Scalar | null;
  readonly precision: string;
  readonly bytes: number;
  readonly op_count: number;
  readonly sequence_length: string;
  readonly stands_alone: boolean;
  readonly seconds: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly ops: Readonly<Record<string, number>>;
  readonly bytes_by_part: Readonly<Record<string, number>>;
  readonly rewrites: readonly string[];
  /** With the SavedModel, on validation texts. */
  readonly parity: {
    readonly texts: number;
    readonly max_abs_logit_difference: number;
    readonly mean_abs_logit_difference: number;
    readonly argmax_agreement: number;
    readonly saved_model_macro_f1: number;
    readonly macro_f1: number;
    readonly only_saved_model_right: number;
    readonly only_file_right: number;
    readonly mcnemar_p: number;
  };
  readonly worst_weights: readonly WeightError[];
  readonly gates: readonly Gate[];
  /** Why a file past its gate is wanted all the same. */
  readonly accepted: string | null;
}
