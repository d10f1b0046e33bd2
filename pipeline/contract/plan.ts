import type { Digest } from '../base/canonical.js';
import type { Result } from '../base/result.js';
import type { Coordinates, StageConfig } from './config.js';
import type { Reason } from './reason.js';
import type {
  OutputDefinition,
  ResolvedStage,
  StageBlocked,
  StageDefinition,
  StageEstimate,
} from './stage.js';
import type { AcceptedResult, KeyDocument, RunRecord } from './store.js';

export type { FileChange, Reason, RootCause } from './reason.js';

/** One element of a stage's matrix. */
export interface Instance {
  /** `stage` or `stage@axis=value,axis=value`, axes sorted. */
  readonly id: string;
  readonly stage: StageConfig;
  readonly definition: StageDefinition;
  readonly coordinates: Coordinates;
  readonly resolved: ResolvedStage | StageBlocked;
  readonly inputs: readonly InstanceInput[];
  readonly outputs: readonly OutputDefinition[];
  /** Ids of the instances that must be done first: sorted, without repeats. */
  readonly dependencies: readonly string[];
}

/** One artifact that an instance reads. */
export interface InstanceInput {
  readonly name: string;
  readonly from: string;
  /** Name of the output there. */
  readonly output: string;
}

/** Sorted so that each instance comes after all that it reads. */
export interface InstanceGraph {
  readonly instances: readonly Instance[];
  readonly byId: ReadonlyMap<string, Instance>;
}

export type PlannedAction = 'reuse' | 'restore' | 'run' | 'pending' | 'blocked';

export interface PlannedInstance {
  readonly id: string;
  readonly stage: string;
  readonly coordinates: Coordinates;
  readonly action: PlannedAction;
  readonly reasons: readonly Reason[];
  /** It runs, and goes on from what an earlier attempt left. */
  readonly resumes?: true;
  /** The result that is reused was not made for this key: a person said that it stands. */
  readonly accepted?: AcceptedResult;
  /** Of what is to run on a device, where its stage can say it. One device does one thing at a time; devices work side by side. */
  readonly expected?: StageEstimate & { readonly device: string };
}

/** What planning may ask about the world; answers are memoised, so a plan sees one state of it. */
export interface PlanFacts {
  /** Content of the external inputs: name to digest, or why one cannot be read. */
  external(instance: Instance): Result<Readonly<Record<string, Digest>>, StageBlocked>;
  /** Source files of the worker: path to digest. */
  code(definition: StageDefinition): Readonly<Record<string, Digest>>;
  environment(instance: Instance): Readonly<Record<string, string>>;
  record(key: Digest): RunRecord | null;
  /** The record of the last success of an instance, whatever its key. */
  lastRecord(instance: string): RunRecord | null;
  /** Whether an instance ever succeeded, its record still being there or not. */
  everSucceeded(instance: string): boolean;
  /** The files of an external folder by the digest that a key has for it; null for a file, or where it was not kept. */
  externalFiles(digest: Digest): readonly ListedFile[] | null;
  /** Whether the outputs of a record are where people and workers look for those of this instance. */
  presence(record: RunRecord, instance: Instance): OutputPresence;
  /** Whether an earlier attempt at this key left something from which the next one goes on. */
  resumes(key: Digest, instance: Instance, forced: boolean): boolean;
}

/** A file of an external folder: POSIX path relative to it, and content. */
export type ListedFile = readonly [path: string, digest: Digest];

export type OutputPresence =
  | { readonly state: 'present' }
  /** The content is in the store, or whole in the outputs folder; the other copy must be made again. */
  | { readonly state: 'restorable'; readonly reasons: readonly Reason[] }
  | { readonly state: 'missing'; readonly reasons: readonly Reason[] };

/** What is to be done with one instance, once all that it reads is known. */
export type Decision =
  | {
      readonly action: 'reuse' | 'restore';
      readonly reasons: readonly Reason[];
      readonly key: Digest;
      readonly document: KeyDocument;
      readonly record: RunRecord;
    }
  | {
      readonly action: 'run';
      readonly reasons: readonly Reason[];
      readonly key: Digest;
      readonly document: KeyDocument;
      readonly resumes?: true;
    }
  | { readonly action: 'blocked'; readonly reasons: readonly Reason[] };
