// Loaded into the engine by NODE_OPTIONS: shifts what JavaScript takes for the time of day. Times that the kernel gives to
// files, and clocks that only count, stay as they are.
//   CLOCK_SHIFT_SECONDS        by how much, from the start
//   CLOCK_JUMP_SECONDS         by how much more, as soon as there is a file CLOCK_JUMP_WHEN
import { existsSync } from 'node:fs';

const RealDate = Date;
const shift = 1000 * Number(process.env.CLOCK_SHIFT_SECONDS ?? 0);
const jump = 1000 * Number(process.env.CLOCK_JUMP_SECONDS ?? 0);
const when = process.env.CLOCK_JUMP_WHEN ?? '';
const now = () => RealDate.now() + shift + (when !== '' && existsSync(when) ? jump : 0);

globalThis.Date = class ShiftedDate extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(now());
    else super(...parts);
  }

  static now() {
    return now();
  }
};
