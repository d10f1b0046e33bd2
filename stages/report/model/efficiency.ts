import type { UncertainFigure } from '../../../pipeline/contract/meter.js';
import type { Interval } from './scores.js';

/** What an inference of a row takes beside time. Nothing of it comes from an emulated device or an INVALID evaluation. */
export interface Efficiency {
  /** Of `results`. */
  readonly row: string;
  /** Highest resident set of the measured process, of all timed seeds. */
  readonly peak_rss_bytes: number | null;
  /** Highest unique set size (memory of the measured process that it shares with none) of all timed seeds, looked at once a second in the windows: a shorter peak is missed. Null where the system does not tell. */
  readonly uss_bytes: number | null;
  /** Processor time of the measured process, all its threads, per inference; mean over timed seeds. */
  readonly cpu_s_per_inference: number | null;
  /** Of one inference, two for each multiply-accumulate, counted from the model's sizes: the mean over the lengths of the timed inputs. */
  readonly operations: number | null;
  /** Mean tokens of the timed inferences; those that a file of fixed length takes whatever a text has. */
  readonly mean_tokens: number | null;
  /** `operations` over the mean latency, 1/s. Of an int8 file most of them are no floating-point operations. */
  readonly operations_per_s: number | null;
  /** Null unless a valid meter saw all that the board drew. */
  readonly energy: RowEnergy | null;
  /** Null of the fp32 file itself and where there is none under the same conditions. */
  readonly indices: Indices | null;
}

/** Means over the seeds that were measured. Expanded uncertainties (k = 2), which seeds do not narrow. */
export interface RowEnergy {
  readonly n_seeds: number;
  readonly gross_j_per_inference: UncertainFigure;
  /** Idle power subtracted. */
  readonly net_j_per_inference: UncertainFigure | null;
  /** Of gross energy. */
  readonly inferences_per_joule: UncertainFigure;
  /** Energy-delay product, joule seconds. */
  readonly edp_js: UncertainFigure | null;
}

/** Without a unit, over the seeds that both have: above 1 this row is better than its reference on the same board. */
export interface Indices {
  /** The row of fp32 of the same model under the same conditions. */
  readonly reference: string;
  /** Its median latency over this row's: `speed_up` of `against_fp32`. */
  readonly speed: number | null;
  readonly speed_interval: Interval | null;
  /** Its gross energy per inference over this row's. The uncertainty takes both as independent: errors of one meter's gain cancel, so that it is none too small. */
  readonly energy: UncertainFigure | null;
  /** Its unique set size over this row's. */
  readonly memory: number | null;
  /** This row's mean macro-F1 over its. */
  readonly quality: number | null;
}
