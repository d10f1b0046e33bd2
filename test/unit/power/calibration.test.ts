import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type CalibrationPoint, calibrate, readCalibration } from '../../../pipeline/power/calibration.js';
import { normals } from '../../../pipeline/power/random.js';
import type { Recording } from '../../../pipeline/power/recording-file.js';
import { sensorFacts } from '../../../pipeline/power/sensor.js';
import { block, HEADER, recording } from './blocks.js';

const MADE = new Date('2026-01-02T03:04:05Z');
const folder = mkdtempSync(join(tmpdir(), 'edgeline-calibration-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A sensor with a zero, a gain and a bow of its own. */
function at(ampere: number, seed: number, bow = 0): Recording {
  const normal = normals(seed);
  const code = 514.2 + 37.4 * ampere + bow * ampere * (1.5 - ampere);
  return recording(
    Array.from({ length: 500 }, (_, index) => block(index, code + 0.1 * normal(), (5.05 / 9.9) * 1024)),
  );
}

function sweep(bow = 0, volt: number | null = 5.05): CalibrationPoint[] {
  return [0.25, 0.5, 0.75, 1, 1.25, 1.5].map((ampere, index) => ({
    ampere,
    volt,
    recording: at(ampere, index + 2, bow),
  }));
}

describe('a calibration', () => {
  it('finds zero, gain and voltage of a sensor, and keeps its points', () => {
    const made = calibrate(at(0, 1), sweep(), MADE);
    if (!made.ok) throw new Error(made.error.message);
    const { current, voltage } = made.value;
    expect(made.value).toMatchObject({
      schema: 1,
      kind: 'acs712-05b',
      emulated: false,
      made_at: '2026-01-02T03:04:05.000Z',
    });
    expect(current.zero_ratio * 1024).toBeCloseTo(514.2, 1);
    expect(current.counts_per_ampere).toBeCloseTo(37.4, 1);
    expect(current.points).toHaveLength(6);
    expect(current.residual_a).toBeLessThan(0.001);
    // The multimeter's half percent is what remains.
    expect(current.u_gain).toBeCloseTo(0.005, 4);
    expect(voltage?.volts_per_ratio).toBeCloseTo(9.9, 2);
  });

  it('says how far a bent sensor is from its line', () => {
    const made = calibrate(at(0, 1), sweep(1.5), MADE);
    if (!made.ok) throw new Error(made.error.message);
    // Largest in the middle, 0.75 A: 1.5 * 0.75^2 codes less what the line takes up of it.
    expect(made.value.current.residual_a).toBeGreaterThan(0.005);
    expect(made.value.current.residual_a).toBeLessThan(0.025);
    expect(made.value.current.u_gain).toBeGreaterThan(0.005);
  });

  it('leaves voltage out where it was not read off', () => {
    const made = calibrate(at(0, 1), sweep(0, null), MADE);
    expect(made.ok && made.value.voltage).toBeNull();
  });

  it('is emulated where one recording is', () => {
    const [first, ...rest] = sweep();
    if (first === undefined) throw new Error('no points');
    const simulated = { ...first, recording: { ...first.recording, header: { ...HEADER, emulated: true } } };
    const made = calibrate(at(0, 1), [simulated, ...rest], MADE);
    expect(made.ok && made.value.emulated).toBe(true);
  });

  it.each([
    ['four points', sweep().slice(0, 4), 'the sweep has 4 currents'],
    ['the same current five times', Array.from({ length: 5 }, () => sweep()[0]), 'the sweep has 1 currents'],
    [
      'wires the wrong way round',
      sweep().map((point) => ({ ...point, ampere: -point.ampere })),
      'counts per ampere',
    ],
    [
      'milliamperes',
      sweep().map((point) => ({ ...point, ampere: point.ampere * 1000 })),
      'counts per ampere',
    ],
    [
      'a short recording',
      sweep().map((point) => ({ ...point, recording: recording(point.recording.blocks.slice(0, 50)) })),
      'has 0.5 s',
    ],
  ])('is refused with %s', (_, points, message) => {
    const made = calibrate(at(0, 1), points as CalibrationPoint[], MADE);
    expect(made.ok ? '' : made.error.message).toContain(message);
  });

  it('is read again, and nothing else is', () => {
    const made = calibrate(at(0, 1), sweep(), MADE);
    if (!made.ok) throw new Error(made.error.message);
    const file = join(folder, 'c.json');
    writeFileSync(file, JSON.stringify(made.value));
    expect(readCalibration(file)).toEqual({ ok: true, value: made.value });
    for (const text of ['{', '[]', '{}', JSON.stringify({ ...made.value, schema: 2 })]) {
      writeFileSync(file, text);
      const read = readCalibration(file);
      expect(read.ok ? '' : read.error.message).toContain('is not a calibration of a meter');
    }
  });
});

describe('the datasheet', () => {
  it('gives the counts per ampere of the research', () => {
    expect(sensorFacts('acs712-05b').countsPerAmpere).toBeCloseTo(37.9, 1);
    expect(sensorFacts('acs712-20a').countsPerAmpere).toBeCloseTo(20.5, 1);
    expect(sensorFacts('acs712-30a').countsPerAmpere).toBeCloseTo(13.5, 1);
  });
});
