/** What the model to ship must keep. What is absent limits nothing. */
export interface Constraints {
  /** Milliseconds, of the 90th percentile (of the median where there are fewer than 64 inferences). */
  readonly max_latency_ms?: number;
  /** Bytes, of the peak resident memory of the process. */
  readonly max_memory_bytes?: number;
  /** Bytes, of the file. */
  readonly max_size_bytes?: number;
  /** Mean macro-F1 over seeds. */
  readonly min_macro_f1?: number;
}

/** One file on one device. */
export interface Candidate {
  readonly row: string;
  readonly model: string;
  readonly precision: string;
  readonly device: string;
  readonly macro_f1: number;
  readonly accuracy: number;
  /** Milliseconds; null where no timing counts. */
  readonly latency_ms: number | null;
  readonly latency_is: 'p90' | 'median' | null;
  readonly peak_rss_bytes: number;
  readonly model_bytes: number;
  /** Which constraints it does not keep, in words; none when empty. */
  readonly misses: readonly string[];
  /** What it costs in place of the recommended one; null of that one, and where nothing is recommended. */
  readonly costs: Costs | null;
}

/** A candidate against the recommended one. */
export interface Costs {
  /** Its own minus the other's: below 0 it is worse. */
  readonly macro_f1_difference: number;
  /** Its own divided by the other's: above 1 it is slower. Null where either has no timing. */
  readonly latency_ratio: number | null;
  readonly memory_ratio: number;
  readonly size_ratio: number;
}

export interface Recommendation {
  readonly schema: 1;
  readonly constraints: Constraints;
  /** Macro-F1 within which the faster one is preferred. */
  readonly tolerance: number;
  /** Null where nothing keeps the constraints. */
  readonly recommended: Candidate | null;
  /** Those that keep the constraints first, each by macro-F1. */
  readonly alternatives: readonly Candidate[];
  /** Rows that nobody can ship or whose scores are no numbers, with the reason. */
  readonly not_considered: readonly { readonly row: string; readonly name: string; readonly why: string }[];
}
