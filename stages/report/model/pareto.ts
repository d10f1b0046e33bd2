import type { Interval } from './scores.js';

/** Macro-F1 against one cost, among rows whose conditions and classes are all the same. */
export interface ParetoFront {
  /** Names the front within the report: `pareto-1`. */
  readonly id: string;
  /** Milliseconds (median), joules per inference (gross), bytes of the file. */
  readonly cost: 'latency' | 'energy' | 'size';
  /** Of all its rows, whose other conditions are the same, too. */
  readonly device: string;
  readonly emulated: boolean;
  /** The lowest cost first. */
  readonly points: readonly ParetoPoint[];
  /** Rows that have no place in it, and why. */
  readonly left_out: readonly { readonly row: string; readonly why: string }[];
}

export interface ParetoPoint {
  /** Of `results`. */
  readonly row: string;
  /** Mean over seeds. */
  readonly macro_f1: number;
  /** 95 %: what as many other tweets could give. */
  readonly macro_f1_interval: Interval;
  readonly cost: number;
  /** 95 % of a latency; value ± expanded uncertainty of an energy. Null where none is known; sizes have none. */
  readonly cost_interval: Interval | null;
  /**
   * A row of the front that is at least as good in both and better in one; of several the one with the best macro-F1.
   * Null: this row is of the front.
   */
  readonly dominated_by: string | null;
  /** 95 % interval of its macro-F1 minus that of the row that dominates it, paired by tweet (delta method); null of a member. */
  readonly macro_f1_difference_interval: Interval | null;
  /** In which of the two it is worse for sure: macro-F1 where that interval leaves out 0, a cost where the intervals of both do not overlap. Where in none, the order may be chance. */
  readonly clear_in: readonly ('macro-F1' | 'cost')[];
}
