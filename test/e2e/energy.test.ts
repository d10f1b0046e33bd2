import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheFolder } from '../../pipeline/cli/installation.js';
import type { EvaluationEnergy } from '../../pipeline/contract/metering.js';
import type { ReportModel } from '../../stages/report/model/report.js';
import { openMeterPort, SUPPLY_V } from '../rig/meter-port.js';
import { INSTALLATION, PipelineRig, type RunResult } from '../rig/pipeline-rig.js';
import { CALIBRATION } from '../unit/power/blocks.js';

/** A file and texts that are there already: what is tried here begins where they meet a device. */
const PIPELINE = `version: 1
name: energy
axes: { device: [desk] }
stages:
  convert: { uses: command, with: { run: [cp, "{files.model}", "{outputs.tflite}"], files: { model: tiny.tflite }, outputs: { tflite: model.tflite } } }
  encode: { uses: command, with: { run: [cp, -r, "{files.test}/.", "{outputs.encoded-test}"], files: { test: test }, outputs: { encoded-test: test/ } } }
  deploy: { uses: deploy, from: [convert, encode], matrix: [device] }
  evaluate: { uses: evaluate, from: deploy }
  report: { uses: report, from: [evaluate@*] }
devices:
  desk: { root: ROOT, meter: { kind: acs712-05b, port: PORT, calibration: meters/desk.json } }
`;
const AMPERE = 0.6;

// LiteRT is loaded some ten times, and the protocol has its seconds of rest.
it.skipIf(process.platform === 'win32')(
  'a declared meter makes joules of each inference, from the board to the report; another calibration makes them anew',
  { timeout: 300_000 },
  async () => {
    await using rig = await PipelineRig.create();
    const python = (await rig.run(['doctor', '--python'], { timeoutSeconds: 600 })).stdout.trim();
    // Locks of devices are in the cache, and other tests measure at the same time.
    mkdirSync(rig.path('cache'));
    symlinkSync(join(cacheFolder(process.env), 'python'), rig.path('cache', 'python'));
    const pipeline = (args: readonly string[]): Promise<RunResult> =>
      rig.run(args, { env: { EDGELINE_CACHE: rig.path('cache') }, timeoutSeconds: 200 });
    const maker = join(INSTALLATION, 'test/rig/tiny_tflite.py');
    execFileSync(python, [maker, rig.path('tiny.tflite')], { stdio: 'ignore' });
    const rows = Array.from({ length: 12 }, (_, index) => ({
      id: String(index),
      entity: 'RL2013D01E001',
      label: index % 3,
      input_ids: Array.from({ length: 1 + (index % 4) }, (_, token) => (index * 7 + token) % 50),
    }));
    rig.write('test/test.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    rig.write('test/labels.json', '["NEGATIVE","NEUTRAL","POSITIVE"]');
    for (const name of ['encoding', 'tokenizer']) rig.write(`test/${name}.json`, '{}');
    const declared = (port: string): void =>
      rig.write('pipeline.yaml', PIPELINE.replace('ROOT', rig.path('near')).replace('PORT', port));

    declared('/dev/ttyNOTHING');
    const planned = await pipeline(['plan', 'evaluate']);
    expect(planned.stdout).toMatch(/meters\/desk\.json: there is no\s+such file/);

    rig.write('meters/desk.json', JSON.stringify(CALIBRATION));
    const unplugged = await pipeline(['run', 'evaluate']);
    expect(unplugged.exitCode).toBe(1);
    expect(unplugged.stdout + unplugged.stderr).toContain(
      "the meter's port /dev/ttyNOTHING cannot be opened",
    );

    const meter = await openMeterPort(AMPERE);
    try {
      declared(meter.path);
      const ran = await pipeline(['run', 'report']);
      expect(ran.exitCode, ran.stderr + ran.stdout.slice(-2000)).toBe(0);
      const out = 'artifacts/out/evaluate/device=desk/evaluation';
      const { energy } = JSON.parse(rig.read(`${out}/evaluation.json`)) as {
        readonly energy: EvaluationEnergy;
      };
      expect(energy).toMatchObject({ emulated: true, calibrated: true, short: true, findings: [] });
      const joules = AMPERE * SUPPLY_V * energy.measured_s;
      const { value = 0, u_k2 = 0 } = energy.total?.gross_j ?? {};
      expect(Math.abs(value - joules)).toBeLessThan(u_k2);
      expect(u_k2 / value).toBeLessThan(0.06);
      expect(rig.exists(`${out}/meter.jsonl`)).toBe(true);
      const report = JSON.parse(rig.read('artifacts/out/report/report/report.json')) as ReportModel;
      // INVALID where other tests keep this machine busy, which is the timing's fault and not the meter's.
      const [shown] = report.energy.flatMap(({ results }) => results);
      expect(shown).toMatchObject({ emulated: true, meter: 'acs712-05b' });
      expect(shown?.gross_j_per_inference).toEqual(energy.gross_j_per_inference);
      expect(shown?.invalid.filter(({ gate }) => gate.startsWith('meter'))).toEqual([]);
      expect(report.telemetry[0]?.power?.points.length).toBeGreaterThan(20);
      // Joules of a simulator are of no row; what the process took is, unless its timing does not count.
      const [taken] = report.efficiency;
      const isValid = report.validity[0]?.verdict === 'valid';
      expect([shown?.edp_js, taken?.energy]).toEqual([null, null]);
      expect((taken?.uss_bytes ?? 0) > 1e6).toBe(isValid);
      // No card of a conversion is among the inputs, to say whether the file pads its texts.
      expect(taken?.mean_tokens).toBeNull();

      // The port is where it is plugged in; the calibration is what figures are made of.
      declared('/dev/ttyACM7');
      expect((await pipeline(['plan', 'evaluate', '--check'])).exitCode).toBe(0);
      const other = { ...CALIBRATION, current: { ...CALIBRATION.current, counts_per_ampere: 37 } };
      rig.write('meters/desk.json', JSON.stringify(other));
      const plan = await pipeline(['plan', 'evaluate']);
      expect(plan.stdout).toMatch(/meter_calibration|meters\/desk\.json/);
    } finally {
      await meter.close();
    }
  },
);
