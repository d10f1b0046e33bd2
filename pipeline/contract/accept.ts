import type { Digest } from '../base/canonical.js';
import type { Reason } from './reason.js';
import type { AcceptedResult } from './store.js';

/** What `accept` did, or would not do: then nothing at all was accepted. */
export interface AcceptReport {
  readonly schema: 1;
  readonly accepted: readonly AcceptedInstance[];
  /** Taken back by `--undo`. */
  readonly undone: readonly AcceptedInstance[];
  /** Their results stand anyway. */
  readonly current: readonly string[];
  readonly refused: readonly RefusedInstance[];
}

export interface AcceptedInstance {
  readonly instance: string;
  /** The key that the result stands for now. */
  readonly key: Digest;
  readonly accepted: AcceptedResult;
}

export interface RefusedInstance {
  readonly instance: string;
  /** `no-result`: there is nothing that could stand. `grave`: only `--force` accepts such differences. */
  readonly because: 'no-result' | 'grave';
  readonly reasons: readonly Reason[];
}
