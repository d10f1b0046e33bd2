import { hostClock } from '../base/host-clock.js';
import type { DeviceProbe } from '../contract/device.js';
import type { MeteredWork } from '../contract/metering.js';
import type { ResultMessage } from './messages.js';

/** The device's clock as it was read over the connection. */
export interface ClockReading {
  /** Host's clock of recordings then. */
  readonly host_s: number;
  /** Device's own clock then, seconds since 1970. */
  readonly device_s: number;
  /** It is right within this. */
  readonly error_s: number;
}

/** Of a probe that does not say how well it read the clock. */
const UNKNOWN_ERROR_S = 0.1;
/** The fastest that a clock is slewed towards the right time (adjtime), relative. */
const SLEW = 5e-4;

/** To be called right after the probe: the offset holds as long as nobody sets a clock. */
export function readingOf({ clock_offset_s, clock_error_s }: DeviceProbe): ClockReading {
  return {
    host_s: hostClock(),
    device_s: Date.now() / 1000 + clock_offset_s,
    error_s: clock_error_s ?? UNKNOWN_ERROR_S,
  };
}

/**
 * Moments on the host's clock and on that of the agent's samples, from readings before it started and after it ended. A clock that was
 * set before the agent looked at it makes the two disagree: then the later one counts alone, whose way to the agent's clock is known.
 */
export function momentsOf(
  before: ClockReading,
  after: ClockReading | null,
  { started_at_s, clock_jump_s }: Pick<ResultMessage, 'started_at_s' | 'clock_jump_s'>,
): Pick<MeteredWork, 'moments' | 'momentError_s'> {
  const first = { host_s: before.host_s, board_s: before.device_s - started_at_s };
  if (after === null) return { moments: [first], momentError_s: before.error_s };
  const last = { host_s: after.host_s, board_s: after.device_s - started_at_s - clock_jump_s };
  const elapsed = last.host_s - first.host_s;
  const difference = Math.abs(last.board_s - first.board_s - elapsed);
  const isSet = difference > before.error_s + after.error_s + SLEW * elapsed;
  return isSet
    ? { moments: [last], momentError_s: after.error_s }
    : { moments: [first, last], momentError_s: Math.max(before.error_s, after.error_s) };
}
