import type { BlockRecord } from '../../../pipeline/contract/meter.js';
import type { MeteredWork } from '../../../pipeline/contract/metering.js';
import type { Recording } from '../../../pipeline/power/recording-file.js';
import { block, codes, recording } from './blocks.js';

/** Board time is the host's less this; the meter's began when the host's was 1000 (`block`). */
const BOARD_AT_S = 900;

/** At rest 0.4 A; two windows of 4 s at 0.8 A from 110 s and 115 s of the board's clock; rest around them. All at 5 V. */
export const WORK: MeteredWork = {
  windows: [
    { from_s: 110, to_s: 114 },
    { from_s: 115, to_s: 119 },
  ],
  idle: [
    { from_s: 103, to_s: 109 },
    { from_s: 121, to_s: 128 },
  ],
  moments: [
    { host_s: 990, board_s: 990 - BOARD_AT_S },
    { host_s: 1040, board_s: 1040 - BOARD_AT_S },
  ],
  momentError_s: 0.002,
};

export const WATTS = { idle: 2, work: 4 };

/** Forty seconds of it; `isThere` says which blocks arrived. */
export function workRecording(isThere: (index: number) => boolean = () => true): Recording {
  const blocks = Array.from({ length: 4000 }, (_, index): BlockRecord => {
    const works = index >= 1000 && index < 2000;
    return block(index, ...codes(works ? 0.8 : 0.4, 5));
  });
  return recording(blocks.filter((_, index) => isThere(index)));
}
