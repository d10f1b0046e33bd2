import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EnergyFigure, MeterCalibration, RecordingSummary } from '../../pipeline/contract/meter.js';
import { SerialMeter } from '../../pipeline/power/serial-meter.js';
import { PipelineRig } from '../rig/pipeline-rig.js';
import {
  buildUno,
  type Segment,
  startUno,
  truePower,
  trueVoltage,
  type UnoTruth,
  unoAvailable,
} from '../rig/uno.js';

const missing = unoAvailable();
const folder = mkdtempSync(join(tmpdir(), 'edgeline-uno-'));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Recorded {
  readonly truth: UnoTruth;
  readonly summary: RecordingSummary;
}

/** Records all that a simulated Uno sends, through the real serial library and a pseudo-terminal. */
async function record(
  name: string,
  segments: readonly Segment[],
  options: Parameters<typeof startUno>[2],
): Promise<Recorded> {
  const uno = await startUno(folder, segments, options);
  try {
    const meter = new SerialMeter({ kind: 'acs712-05b', port: uno.port, powerClass: 'measured_inline' });
    const started = meter.start(at(name));
    // Opening a port throws away what waits in it.
    await sleep(500);
    uno.go();
    expect(await started).toEqual({ ok: true, value: undefined });
    const truth = await uno.truth;
    for (let before = -1; before !== meter.recordedSeconds; ) {
      before = meter.recordedSeconds;
      await sleep(300);
    }
    const summary = await meter.stop();
    if (!summary.ok) throw new Error(summary.error.message);
    return { truth, summary: summary.value };
  } finally {
    uno.stop();
  }
}

// The processor of an Uno is simulated cycle by cycle, at about its own speed: some 90 s of it.
describe.skipIf(missing !== null)(
  `the Uno's firmware in simavr${missing === null ? '' : ` (skipped: ${missing})`}`,
  () => {
    let rig: PipelineRig;

    beforeAll(async () => {
      buildUno(folder);
      rig = await PipelineRig.create({ shared: true });
    }, 120_000);
    afterAll(() => rig[Symbol.asyncDispose]());

    it('is calibrated, and gives a known energy within its uncertainty and within 0.1 %', async () => {
      const level = 0 as const;
      await record('zero.jsonl', [{ seconds: 5, amperes: 0, level }], { seed: 1 });
      const points: string[] = [];
      for (const [index, amperes] of [0.25, 0.5, 0.75, 1, 1.25, 1.5].entries()) {
        const file = `point-${index}.jsonl`;
        await record(file, [{ seconds: 5, amperes, level }], { seed: 2 + index });
        points.push('--point', `${amperes},${trueVoltage(amperes)}=${at(file)}`);
      }
      const made = await rig.run([
        'meter',
        'calibrate',
        '--zero',
        at('zero.jsonl'),
        ...points,
        '--out',
        at('c.json'),
        '--json',
      ]);
      expect(made.exitCode).toBe(0);
      const calibration = made.json() as MeterCalibration;
      expect(calibration.emulated).toBe(true);
      console.log(
        `zero ${calibration.current.zero_ratio}, ${calibration.current.counts_per_ampere} counts/A, residual ${calibration.current.residual_a} A`,
      );

      const load: Segment[] = [
        { seconds: 8, amperes: 0.42, level: 0 },
        { seconds: 20, amperes: 0.87, level: 1 },
        { seconds: 8, amperes: 0.42, level: 0 },
      ];
      const { truth, summary } = await record('load.jsonl', load, { seed: 20 });
      expect(summary).toMatchObject({ dropped: 0, damaged: 0, edges: 2, emulated: true });
      const arguments_ = [
        'meter',
        'energy',
        at('load.jsonl'),
        '--idle',
        '1:7',
        '--idle',
        '30:35',
        '--paper-v1',
        '--json',
      ];
      const calibrated = await rig.run([...arguments_, '--calibration', at('c.json')]);
      expect(calibrated.exitCode).toBe(0);
      const figure = calibrated.json() as EnergyFigure;
      const [rise, fall] = truth.edges;
      const seconds = (fall?.t ?? 0) - (rise?.t ?? 0);
      const gross = truePower(0.87) * seconds;
      const net = gross - truePower(0.42) * seconds;
      const share = (value: number, true_: number): number => Math.abs(value / true_ - 1);
      console.log(
        `EMULATED: true ${gross} J gross, ${net} J net; measured ${JSON.stringify([figure.gross_j, figure.net_j])}`,
      );
      expect(figure).toMatchObject({
        emulated: true,
        calibrated: true,
        power_class: 'measured_inline',
        invalid: [],
      });
      expect(Math.abs(figure.gross_j.value - gross)).toBeLessThan(figure.gross_j.u_k2);
      expect(Math.abs((figure.net_j?.value ?? 0) - net)).toBeLessThan(figure.net_j?.u_k2 ?? 0);
      expect(share(figure.gross_j.value, gross)).toBeLessThan(0.001);
      expect(share(figure.net_j?.value ?? 0, net)).toBeLessThan(0.001);

      // Without calibration the same recording is off by percents, and its uncertainty says so.
      const plain = await rig.run(arguments_);
      const rough = plain.json() as EnergyFigure;
      expect(share(rough.gross_j.value, gross)).toBeGreaterThan(0.01);
      expect(Math.abs(rough.gross_j.value - gross)).toBeLessThan(rough.gross_j.u_k2);
      // The paper's eq. (5) sees a voltage near 2.6 V and calls it a current, whatever flows.
      expect(share(rough.paper_v1?.equation_5_mean_w ?? 0, truePower(0.87))).toBeGreaterThan(1);
    }, 300_000);

    it('counts every damaged and missing line, and the figure is INVALID', async () => {
      const load: Segment[] = [
        { seconds: 2, amperes: 0.42, level: 0 },
        { seconds: 10, amperes: 0.87, level: 1 },
        { seconds: 2, amperes: 0.42, level: 0 },
      ];
      const { truth, summary } = await record('bad.jsonl', load, {
        seed: 30,
        garbageEvery: 101,
        dropEvery: 97,
      });
      expect(truth.damaged_lines).toBeGreaterThan(10);
      expect(truth.dropped_blocks).toBeGreaterThan(10);
      expect(summary.damaged).toBe(truth.damaged_lines);
      expect(summary.dropped).toBe(truth.dropped_blocks + truth.damaged_blocks);
      const kept = readFileSync(at('bad.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => line.includes('"damaged"'));
      expect(kept.length).toBeGreaterThanOrEqual(truth.damaged_lines);
      const result = await rig.run(['meter', 'energy', at('bad.jsonl'), '--json']);
      expect(result.exitCode).toBe(1);
      const figure = result.json() as EnergyFigure;
      expect(figure.invalid.map(({ gate }) => gate)).toEqual(['meter-dropped']);
      expect(figure.invalid[0]?.samples.length).toBeGreaterThan(5);
    }, 120_000);
  },
);
