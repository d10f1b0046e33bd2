import type { Json } from '../base/canonical.js';
import type { Result } from '../base/result.js';
import type { Failure } from './failure.js';
import type { StageNeeds } from './needs.js';
import type { ResourceUsage } from './store.js';
import type { JobDocument, WorkerMessage } from './worker.js';

/** One attempt at one instance, complete: whoever has it can run it here or elsewhere. */
export interface Work {
  readonly job: JobDocument;
  /** Absolute; holds `job.json`, `out/` and `tmp/`, and is the attempt's alone. What the worker writes is in `out/` afterwards. */
  readonly folder: string;
  /** What earlier attempts left in `job.resume_dir` must not be used: it is emptied before the worker starts. */
  readonly anew?: true;
  /** Worker command line with absolute paths of this machine. */
  readonly argv: readonly string[];
  /** `worker`: speaks the protocol on descriptor 3; `command`: its exit code is all that it says. */
  readonly kind: 'worker' | 'command';
  /** All variables that the worker gets. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute; stdout and stderr of the worker are appended as they are. */
  readonly logFile: string;
  readonly silenceLimitSeconds: number;
  readonly timeoutSeconds?: number;
  readonly needs: StageNeeds;
  /** Files and folders that the worker reads, absolute: code, inputs, external inputs. Another machine needs copies of them. */
  readonly reads: readonly string[];
  /** `os`, `architecture`, `python`... as in the action key: another machine must be the same, else the key would lie. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface WorkResult {
  readonly summary: Readonly<Record<string, Json>>;
  readonly usage: ResourceUsage;
}

/** What a worker says, and what its executor knows of it. */
export type WorkMessage =
  | Extract<WorkerMessage, { type: 'progress' | 'metric' | 'log' }>
  /** The worker is about to start, and finds what an earlier attempt left in `job.resume_dir`. */
  | { readonly type: 'resuming' };

export type WorkMessageHandler = (message: WorkMessage) => void;

/**
 * Where work runs. A record must come out the same wherever it ran: keys and, for deterministic stages, digests.
 * One conformance suite (`test/contract/executor-suite.ts`) runs on every implementation.
 */
export interface Executor {
  readonly name: string;
  readonly kind: 'local' | 'ssh' | 'slurm';
  /** How many attempts may be under way here at a time; the scheduler's own tokens apply to `local` alone. */
  readonly slots: number | 'tokens';
  /**
   * Runs the work and resolves when its outputs are in `folder/out`. An executor whose work outlives the engine first looks
   * whether an earlier engine left an attempt at the same key there, and goes on with that one. Where the job has a
   * `resume_dir`, it is made, kept whatever becomes of the attempt, and something is in the one here while there is in another.
   */
  run(work: Work, onMessage: WorkMessageHandler, signal: AbortSignal): Promise<Result<WorkResult, Failure>>;
  /**
   * Set where `job.resume_dir` is on another machine, and may be left there when a result was stored: takes that of this
   * key away. What cannot be reached goes when it is old.
   */
  forget?(key: string): Promise<void>;
  close(): Promise<void>;
}
