import { expect, it } from 'vitest';
import { throttledState } from '../../../pipeline/devices/throttled.js';

it.each([
  [0, '0x0', [], []],
  [0x50005, '0x50005', ['under-voltage', 'throttled'], ['under-voltage', 'throttled']],
  [0x80008, '0x80008', ['soft temperature limit reached'], ['soft temperature limit reached']],
  [0x20000, '0x20000', [], ['processor frequency capped']],
])('reads the mask %d', (mask, text, now, before) => {
  expect(throttledState(mask)).toEqual({ mask: text, now, since_boot: before });
});
