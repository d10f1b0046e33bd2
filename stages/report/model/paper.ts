import type { Attribute, Normalized } from '../paper/attributes.js';
import type { CorrectedIndices, PaperIndices, PaperInputs } from '../paper/indices.js';
import type { PaperPhases, PaperScores, TimingStanding } from './paper-parts.js';
import type { PaperSizes } from './paper-sizes.js';

/** The published tables and figures, and the same of this study. None of it enters a choice. */
export interface PaperView {
  readonly label: 'as published, not recommended';
  /** Where the numbers were published. */
  readonly source: string;
  /** Inferences of a published row, stated or worked out from its columns: the lowest and the highest number; null where they do not tell. */
  readonly inferences: readonly [number, number] | null;
  /** What each column of the table of measurements means, there and here. */
  readonly columns: readonly {
    readonly column: string;
    /** Unit as printed. */
    readonly printed: string;
    /** Unit of this study's figures. */
    readonly here: string;
    readonly misleads: string;
  }[];
  readonly indices: readonly {
    readonly index: string;
    readonly definition: string;
    readonly unit: string;
    /** Why a value of it says little. */
    readonly misleads: string;
    /** What stands beside it. */
    readonly instead: string;
  }[];
  /** The axes of the spider graphs. */
  readonly attributes: readonly { readonly attribute: Attribute; readonly better: 'more' | 'less' }[];
  readonly published: readonly PublishedRow[];
  readonly own: readonly OwnRow[];
  /** What the published speeds take for the work of one inference; null where they do not tell. */
  readonly published_work: PublishedWork | null;
  /** Findings of `pipeline audit` about whole columns of the table of measurements. */
  readonly column_findings: readonly { readonly id: string; readonly what: string }[];
  readonly scores: PaperScores;
  readonly phases: readonly PaperPhases[];
  readonly sizes: PaperSizes;
}

interface IndexedRow {
  /** What the indices were made of. */
  readonly inputs: PaperInputs;
  readonly paper_v1: PaperIndices;
  readonly corrected: CorrectedIndices;
  /** Null for a row that may be compared with no other. */
  readonly normalized: Normalized | null;
}

export interface PublishedRow extends IndexedRow {
  readonly row: string;
  readonly device: string;
  readonly bits: number;
  readonly seconds_per_inference: number | null;
  /** In W by its heading, which it cannot be. */
  readonly power_per_inference: number | null;
  /** Speed times time over inferences: what the column FLOPS takes for one inference. */
  readonly operations_per_inference: number | null;
  /** Findings of `pipeline audit` about this row. */
  readonly findings: readonly string[];
}

export interface OwnRow extends IndexedRow {
  /** A row of `results`. */
  readonly row: string;
  readonly n_tweets: number;
  /** Whether its time, processor, memory and power say anything. */
  readonly standing: TimingStanding;
  readonly seconds_per_inference: number | null;
  /** Gross; null unless all that the board drew went through its meter. */
  readonly joules_per_inference: number | null;
  /** Samples a second of `power_tot_kw`, without which that sum says nothing. */
  readonly power_sample_hz: number | null;
  readonly work: Work;
  /** Inputs that this study has not got. */
  readonly missing: readonly string[];
}

export interface PublishedWork {
  /** Speed times time over inferences, the least and the most of the rows. */
  readonly operations: readonly [number, number];
  /** The model that was measured, by the name of a preset. */
  readonly model: string | null;
  /** By our count of that model, two for each multiply-accumulate. */
  readonly counted: {
    readonly length: number;
    readonly operations: number;
    /** Tokens at which the model takes the middle of the published operations. */
    readonly implied_length: number;
  } | null;
}

/** What one inference takes. Operations are counted from the model's sizes: two for each multiply-accumulate. */
export interface Work {
  /** Tokens of an input as it ran, mean over the timed inferences. */
  readonly tokens: number | null;
  /** Whether all inputs were brought to one length. */
  readonly is_padded: boolean;
  /** Mean over the timed inferences, at the lengths at which they ran. */
  readonly operations: number | null;
  /** Whether the file leaves some of them out: its last layer computes the first token alone. */
  readonly is_upper_bound: boolean;
  readonly padded: {
    /** Tokens. */
    readonly length: number;
    readonly operations: number | null;
    /** The row of `results` whose inputs were all brought to this length; null where none was. */
    readonly row: string | null;
    /** Its mean latency, measured. */
    readonly seconds: number | null;
  };
}
