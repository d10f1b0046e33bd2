import type { Digest, Json } from '../base/canonical.js';
import type { Result } from '../base/result.js';
import type { Coordinates, DeviceConfig } from './config.js';
import type { DeviceClient, DeviceFailure } from './device.js';
import type { MeterFailure } from './meter.js';
import type { DeviceMeter } from './metering.js';
import type { KeyDocument, ResourceUsage } from './store.js';

/** An input as a worker sees it: read-only. */
export interface JobInput {
  /** Absolute. */
  readonly path: string;
  readonly digest: Digest;
  readonly artifact: string;
  /** Name of the output there. */
  readonly output: string;
  /** The instance that made it, for example `convert@model=minilm-l3,precision=int8,seed=1`. */
  readonly instance: string;
  readonly stage: string;
  readonly coordinates: Coordinates;
  /** The action key of the instance that made it. */
  readonly key: string;
}

/** How an instance that a job depends on, directly or not, was made: from its record. */
export interface JobHistory {
  readonly instance: string;
  readonly stage: string;
  readonly key: string;
  /** The run that made it, which may be an earlier one. */
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly started_at: string;
  readonly wall_seconds: number;
  readonly host: string;
  /** Where it ran; null is this machine. */
  readonly executor: string | null;
  readonly attempts: number;
  readonly usage: ResourceUsage | null;
  /** The name of the device that it is about; null where it is about none. */
  readonly device: string | null;
  /** Why a person said that the result of another key stands for this one; null where nobody had to. */
  readonly accepted: string | null;
  /** What its key holds of what it read, and of what it ran in. */
  readonly made_from: Pick<KeyDocument, 'inputs' | 'external' | 'environment'>;
}

/** What was called, for those who want to call it again. */
export interface JobCall {
  /** Of Edgeline. */
  readonly version: string;
  /** Of the command line, as text for a shell that may be published; empty where there were none. */
  readonly options: string;
}

/** `job.json`: all that a worker is told. It writes below `out_dir` only. */
export interface JobDocument {
  readonly schema: 1;
  readonly instance: string;
  readonly stage: string;
  readonly uses: string;
  readonly key: string;
  readonly study: string;
  readonly profile: readonly string[];
  readonly coordinates: Coordinates;
  readonly options: Readonly<Record<string, Json>>;
  /** What changes no result; only where the definition resolved any. */
  readonly settings?: Readonly<Record<string, Json>>;
  /** A person has agreed to what costs money. Without it such a worker fails with `consent-needed`. */
  readonly consent?: true;
  /** Input name to artifacts; always a list, of one where the definition says `one`. */
  readonly inputs: Readonly<Record<string, readonly JobInput[]>>;
  /** Only where the definition `readsHistory`, in the order of the graph. */
  readonly history?: readonly JobHistory[];
  /** Only where the definition `readsHistory`. In no key: it says where the history comes from and changes no figure. */
  readonly call?: JobCall;
  /** External input name to absolute path. */
  readonly external: Readonly<Record<string, string>>;
  /** Output name to the absolute path to write. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly out_dir: string;
  /** Private to this attempt and deleted after it. */
  readonly scratch_dir: string;
  /**
   * Only where the definition is `resumable`: this key's own, kept when an attempt fails or is killed with its engine, gone
   * when the result is stored. Nobody else writes into it.
   */
  readonly resume_dir?: string;
  /** Kept between runs, not an input: downloads that are checked by digest. */
  readonly cache_dir: string;
  readonly threads: number;
  readonly device?: DeviceConfig;
  /** The board that the key names, where that was asked: another one must not be measured in its place. */
  readonly board?: string;
  /** Edgeline's own Python. */
  readonly python: string;
}

/** What a worker says, one JSON object a line, on file descriptor 3. `hello` comes first, `result` or `failure` last. */
export type WorkerMessage =
  | { readonly type: 'hello'; readonly protocol: 1 }
  | {
      readonly type: 'progress';
      readonly done: number;
      /** Absent when it cannot be known. */
      readonly total?: number;
      /** What is counted: `rows`, `steps`, `tweets`. */
      readonly unit: string;
      /** What is being done now. */
      readonly phase?: string;
    }
  /** Views keep what a worker told first where room is short: what matters most should come first. */
  | { readonly type: 'metric'; readonly name: string; readonly value: number; readonly step?: number }
  | { readonly type: 'log'; readonly level: 'info' | 'warning'; readonly message: string }
  | { readonly type: 'result'; readonly summary: Readonly<Record<string, Json>> }
  | {
      readonly type: 'failure';
      /** Stable, kebab-case, documented in the stage's README. */
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      readonly file?: string;
      readonly line?: number;
    };

/** What a TypeScript worker gets beside its job. */
export interface StageContext {
  readonly job: JobDocument;
  readonly signal: AbortSignal;
  progress(done: number, total: number | undefined, unit: string, phase?: string): void;
  metric(name: string, value: number, step?: number): void;
  log(level: 'info' | 'warning', message: string): void;
  /** Connects to the job's device. */
  connect(): Promise<Result<DeviceClient, DeviceFailure>>;
  /** Opens the power meter of the job's device; absent where it has none that is recorded live. */
  meter?(): Promise<Result<DeviceMeter, MeterFailure>>;
}

export interface StageFailure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly file?: string;
  readonly line?: number;
}

/** The figures worth a line at the end of a run, for example `{ rows: 6000 }`. */
export type StageSummary = Readonly<Record<string, Json>>;

/** The one export, named `run`, of `stages/<id>/worker.ts`. Expected failures are returned; a throw is our bug. */
export type StageWorker = (context: StageContext) => Promise<Result<StageSummary, StageFailure>>;
