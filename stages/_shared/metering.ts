import type { Json } from '../../pipeline/base/canonical.js';
import type { DeviceConfig } from '../../pipeline/contract/config.js';
import type { MeterKind } from '../../pipeline/contract/meter.js';
import type { ExternalInput } from '../../pipeline/contract/stage.js';

/** Name of the external input that is the meter's calibration. */
export const METER_CALIBRATION = 'meter_calibration';

/** Raised when the arithmetic of `pipeline/power` gives other figures: its code is not among a stage's. */
const ARITHMETIC = 1;

/** Which meters are recorded while a stage measures; a bench meter writes its table by itself. */
const IS_LIVE: Readonly<Record<MeterKind, boolean>> = {
  'acs712-05b': true,
  'acs712-20a': true,
  'acs712-30a': true,
  csv: false,
  none: false,
};

/** What of a device's meter decides a result: not the port that it is plugged into. Null where nothing is recorded. */
export function meteringOf({ meter }: DeviceConfig): {
  readonly options: Readonly<Record<string, Json>>;
  readonly external: readonly ExternalInput[];
} | null {
  if (meter === undefined || !IS_LIVE[meter.kind]) return null;
  const { kind, calibration } = meter;
  return {
    options: { kind, class: meter.class ?? 'measured_inline', arithmetic: ARITHMETIC },
    external: calibration === undefined ? [] : [{ name: METER_CALIBRATION, path: calibration }],
  };
}
