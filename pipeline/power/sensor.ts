import type { Acs712Kind } from '../contract/meter.js';

/** What the datasheets say; standard uncertainties take stated limits as rectangular. */
export interface SensorFacts {
  /** Volts per ampere at 5 V. */
  readonly sensitivity: number;
  /** Limits of the sensitivity, relative. */
  readonly sensitivityLimit: number;
  /** Codes of a 10-bit ADC per ampere, both fed from the same supply. */
  readonly countsPerAmpere: number;
}

/** Zero of a sensor without calibration: limit of the output voltage at 0 A, volts (datasheet of the ACS712, -40 to 85 degrees). */
export const ZERO_LIMIT_V = 0.04;
/** What zero moves over some ten degrees after a calibration, volts (typical slope of the -05B). */
export const ZERO_DRIFT_V = 0.00085;
/** Absolute accuracy of the ATmega328P's ADC without calibration, and its non-linearity with one, codes. */
export const ADC_LIMIT_CODES = 2;
export const LINEARITY_LIMIT_CODES = 1;
/** Of a divider read against the supply of a USB port, standard, relative. */
export const VOLTAGE_U = 0.01;
/** The Uno's ceramic resonator, limit, relative. */
export const RESONATOR_LIMIT = 0.005;
/** Supply voltage at ratio 1: a divider of two equal resistors below a reference of 5 V. */
export const NOMINAL_VOLTS_PER_RATIO = 10;
export const CODES = 1024;

const SUPPLY_V = 5;

const SENSORS: Readonly<Record<Acs712Kind, { readonly sensitivity: number; readonly limit: number }>> = {
  'acs712-05b': { sensitivity: 0.185, limit: 0.005 / 0.185 },
  'acs712-20a': { sensitivity: 0.1, limit: 0.004 / 0.1 },
  'acs712-30a': { sensitivity: 0.066, limit: 0.002 / 0.066 },
};

export function sensorFacts(kind: Acs712Kind): SensorFacts {
  const { sensitivity, limit } = SENSORS[kind];
  return { sensitivity, sensitivityLimit: limit, countsPerAmpere: (sensitivity * CODES) / SUPPLY_V };
}

export function isAcs712(kind: string): kind is Acs712Kind {
  return Object.hasOwn(SENSORS, kind);
}
