/**
 * `same bytes`: nothing was measured anew, or the files are equal. `within noise`: what chance gives. `cannot be told`: more than what was
 * measured explains, but what else scatters is not known.
 */
export type Judgement =
  | 'worse'
  | 'better'
  | 'cannot be told'
  | 'not comparable'
  | 'within noise'
  | 'same bytes';

export type FigureName = 'accuracy' | 'macro_f1' | 'latency' | 'memory' | 'energy' | 'size' | 'operations';

/** One figure of a row in both reports. */
export interface ComparedFigure {
  readonly name: FigureName;
  readonly unit: 'ms' | 'bytes' | 'J' | '';
  /** Null where there is none, or none that counts. */
  readonly before: number | null;
  readonly after: number | null;
  /** Expanded uncertainties (k = 2) of both; null where the figure has none of its own. */
  readonly u_k2: readonly [before: number, after: number] | null;
  /** After minus before, or after divided by before. */
  readonly change: number | null;
  readonly change_is: 'difference' | 'ratio';
  /** 95 % interval of the change, not corrected; null where there is no test. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Two-sided, corrected for all tests of the comparison (Holm); null where there is none. */
  readonly p: number | null;
  readonly judgement: Judgement;
  /** The test, or why there is none. */
  readonly how: string;
}

/** A row that both reports have. */
export interface ComparedRow {
  /** `minilm-l6 int8 on rpi4b`. */
  readonly name: string;
  /** Ids within the two reports. */
  readonly rows: readonly [before: string, after: string];
  /** Conditions that are not the same. */
  readonly differing: readonly Difference[];
  readonly figures: readonly ComparedFigure[];
}

export interface Difference {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

/** A stage whose action keys are not the same. */
export interface ChangedStage {
  readonly stage: string;
  /** Instances that both have. */
  readonly instances: number;
  readonly other_keys: number;
  /** Of those with another key, how many made other bytes all the same. */
  readonly other_outputs: number;
  /** The first of those with another key. */
  readonly example: { readonly instance: string; readonly before: string; readonly after: string };
  /** Differences of the two keys of the example in words; empty where the store has not got both. */
  readonly why: readonly string[];
}

/** One side of a comparison. */
export interface ComparedReport {
  /** As it was asked for: `last~1`, `baseline.json`. */
  readonly given: string;
  /** Null of a file. */
  readonly run: string | null;
  readonly study: string;
  readonly profile: readonly string[];
}

export interface Comparison {
  readonly schema: 1;
  readonly before: ComparedReport;
  readonly after: ComparedReport;
  /** Figures that were judged: of none of these nothing can be said. */
  readonly judged: number;
  readonly counts: Readonly<Record<Judgement, number>>;
  readonly rows: readonly ComparedRow[];
  readonly only_before: readonly string[];
  readonly only_after: readonly string[];
  /** In the order of the pipeline: what is first explains what follows. */
  readonly stages: readonly ChangedStage[];
  readonly differences: readonly Difference[];
  readonly notices: { readonly only_before: readonly string[]; readonly only_after: readonly string[] };
}
