import type { Scalar } from '../../../pipeline/contract/config.js';
import type { PowerClass, UncertainFigure } from '../../../pipeline/contract/meter.js';
import type { Standing } from '../../../pipeline/report/comparable.js';

/** Energies that may stand beside one another; those of different groups are never ranked together. */
export interface EnergyGroup {
  readonly standing: Standing;
  readonly results: readonly EnergyResult[];
}

/** Energy of one evaluation. Uncertainties are expanded (k = 2). */
export interface EnergyResult {
  readonly row: string;
  readonly seed: Scalar | null;
  readonly instance: string;
  readonly meter: string;
  readonly power_class: PowerClass;
  readonly emulated: boolean;
  readonly calibrated: boolean;
  /** Why it does not count: what the meter missed, and what made the timing of the same windows INVALID. */
  readonly invalid: readonly { readonly gate: string; readonly message: string }[];
  /** All windows together, and what an energy to publish needs. */
  readonly measured_s: number;
  readonly needed_s: number;
  readonly short: boolean;
  readonly inferences: number;
  readonly gross_j_per_inference: UncertainFigure | null;
  /** Idle power subtracted. */
  readonly net_j_per_inference: UncertainFigure | null;
  /** Of gross energy. */
  readonly inferences_per_joule: UncertainFigure | null;
  /**
   * Energy-delay product, joule seconds: gross energy of an inference times the time of the windows for each inference in
   * them (Gonzalez and Horowitz 1996). Its uncertainty is the energy's; a window's length is known far better. Null
   * unless a valid measurement saw all that the board drew.
   */
  readonly edp_js: UncertainFigure | null;
  readonly mean_w: UncertainFigure | null;
  readonly idle_w: UncertainFigure | null;
  /** Mean powers of this meter that differ by less cannot be told apart. */
  readonly resolvable_w: number | null;
  readonly dropped_share: number | null;
  /** What its uncertainty is made of: standard, each alone, as a share of gross energy. */
  readonly budget: readonly { readonly name: string; readonly share: number; readonly source: string }[];
  readonly windows: readonly {
    readonly window: number;
    readonly inferences: number;
    readonly gross_j_per_inference: UncertainFigure;
    readonly net_j_per_inference: UncertainFigure | null;
  }[];
}
