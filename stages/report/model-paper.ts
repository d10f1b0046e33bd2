import type { CorrectedIndices, PaperIndices, PaperInputs } from './paper/indices.js';

/** The published table and its indices, as the paper defines them, beside those of this study. None of it enters a choice. */
export interface PaperView {
  readonly label: 'as published, not recommended';
  /** Where the numbers were published. */
  readonly source: string;
  /** Inferences of a published row, stated or worked out from its columns: the lowest and the highest number; null where they do not tell. */
  readonly inferences: readonly [number, number] | null;
  readonly indices: readonly {
    readonly index: string;
    readonly definition: string;
    readonly unit: string;
    /** Why a value of it says little. */
    readonly misleads: string;
    /** What stands beside it. */
    readonly instead: string;
  }[];
  readonly published: readonly PublishedRow[];
  readonly own: readonly OwnRow[];
}

interface IndexedRow {
  /** What the indices were made of. */
  readonly inputs: PaperInputs;
  readonly paper_v1: PaperIndices;
  readonly corrected: CorrectedIndices;
}

export interface PublishedRow extends IndexedRow {
  readonly row: string;
  readonly device: string;
  readonly bits: number;
  /** Findings of `pipeline audit` about this row. */
  readonly findings: readonly string[];
}

export interface OwnRow extends IndexedRow {
  /** A row of `results`. */
  readonly row: string;
  readonly n_tweets: number;
  /** Inputs that this study has not got. */
  readonly missing: readonly string[];
}
