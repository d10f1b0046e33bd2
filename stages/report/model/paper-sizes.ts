import type { Scalar } from '../../../pipeline/contract/config.js';

/** Bytes of files and what they are compared with. */
export interface PaperSizes {
  readonly published: readonly {
    readonly name: string;
    /** As printed. */
    readonly megabytes: number;
    readonly bits: number | null;
    /** Over the converted file of 32 bits. */
    readonly against_fp32: number | null;
  }[];
  /** Findings of `pipeline audit` about published sizes. */
  readonly findings: readonly { readonly id: string; readonly what: string; readonly why: string }[];
  readonly own: readonly OwnSize[];
}

export interface OwnSize {
  readonly model: string;
  readonly variant: Readonly<Record<string, Scalar>>;
  readonly precision: string;
  /** The whole file, the largest of the seeds. */
  readonly bytes: number;
  /** Without what describes the graph; null where the card does not tell. */
  readonly weights_bytes: number | null;
  /** Over the fp32 file of the same model. */
  readonly against_fp32: number | null;
  /** Its own SavedModel, which holds no optimizer state. */
  readonly saved_model: SizeReference | null;
  /** The largest SavedModel of another model in this run. */
  readonly largest_other: SizeReference | null;
  /** The largest model that taught it. */
  readonly teacher: SizeReference | null;
}

export interface SizeReference {
  readonly name: string;
  readonly bytes: number;
  /** How many times smaller the converted file is. */
  readonly times: number;
}
