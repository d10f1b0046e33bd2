import type { Digest } from '../base/canonical.js';
import type { Failure } from './failure.js';

/** How far a figure may be from the recorded one; the larger of both limits counts. Without a limit it must be equal. */
export interface Tolerance {
  readonly absolute?: number;
  readonly relative?: number;
}

/** What `verify` may find different in a second run of a stage, and what it looks at in its place. */
export interface Repeatability {
  /** Outputs that hold measurements, such as times: other bytes each time. All others must be the same to the byte. */
  readonly measured: readonly string[];
  /** Figures of the summary, and how far each may be from the recorded one. */
  readonly figures: Readonly<Record<string, Tolerance>>;
}

/**
 * What running an instance a second time gave. `within-tolerance`: other bytes, but only in outputs that hold measurements,
 * and every figure that the stage declares is close enough. `failed`: there is nothing to compare with.
 */
export interface Verification {
  readonly schema: 1;
  readonly instance: string;
  readonly key: Digest;
  readonly outcome: 'identical' | 'within-tolerance' | 'differs' | 'failed';
  /** ISO 8601. */
  readonly at: string;
  readonly wall_seconds: number;
  /** Files that differ; empty when identical. */
  readonly files: readonly FileDifference[];
  /** Figures of the summary that the stage declares, and others that differ. */
  readonly figures: readonly FigureDifference[];
  readonly failure?: Failure;
}

export interface FileDifference {
  readonly output: string;
  /** POSIX, below the instance's output folder. */
  readonly path: string;
  /** Null where that side has no such file. */
  readonly before: { readonly digest: Digest; readonly size: number } | null;
  readonly after: { readonly digest: Digest; readonly size: number } | null;
  /** Offset of the first byte that differs, from 0; null where one side is not there to compare. */
  readonly first_difference: number | null;
}

export interface FigureDifference {
  readonly name: string;
  readonly before: number | string | boolean | null;
  readonly after: number | string | boolean | null;
  /** Null where the stage declares none: then it is only told, never judged. */
  readonly tolerance: Tolerance | null;
  readonly within: boolean;
}
