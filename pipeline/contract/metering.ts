import type { Result } from '../base/result.js';
import type {
  ClockMap,
  EnergyFigure,
  Meter,
  MeterFailure,
  MeterFinding,
  MeterKind,
  PowerClass,
  TimeSpan,
  UncertainFigure,
} from './meter.js';

/** What was measured while a meter recorded: times on the clock of the board's measuring program. */
export interface MeteredWork {
  readonly windows: readonly [TimeSpan, ...TimeSpan[]];
  /** Before and after them. */
  readonly idle: readonly TimeSpan[];
  /** Moments on the host's clock (`hostClock` in base) and on the board's. */
  readonly moments: readonly { readonly host_s: number; readonly board_s: number }[];
  /** Each of them is right within this, seconds. */
  readonly momentError_s: number;
}

/** Energy of each window by itself and of all together, which share what the meter does not know. */
export interface MeteredEnergy {
  readonly windows: readonly EnergyFigure[];
  readonly total: EnergyFigure;
  /** From the meter's clock to the board's. */
  readonly clock: ClockMap;
  /** Mean power of short stretches on the board's clock, from before the first idle window to after the last one: for drawing. */
  readonly power: readonly { readonly t_s: number; readonly power_w: number }[];
}

/** The meter of the device that a stage measures on, with the arithmetic that makes energy of what it recorded. */
export interface DeviceMeter extends Meter {
  /**
   * Reads the whole recording, keeps in `kept` what is of the work and its surroundings, raw, and computes from that.
   *
   * @param recording a file of `start` that was stopped
   */
  energyOf(recording: string, kept: string, work: MeteredWork): Promise<Result<MeteredEnergy, MeterFailure>>;
}

/** Energy of an evaluation: the member `energy` of evaluation.json, where a meter recorded its windows. */
export interface EvaluationEnergy {
  readonly meter: MeterKind;
  readonly power_class: PowerClass;
  /** A simulator stood in for the meter or the board. */
  readonly emulated: boolean;
  readonly calibrated: boolean;
  /** `invalid`: the figures do not count, `findings` says why. Timing has a verdict of its own. */
  readonly verdict: 'valid' | 'invalid';
  readonly findings: readonly MeterFinding[];
  /** All windows together, seconds, and what an energy to publish needs. */
  readonly measured_s: number;
  readonly needed_s: number;
  /** Whether the windows are shorter than that together: the figures say whether all works, not what a board needs. */
  readonly short: boolean;
  /** In the windows, those included that were not timed because inputs had been resized. */
  readonly inferences: number;
  /** Seconds of the windows in which inputs were resized; their energy is in the figures. */
  readonly resize_s: number;
  /** Rest before and after the windows from which idle power is, without the seconds in which a board comes to rest. */
  readonly idle: readonly TimeSpan[];
  /** From the meter's clock to that of the windows; null where nothing was recorded. */
  readonly clock: ClockMap | null;
  readonly gross_j_per_inference: UncertainFigure | null;
  /** Idle power subtracted. */
  readonly net_j_per_inference: UncertainFigure | null;
  /** Of gross energy. */
  readonly inferences_per_joule: UncertainFigure | null;
  readonly mean_w: UncertainFigure | null;
  readonly idle_w: UncertainFigure | null;
  /** All windows together, with the budget of its uncertainty. */
  readonly total: EnergyFigure | null;
  readonly windows: readonly WindowEnergy[];
}

export interface WindowEnergy {
  readonly window: number;
  readonly inferences: number;
  readonly gross_j_per_inference: UncertainFigure;
  readonly net_j_per_inference: UncertainFigure | null;
  readonly figure: EnergyFigure;
}
