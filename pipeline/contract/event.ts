import type { Json } from '../base/canonical.js';
import type { Failure } from './failure.js';
import type { PlannedAction, PlannedInstance, Reason } from './plan.js';
import type { AcceptedResult, ResourceUsage } from './store.js';
import type { WorkerMessage } from './worker.js';

/** What happened, in order: the journal `runs/<id>/events.jsonl` holds these and every view is made from them. */
export type Event = EventBody & {
  /** Milliseconds since 1970, of the engine's wall clock. */
  readonly time: number;
};

export type EventBody =
  | {
      readonly type: 'run-started';
      readonly run: string;
      readonly study: string;
      readonly profile: readonly string[];
      readonly argv: readonly string[];
      readonly plan: readonly PlannedInstance[];
    }
  | {
      readonly type: 'setup-progress';
      readonly message: string;
      readonly done?: number;
      readonly total?: number;
    }
  /** What runs need before any instance can start could not be made. */
  | { readonly type: 'setup-failed'; readonly failure: Failure }
  /** Without an instance: the whole run waits. */
  | { readonly type: 'waiting-for-lock'; readonly holder: string; readonly instance?: string }
  /** Something worth saying that is no failure, for example that a board could not be asked. */
  | { readonly type: 'note'; readonly message: string }
  | {
      readonly type: 'instance-retrying';
      readonly instance: string;
      /** The attempt that comes; the first was 1. */
      readonly attempt: number;
      readonly of: number;
      readonly failure: Failure;
      readonly delaySeconds: number;
    }
  | {
      readonly type: 'instance-started';
      readonly instance: string;
      readonly reasons: readonly Reason[];
      readonly log: string;
    }
  /** Its worker starts with what an earlier attempt at the same key left. */
  | { readonly type: 'instance-resuming'; readonly instance: string }
  | {
      readonly type: 'instance-progress';
      readonly instance: string;
      readonly message: Extract<WorkerMessage, { type: 'progress' }>;
    }
  | {
      readonly type: 'instance-metric';
      readonly instance: string;
      readonly message: Extract<WorkerMessage, { type: 'metric' }>;
    }
  | {
      readonly type: 'instance-log';
      readonly instance: string;
      readonly message: Extract<WorkerMessage, { type: 'log' }>;
    }
  | {
      readonly type: 'instance-finished';
      readonly instance: string;
      readonly outcome: Outcome;
    }
  | {
      readonly type: 'run-finished';
      readonly run: string;
      readonly status: 'succeeded' | 'failed' | 'aborted';
      readonly counts: Readonly<Record<'ran' | 'reused' | 'restored' | 'failed' | 'skipped', number>>;
      readonly seconds: number;
      /** Project-relative path of the report, where one was made or reused. */
      readonly report?: string;
      /** The result table in plain text cells, header first. */
      readonly table?: readonly (readonly string[])[];
    };

/** Success and failure have the same shape. */
export interface Outcome {
  readonly status: 'ran' | 'reused' | 'restored' | 'failed' | 'skipped';
  /** What the plan had said. */
  readonly planned?: PlannedAction;
  readonly key?: string;
  readonly seconds: number;
  readonly summary: Readonly<Record<string, Json>>;
  readonly failure?: Failure;
  /** Project-relative path of the log. */
  readonly log?: string;
  readonly usage?: ResourceUsage;
  readonly executor?: string;
  readonly attempts?: number;
  /** Time and usage are of the last attempt alone, which went on from an earlier one. */
  readonly resumed?: true;
  /** The reused result was not made for this key: a person said that it stands. */
  readonly accepted?: AcceptedResult;
}

/** A view of a run. It reads events and decides nothing. */
export interface EventSink {
  handle(event: Event): void;
  /** Resolves when everything is drawn. */
  close(): Promise<void>;
}
