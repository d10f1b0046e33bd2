import type { DeviceFailure } from '../../pipeline/contract/device.js';
import type { StageFailure } from '../../pipeline/contract/worker.js';

/** The codes are listed in README.md. */
export function deviceStageFailure({ reason, message, hint }: DeviceFailure): StageFailure {
  return { code: `device-${reason}`, message, ...(hint === undefined ? {} : { hint }) };
}
