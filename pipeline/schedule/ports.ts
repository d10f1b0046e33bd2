import type { EventBody, Outcome } from '../contract/event.js';
import type { Decision, Instance } from '../contract/plan.js';
import type { Artifact, RunRecord } from '../contract/store.js';
import type { Capacity, ExecutorSlots } from './tokens.js';

export type RunDecision = Extract<Decision, { action: 'run' }>;

/** What the scheduler asks others to do; it decides only when. */
export interface SchedulePorts {
  decide(instance: Instance, upstream: (instance: string, output: string) => Artifact): Decision;
  /** False when stored content turned out to be damaged: then the instance must be decided again. */
  restore(instance: Instance, record: RunRecord): boolean | Promise<boolean>;
  /** Makes one attempt. Aborting the signal ends it; it resolves when nothing of it is left. */
  execute(
    instance: Instance,
    decision: RunDecision,
    upstream: Upstream,
    attempt: Attempt,
  ): Promise<Execution>;
  /** Seconds that it took before; null when it never ran. Asked only when something runs. */
  expectedSeconds(instance: Instance): number | null;
  emit(event: EventBody): void;
  logPath(instance: Instance): string;
}

export type Upstream = (instance: string) => RunRecord;

export interface Attempt {
  /** The first is 1. */
  readonly attempt: number;
  /** Aborted when the run is stopped, and with `fail-fast` when anything failed. */
  readonly signal: AbortSignal;
}

export interface Execution {
  readonly outcome: Outcome;
  readonly record?: RunRecord;
}

export interface ScheduleOptions {
  readonly capacity: Capacity;
  readonly slots?: ExecutorSlots;
  /**
   * `stop`: start nothing new after a failure and let finish what runs; `keep-going`: go on with what does not depend
   * on it; `fail-fast`: end what runs too.
   */
  readonly onFailure: 'stop' | 'keep-going' | 'fail-fast';
  readonly signal: AbortSignal;
  /** Results of what the instances read and that is not among them. */
  readonly done?: ReadonlyMap<string, RunRecord>;
}

export type ScheduleCounts = Record<Outcome['status'], number>;
