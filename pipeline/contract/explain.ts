import type { Digest, Json } from '../base/canonical.js';
import type { Coordinates } from './config.js';
import type { PlannedAction, Reason, RootCause } from './plan.js';
import type { AcceptedResult, Artifact, KeyDocument, ResourceUsage } from './store.js';
import type { Verification } from './verify.js';

/** What `explain` says of one instance. */
export interface Explanation {
  readonly schema: 1;
  readonly instance: string;
  readonly stage: string;
  readonly coordinates: Coordinates;
  readonly action: PlannedAction;
  /** It runs, and goes on from what an earlier attempt left. */
  readonly resumes?: true;
  /** Every cause, not the first. Empty where the result is reused. */
  readonly causes: readonly Cause[];
  /** The key under which its result is or will be; null where that depends on what upstream makes, or it is blocked. */
  readonly key: Digest | null;
  /** The result that is reused or restored; else the last one, which the causes compare with. Null when there is none. */
  readonly result: ExplainedResult | null;
}

export interface Cause {
  readonly reason: Reason;
  /** The causes further up that are at the root of it; empty where it is a root itself, or none can be known. */
  readonly roots: readonly RootCause[];
  /** The same as a sentence. */
  readonly text: string;
}

/** A result with all that was read for it. */
export interface ExplainedResult {
  readonly key: Digest;
  readonly run: string;
  readonly started_at: string;
  readonly wall_seconds: number;
  readonly host: string;
  /** `local` for this machine. */
  readonly executor: string;
  readonly attempts: number;
  /** Time and usage are of the last attempt alone, which went on from an earlier one. */
  readonly resumed?: true;
  readonly usage: ResourceUsage | null;
  readonly inputs: KeyDocument['inputs'];
  readonly external: KeyDocument['external'];
  readonly outputs: Readonly<Record<string, Artifact>>;
  readonly summary: Readonly<Record<string, Json>>;
  readonly accepted: AcceptedResult | null;
  /** The last check by `verify`, where there was one. */
  readonly verified: Verification | null;
}
