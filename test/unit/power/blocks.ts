import type { BlockRecord, MeterCalibration, RecordingHeader } from '../../../pipeline/contract/meter.js';
import { crc16 } from '../../../pipeline/power/crc16.js';
import type { Recording } from '../../../pipeline/power/recording-file.js';

export const HEADER: RecordingHeader = {
  record: 'header',
  schema: 1,
  kind: 'acs712-05b',
  power_class: 'measured_inline',
  emulated: false,
  clock: 'meter',
  sampler: 'test',
  block_s: 0.01,
  started_at_s: 1000,
};

/** A line as the firmware writes it. */
export function line(body: string): string {
  return `${body}*${crc16(body).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** A block with these mean codes, which need not be whole. */
export function block(index: number, current: number, voltage: number): BlockRecord {
  const n = 1000;
  const sums = (code: number) => ({ n, sum: Math.round(code * n), squares: Math.round(code * code * n) });
  return {
    record: 'block',
    seq: index % 65_536,
    t_us: ((index + 1) * 10_000) % 2 ** 32,
    host_s: 1000 + (index + 1) * 0.01,
    current: sums(current),
    voltage: sums(voltage),
  };
}

export function recording(blocks: readonly BlockRecord[]): Recording {
  return { header: HEADER, blocks, edges: [], samples: [], summary: null };
}

/** A calibration as the budget of research has it: 4.6 mA of drift, gain 0.5 %, one code of non-linearity. */
export const CALIBRATION: MeterCalibration = {
  schema: 1,
  kind: 'acs712-05b',
  emulated: false,
  made_at: '2026-01-01T00:00:00.000Z',
  current: {
    zero_ratio: 0.5,
    counts_per_ampere: 37.888,
    u_zero_a: 0,
    u_gain: 0.005,
    residual_a: 0.002,
    points: [],
  },
  voltage: { volts_per_ratio: 10, u_gain: 0.005, points: [] },
};

/** Mean codes of a current and a voltage by that calibration. */
export function codes(ampere: number, volt: number): [number, number] {
  return [512 + ampere * 37.888, (volt / 10) * 1024];
}
