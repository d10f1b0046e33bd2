import type { Result } from '../base/result.js';
import { err } from '../base/result.js';
import type { DeviceFailure } from '../contract/device.js';

export function deviceFailure(
  reason: DeviceFailure['reason'],
  device: string,
  message: string,
  hint?: string,
): Result<never, DeviceFailure> {
  return err({ reason, device, message, ...(hint === undefined ? {} : { hint }) });
}

/** The end of what a command said, for a message. */
export function tail(text: string, lines = 5): string {
  return text.trim().split('\n').slice(-lines).join('\n');
}
