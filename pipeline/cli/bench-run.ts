import type { Result } from '../base/result.js';
import type { BenchMeasure } from '../contract/bench.js';

/** What an area of the bench works with. */
export interface BenchRun {
  readonly repeats: number;
  /** Whether other programs are wanted. */
  readonly peers: boolean;
  /** Measure on a graphics processor instead; `train` only. */
  readonly gpu: boolean;
  /** Measure this case alone; not `engine`. */
  readonly only?: string;
  /** What `--set` says; `data` only. */
  readonly set: readonly string[];
  /** Where they are installed, and kept. */
  readonly cache: string;
  /** Empty, and taken away afterwards. */
  readonly folder: string;
  readonly host: string;
  readonly signal: AbortSignal;
  tell(message: string): void;
  /** What is measured already, which is shown even when the rest fails. */
  keep(measures: readonly BenchMeasure[]): void;
}

export interface BenchArea {
  /** What `--only` can name; empty where all measures are made together. */
  cases(gpu: boolean): readonly string[];
  /** The error says in words what failed. */
  measure(run: BenchRun): Promise<Result<readonly BenchMeasure[], string>>;
}
