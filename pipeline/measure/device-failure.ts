import type { DeviceFailure } from '../contract/device.js';
import type { StageFailure } from '../contract/worker.js';

/** The codes are listed in stages/deploy/README.md. */
export function deviceStageFailure({ reason, message, hint }: DeviceFailure): StageFailure {
  return { code: `device-${reason}`, message, ...(hint === undefined ? {} : { hint }) };
}
