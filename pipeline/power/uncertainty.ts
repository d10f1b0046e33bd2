import type { Acs712Kind, BudgetEntry, MeterCalibration } from '../contract/meter.js';
import {
  ADC_LIMIT_CODES,
  LINEARITY_LIMIT_CODES,
  RESONATOR_LIMIT,
  sensorFacts,
  VOLTAGE_U,
  ZERO_DRIFT_V,
  ZERO_LIMIT_V,
} from './sensor.js';

/** Standard uncertainties of what turns samples into energy. */
export interface MeterUncertainty {
  /** Common to all windows of the meter, amperes. */
  readonly offset_a: Term;
  /** Another one at every level of current, amperes: rectangular limits divided by the root of 3. */
  readonly linearity_a: Term & { readonly name: 'linearity' | 'adc' };
  /** Relative. */
  readonly gain: Term;
  readonly voltage: Term;
  /** Of the meter's clock where no map says more, relative. */
  readonly clockRate: Term;
}

export interface Term {
  readonly u: number;
  readonly source: BudgetEntry['source'];
}

/** Taken for a bench meter of which nothing was declared, relative. */
export const ASSUMED_BENCH_U = 0.01;

const NOTHING: Term = { u: 0, source: 'declared' };
const ROOT_3 = Math.sqrt(3);

/**
 * The budget of an ACS712. With a calibration: its zero with drift, its gain, one code of non-linearity or the largest residual if that is
 * more. Without: the limits of the datasheets, which make 21 % at 0.6 A.
 */
export function sensorUncertainty(kind: Acs712Kind, calibration: MeterCalibration | null): MeterUncertainty {
  const { sensitivity, sensitivityLimit, countsPerAmpere } = sensorFacts(kind);
  const clockRate: Term = { u: RESONATOR_LIMIT / ROOT_3, source: 'datasheet' };
  if (calibration === null) {
    return {
      offset_a: { u: ZERO_LIMIT_V / sensitivity / ROOT_3, source: 'datasheet' },
      linearity_a: { name: 'adc', u: ADC_LIMIT_CODES / countsPerAmpere / ROOT_3, source: 'datasheet' },
      gain: { u: sensitivityLimit / ROOT_3, source: 'datasheet' },
      voltage: { u: VOLTAGE_U, source: 'assumed' },
      clockRate,
    };
  }
  const { current, voltage } = calibration;
  const limit = Math.max(LINEARITY_LIMIT_CODES / current.counts_per_ampere, current.residual_a);
  return {
    offset_a: { u: Math.hypot(current.u_zero_a, ZERO_DRIFT_V / sensitivity), source: 'calibration' },
    linearity_a: { name: 'linearity', u: limit / ROOT_3, source: 'calibration' },
    gain: { u: current.u_gain, source: 'calibration' },
    voltage:
      voltage === null
        ? { u: VOLTAGE_U, source: 'assumed' }
        : // The divider is read against the supply of the USB port, which moves whatever was calibrated.
          { u: Math.max(voltage.u_gain, VOLTAGE_U), source: 'calibration' },
    clockRate,
  };
}

/** A bench meter: one relative uncertainty of its power, declared or assumed. Its clock is a crystal's. */
export function benchUncertainty(accuracyPercent: number | undefined): MeterUncertainty {
  return {
    offset_a: NOTHING,
    linearity_a: { name: 'linearity', ...NOTHING },
    gain:
      accuracyPercent === undefined
        ? { u: ASSUMED_BENCH_U, source: 'assumed' }
        : { u: accuracyPercent / 100, source: 'declared' },
    voltage: NOTHING,
    clockRate: { u: 1e-4, source: 'assumed' },
  };
}
