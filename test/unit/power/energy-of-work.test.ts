import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MeteredEnergy, MeteredWork } from '../../../pipeline/contract/metering.js';
import { openDeviceMeter } from '../../../pipeline/power/device-meter.js';
import { energyOfWork, surroundingsOf } from '../../../pipeline/power/energy-of-work.js';
import { keepPart } from '../../../pipeline/power/keep-part.js';
import { type Recording, readRecording } from '../../../pipeline/power/recording-file.js';
import { writeRecording } from '../../../pipeline/power/write-recording.js';
import { temporaryFolder } from '../stages/stage-context.js';
import { CALIBRATION } from './blocks.js';
import { WATTS, WORK, workRecording } from './work.js';

function energyOf(recording: Recording, work: MeteredWork = WORK): MeteredEnergy {
  const result = energyOfWork(recording, CALIBRATION, work);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe('energy of the windows of one piece of work', () => {
  it('is known for each window and for all together, on the clock of the board', () => {
    const { windows, total, clock, power } = energyOf(workRecording());
    for (const [index, figure] of windows.entries()) {
      expect(figure.window).toEqual({ clock: 'board', ...WORK.windows[index] });
      expect(figure.gross_j.value / (4 * WATTS.work)).toBeCloseTo(1, 3);
      expect((figure.net_j?.value ?? 0) / (4 * (WATTS.work - WATTS.idle))).toBeCloseTo(1, 2);
    }
    expect(total.measured_s).toBe(8);
    expect(total.gross_j.value).toBeCloseTo((windows[0]?.gross_j.value ?? 0) * 2, 1);
    expect(total.invalid).toEqual([]);
    expect(clock).toMatchObject({ from: 'meter', to: 'board' });
    expect(clock.y0_s + clock.rate * (0 - clock.x0_s)).toBeCloseTo(100, 3);
    const at = (t_s: number) => power.find((point) => Math.abs(point.t_s - t_s) < 0.06)?.power_w;
    expect(at(105)).toBeCloseTo(WATTS.idle, 3);
    expect(at(112)).toBeCloseTo(WATTS.work, 3);
    expect(at(125)).toBeCloseTo(WATTS.idle, 3);
  });

  it('has an uncertainty that two windows do not halve, since they share what the meter does not know', () => {
    const { windows, total } = energyOf(workRecording());
    const [first] = windows;
    const share = ({ value, u_k2 }: { value: number; u_k2: number }) => u_k2 / value;
    const ratio = share(total.gross_j) / share(first?.gross_j ?? { value: 1, u_k2: 0 });
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.1);
  });

  it('counts what the clocks do not know: the ends of a window are as uncertain as they are', () => {
    const edges = (work: MeteredWork) =>
      energyOf(workRecording(), work).windows[0]?.budget.find(({ name }) => name === 'window-edges')
        ?.gross_j ?? 0;
    const known = edges(WORK);
    const rough = edges({ ...WORK, momentError_s: 0.2 });
    // 0.2 s, rectangular, of one reading: at both ends 4 W flow in and out.
    expect(rough).toBeGreaterThan(10 * known);
    expect(rough).toBeLessThan(0.2 * Math.SQRT2 * WATTS.work);
  });

  it('says on the clock of the board which blocks are missing, and in which window', () => {
    const lossy = energyOf(workRecording((index) => index < 1700 || index >= 1720));
    expect(lossy.windows.map(({ invalid }) => invalid.length)).toEqual([0, 1]);
    expect(lossy.total.invalid).toEqual([
      {
        gate: 'meter-dropped',
        message: expect.stringContaining('% of the power samples in window 2 are missing'),
        samples: [
          {
            from_s: expect.closeTo(116.995, 2),
            to_s: expect.closeTo(117.205, 2),
            missing: 20,
            restarted: false,
          },
        ],
      },
    ]);
    expect(energyOf(workRecording((index) => index < 1450 || index >= 1470)).total.invalid).toEqual([]);
  });

  it('is INVALID from where a meter was pulled on', () => {
    const { total, windows } = energyOf(workRecording((index) => index < 1600));
    expect(windows.map(({ invalid }) => invalid.map(({ gate }) => gate))).toEqual([
      ['idle-outside'],
      ['window-outside', 'idle-outside'],
    ]);
    expect(total.invalid[0]?.samples).toEqual([{ from_s: expect.closeTo(115.995, 2), to_s: 119 }]);
  });

  it('is none without samples', () => {
    expect(
      energyOfWork(
        workRecording(() => false),
        CALIBRATION,
        WORK,
      ),
    ).toMatchObject({
      ok: false,
      error: { message: 'the recording has no samples' },
    });
  });
});

describe('what is kept of a recording of hours', () => {
  it('is what arrived from before the first rest to after the last, raw, with a summary of its own', async () => {
    const folder = temporaryFolder();
    const whole = workRecording((index) => index !== 400 && index !== 1500);
    writeRecording(join(folder, 'all.jsonl'), {
      ...whole,
      edges: [{ record: 'edge', seq: 0, t_us: 15_000_000, host_s: 1015, level: 1 }],
    });
    const work = { ...WORK, idle: [{ from_s: 107, to_s: 109 }] };
    const span = surroundingsOf(work);
    expect(span).toEqual({ from_s: expect.closeTo(1005, 3), to_s: expect.closeTo(1021, 3) });
    const kept = await keepPart(join(folder, 'all.jsonl'), join(folder, 'kept.jsonl'), span);
    if (!kept.ok) throw new Error(kept.error.message);
    expect(kept.value.blocks.length).toBeGreaterThan(1595);
    expect(kept.value.blocks.length).toBeLessThan(1603);
    expect(kept.value.blocks[10]).toEqual(whole.blocks.find(({ seq }) => seq === kept.value.blocks[10]?.seq));
    expect(kept.value.summary).toMatchObject({ dropped: 1, edges: 1, duration_s: expect.closeTo(16, 1) });
    expect(readRecording(join(folder, 'kept.jsonl'))).toEqual(kept);
  });
});

describe("a device's meter", () => {
  it('is refused with the calibration of another kind', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'c.json');
    writeFileSync(path, JSON.stringify({ ...CALIBRATION, kind: 'acs712-20a' }));
    expect(openDeviceMeter({ kind: 'acs712-05b', port: 'p' }, path)).toMatchObject({
      ok: false,
      error: { reason: 'file', message: expect.stringContaining("acs712-20a, the device's is acs712-05b") },
    });
    writeFileSync(path, '{}');
    expect(openDeviceMeter({ kind: 'acs712-05b', port: 'p' }, path)).toMatchObject({ ok: false });
    expect(openDeviceMeter({ kind: 'acs712-05b', port: 'p' }, undefined)).toMatchObject({ ok: true });
  });
});
