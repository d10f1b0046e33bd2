import type { Cell, Range } from './interval.js';

/** The columns of a measurement that rules know, whatever a file calls them. */
export type Column =
  | 'power_kw'
  | 'time_s'
  | 'power_per_inference_w'
  | 'time_per_inference_s'
  | 'flops_per_s'
  | 'accuracy'
  | 'f_score'
  | 'cpu_percent'
  | 'memory_percent'
  | 'si'
  | 'mpi'
  | 'rer';

/** A study's tables as rules see them: no rule reads a file, and none knows a name of a board or a model. */
export interface Study {
  readonly boards: readonly Board[];
  readonly measurements: readonly Measurement[];
  readonly scores: readonly ScoreRow[];
  /** Files in MB of one kind, by the names that the study gives them. */
  readonly sizes: readonly Size[];
  readonly claims: readonly Claim[];
  readonly equations: readonly Equation[];
  /** Inferences of one measurement, where the study says it. */
  readonly inferences: number | null;
  readonly not_checked: readonly string[];
}

export interface Board {
  readonly name: string;
  readonly soc: string;
  readonly clock_ghz: number;
  /** The most that its power supply delivers, watts; null where it is not told. */
  readonly supply_w: number | null;
}

export interface Measurement {
  readonly table: string;
  /** Unique in the table: `board-bits`. */
  readonly row: string;
  readonly board: string;
  readonly bits: number;
  readonly cells: Readonly<Partial<Record<Column, Cell>>>;
}

/** Scores over `n` seeds. */
export interface ScoreRow {
  readonly table: string;
  readonly row: string;
  /** Rows of one group are the same trained weights in different files. */
  readonly group: string;
  readonly bits: number | null;
  readonly n: number | null;
  readonly scores: readonly Score[];
}

export interface Score {
  /** `accuracy`, `f_score`. */
  readonly name: string;
  /** What the file calls the columns. */
  readonly columns: { readonly mean: string; readonly spread: string; readonly max: string };
  readonly mean: Cell;
  readonly spread: Cell | null;
  readonly max: Cell | null;
  readonly min: Cell | null;
}

export interface Size {
  readonly name: string;
  /** The name without its format: what is stored. */
  readonly model: string;
  readonly format: string;
  /** Bits of a weight; null where the name does not tell. */
  readonly bits: number | null;
  readonly mb: Cell;
}

/** What a study says in words, as data. */
export type Claim =
  | {
      readonly kind: 'throughput';
      readonly name: string;
      /** Every row at so many bits does at least this, inferences per second. */
      readonly bits: number;
      readonly least: number;
    }
  | {
      readonly kind: 'slow-down';
      readonly name: string;
      readonly reference: string;
      /** Which row: the fastest of all, or one board at so many bits. */
      readonly of: 'fastest' | { readonly board: string; readonly bits: number };
      readonly factor: Cell;
    }
  | {
      readonly kind: 'size-ratio';
      readonly name: string;
      readonly reference: string;
      readonly factor: Cell;
    };

export interface Equation {
  readonly name: string;
  readonly text: string;
}

/** What is known of the number of inferences, and which readings gave it. */
export interface Inferences {
  readonly range: Range;
  /** What `power_per_inference_w` turned out to be; null where there is no such column. */
  readonly power: PowerPerInference | null;
  readonly covering: number;
  readonly of: number;
}

/** The mean power itself, the power column divided by the number of inferences, or the energy divided by it. */
export type PowerPerInference = 'mean' | 'divided' | 'energy';

export const isNamed =
  (name: string) =>
  (board: Board): boolean =>
    board.name === name;
