import { expect, it } from 'vitest';
import { hostClock } from '../../../pipeline/base/host-clock.js';
import type { DeviceProbe } from '../../../pipeline/contract/device.js';
import { momentsOf, readingOf } from '../../../pipeline/measure/board-moments.js';

const BEFORE = { host_s: 1000, device_s: 5000.25, error_s: 0.002 };
const AFTER = { host_s: 1600, device_s: 5600.26, error_s: 0.005 };
const AGENT = { started_at_s: 5010, clock_jump_s: 0 };

it("two readings of a board's clock make two moments, the wider error for both", () => {
  expect(momentsOf(BEFORE, AFTER, AGENT)).toEqual({
    moments: [
      { host_s: 1000, board_s: expect.closeTo(-9.75, 6) },
      { host_s: 1600, board_s: expect.closeTo(590.26, 6) },
    ],
    momentError_s: 0.005,
  });
  expect(momentsOf(BEFORE, null, AGENT).moments).toHaveLength(1);
});

it('a clock that was set before the agent began leaves the later reading alone', () => {
  // The board got the right time between the first reading and its agent's start: it was 40 s behind.
  const late = { ...BEFORE, device_s: BEFORE.device_s - 40 };
  expect(momentsOf(late, AFTER, AGENT)).toEqual({
    moments: [{ host_s: 1600, board_s: expect.closeTo(590.26, 6) }],
    momentError_s: 0.005,
  });
});

it("a clock that was set while the agent measured does not move the agent's own", () => {
  const set = { ...AFTER, device_s: AFTER.device_s + 7 };
  const { moments } = momentsOf(BEFORE, set, { ...AGENT, clock_jump_s: 7 });
  expect(moments[1]?.board_s).toBeCloseTo(590.26, 6);
});

it('a probe becomes a reading on the clock that recordings have', () => {
  const reading = readingOf({ clock_offset_s: 12, clock_error_s: 0.003 } as DeviceProbe);
  expect(Math.abs(reading.host_s - hostClock())).toBeLessThan(5);
  expect(Math.abs(reading.device_s - 12 - Date.now() / 1000)).toBeLessThan(5);
  expect(reading.error_s).toBe(0.003);
});
