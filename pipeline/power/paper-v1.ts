import type { PaperReading } from '../contract/meter.js';
import type { PowerSample } from './power-series.js';
import { CODES } from './sensor.js';

/** What eq. (5) multiplies codes by, volts. */
const REFERENCE_V = 5;

/**
 * The paper's arithmetic on our samples: a sum of powers, not an energy, which doubles when one samples twice as often; and its eq. (5),
 * `code * 5 V / 1024`, which is the sensor's voltage and has neither zero nor sensitivity.
 */
export function paperReading(
  samples: readonly PowerSample[],
  seconds: number,
  period_s: number,
): PaperReading {
  const power_tot_kw = samples.reduce((sum, { power_w }) => sum + power_w, 0) / 1000;
  const literal = samples.flatMap(({ code, voltage_v }) =>
    code === null || voltage_v === null ? [] : [(voltage_v * code * REFERENCE_V) / CODES],
  );
  return {
    label: 'as published, not recommended',
    power_tot_kw,
    sample_rate_hz: 1 / period_s,
    energy_tot_kws: power_tot_kw * seconds,
    equation_5_mean_w:
      literal.length === 0 ? null : literal.reduce((sum, value) => sum + value, 0) / literal.length,
  };
}
