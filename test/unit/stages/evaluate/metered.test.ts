import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TELEMETRY_SUMMARY, type TelemetrySummary } from '../../../../pipeline/base/telemetry-summary.js';
import type { DeviceConfig } from '../../../../pipeline/contract/config.js';
import type { EvaluationEnergy } from '../../../../pipeline/contract/metering.js';
import type { StageContext } from '../../../../pipeline/contract/worker.js';
import { openDevice } from '../../../../pipeline/devices/open-device.js';
import { openDeviceMeter } from '../../../../pipeline/power/device-meter.js';
import { readRecording } from '../../../../pipeline/power/recording-file.js';
import { definition as deployStage } from '../../../../stages/deploy/definition.js';
import { run as deploy } from '../../../../stages/deploy/worker.js';
import { definition as evaluateStage } from '../../../../stages/evaluate/definition.js';
import { run as evaluate } from '../../../../stages/evaluate/worker.js';
import { type MeterPort, openMeterPort, SUPPLY_V } from '../../../rig/meter-port.js';
import { sshdAvailable, startSshd } from '../../../rig/sshd.js';
import { CALIBRATION } from '../../power/blocks.js';
import { stageContext, temporaryFolder } from '../stage-context.js';

const python = process.env.EDGELINE_TEST_PYTHON ?? '';
const noPython =
  python === '' ? 'EDGELINE_TEST_PYTHON does not name a Python with TensorFlow, LiteRT and psutil' : null;
const [IDLE_A, WORK_A] = [0.42, 0.87];
const PROTOCOL = {
  ...{ name: 'quick', before_s: 0.1, after_s: 1.2, rest_s: 1.2, warmup: 3, sample_hz: 10 },
  governor: 'as-shipped',
  windows: { count: 2, inferences: 16, seconds: 1, steady_s: 0.2 },
};
const METER = { kind: 'acs712-05b', class: 'measured_inline', arithmetic: 1 };

const title = `an evaluation with a meter at a pseudo-terminal${noPython === null ? '' : ` (skipped: ${noPython})`}`;
// Real models in real processes, and a meter that sends in real time.
describe.skipIf(noPython !== null || process.platform === 'win32')(title, { timeout: 120_000 }, () => {
  let folder: string;
  interface Deployed {
    readonly bundle: string;
    readonly deployment: string;
  }
  let bundle: Deployed;
  let port: MeterPort | undefined;

  function job(
    stage: typeof evaluateStage,
    device: DeviceConfig,
    given: Parameters<typeof stageContext>[1],
  ): ReturnType<typeof stageContext> {
    const made = stageContext(stage, given);
    const context: StageContext = {
      ...made.context,
      job: { ...made.context.job, python, device, coordinates: { device: device.name } },
      connect: () => openDevice(device, { localRoot: join(folder, 'devices'), python }),
    };
    return { ...made, context };
  }

  beforeAll(async () => {
    folder = temporaryFolder();
    const at = (name: string): string => join(folder, name);
    execFileSync(python, ['test/rig/tiny_tflite.py', at('tiny.tflite')], { stdio: 'ignore' });
    mkdirSync(at('test'));
    const rows = Array.from({ length: 30 }, (_, index) => ({
      id: String(index),
      entity: 'RL2013D01E001',
      label: index % 3,
      input_ids: Array.from({ length: 1 + ((index * 7) % 11) }, (_, token) => (index * 13 + token) % 50),
    }));
    writeFileSync(at('test/test.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    writeFileSync(at('test/labels.json'), '["NEGATIVE","NEUTRAL","POSITIVE"]');
    for (const name of ['encoding.json', 'tokenizer.json']) writeFileSync(at(`test/${name}`), '{}');
    writeFileSync(at('calibration.json'), JSON.stringify(CALIBRATION));
    bundle = await deployed(device());
  }, 90_000);
  async function deployed(to: DeviceConfig): Promise<Deployed> {
    const inputs = { tflite: join(folder, 'tiny.tflite'), test: join(folder, 'test') };
    const made = job(deployStage, to, { inputs });
    expect(await deploy(made.context)).toMatchObject({ ok: true });
    const { bundle: tree = '', receipt = '' } = made.outputs;
    return { bundle: tree, deployment: receipt };
  }

  afterEach(async () => {
    await port?.close();
    port = undefined;
  });

  const device = (path = 'nowhere'): DeviceConfig => ({
    name: 'desk',
    transport: 'local',
    threads: 1,
    meter: { kind: 'acs712-05b', port: path },
  });

  /** @param onPhase what happens at the meter when the agent says what it does */
  function metered(
    path: string,
    onPhase: (phase: string) => void,
    {
      at: config = device(path),
      from = bundle,
      protocol = {},
    }: { at?: DeviceConfig; from?: Deployed; protocol?: Partial<typeof PROTOCOL> } = {},
  ) {
    const calibration = join(folder, 'calibration.json');
    const made = job(evaluateStage, config, {
      options: { protocol: { ...PROTOCOL, ...protocol }, threads: 1, meter: METER },
      inputs: { ...from },
      external: { meter_calibration: calibration },
    });
    const context: StageContext = {
      ...made.context,
      progress: (_done, _total, _unit, phase) => onPhase(phase ?? ''),
      meter: async () => openDeviceMeter(config.meter ?? { kind: 'none' }, calibration),
    };
    return { ...made, context };
  }

  const documentOf = (out: string) =>
    JSON.parse(readFileSync(join(out, 'evaluation.json'), 'utf8')) as {
      readonly energy: EvaluationEnergy;
      readonly verdict: string;
      readonly gates: readonly {
        readonly gate: string;
        readonly verdict: string;
        readonly message: string;
        readonly samples: readonly { readonly t_s: number; readonly value: number }[];
      }[];
      readonly windows: readonly { readonly from_s: number; readonly to_s: number; readonly n: number }[];
    };

  it('knows the energy of each window within its uncertainty, gross and net of idle', async () => {
    const meter = await openMeterPort(IDLE_A);
    port = meter;
    const { context, outputs, warnings } = metered(
      meter.path,
      (phase) => {
        if (phase.startsWith('warming up for window')) meter.ampere = WORK_A;
        if (phase === 'idle after') meter.ampere = IDLE_A;
      },
      // Warming up takes long enough to see that it has begun, and to let more current flow before the first window.
      { protocol: { warmup: 20_000, after_s: 4 } },
    );
    const result = await evaluate(context);
    expect(result).toMatchObject({ ok: true, value: { tweets: 30 } });
    const out = outputs.evaluation ?? '';
    const { energy, windows, gates, verdict } = documentOf(out);
    expect(energy.findings).toEqual([]);
    expect(energy).toMatchObject({
      meter: 'acs712-05b',
      power_class: 'measured_inline',
      emulated: true,
      calibrated: true,
      verdict: 'valid',
      short: true,
      needed_s: 600,
    });
    // No other gate looks at the meter; this machine may be busy with other tests.
    expect(warnings.filter((text) => text.includes('energy'))).toEqual([]);
    expect(gates.find(({ gate }) => gate === 'power-samples')).toMatchObject({ verdict: 'passed' });
    expect(['valid', 'invalid']).toContain(verdict);
    const watts = { idle: IDLE_A * SUPPLY_V, work: WORK_A * SUPPLY_V };
    expect(energy.windows).toHaveLength(2);
    for (const [index, { figure, inferences, gross_j_per_inference }] of energy.windows.entries()) {
      const { from_s = 0, to_s = 0, n = 0 } = windows[index] ?? {};
      const gross = watts.work * (to_s - from_s);
      const net = gross - watts.idle * (to_s - from_s);
      expect(figure.window).toEqual({ clock: 'board', from_s, to_s });
      expect(Math.abs(figure.gross_j.value - gross)).toBeLessThan(figure.gross_j.u_k2);
      expect(Math.abs((figure.net_j?.value ?? 0) - net)).toBeLessThan(figure.net_j?.u_k2 ?? 0);
      expect(figure.gross_j.value / gross).toBeCloseTo(1, 2);
      expect(Math.abs((figure.net_j?.value ?? 0) / net - 1)).toBeLessThan(0.03);
      // Every resize has an inference of its own, which is not timed and uses energy like any other.
      expect(inferences).toBeGreaterThan(n);
      expect(gross_j_per_inference.value).toBeCloseTo(figure.gross_j.value / inferences, 12);
    }
    const { total } = energy;
    expect(total?.measured_s).toBeCloseTo(
      windows.reduce((sum, { from_s, to_s }) => sum + to_s - from_s, 0),
      9,
    );
    expect(energy.mean_w?.value).toBeCloseTo(watts.work, 1);
    expect(energy.idle_w?.value).toBeCloseTo(watts.idle, 1);
    // What both windows share does not become smaller by there being two.
    const shares = [total, energy.windows[0]?.figure].map((one) =>
      one === null || one === undefined ? 0 : one.gross_j.u_k2 / one.gross_j.value,
    );
    expect((shares[0] ?? 0) / (shares[1] ?? 1)).toBeGreaterThan(0.8);
    expect(
      (energy.inferences_per_joule?.value ?? 0) * (energy.gross_j_per_inference?.value ?? 0),
    ).toBeCloseTo(1, 9);

    // The raw recording is there, without the answers before it, and so is what the report draws.
    const kept = readRecording(join(out, 'meter.jsonl'));
    expect(kept.ok && kept.value.summary).toMatchObject({ dropped: 0, emulated: true });
    const power = readFileSync(join(out, 'power.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as { readonly t_s: number; readonly power_w: number });
    const within = power.filter(({ t_s }) =>
      windows.some(({ from_s, to_s }) => t_s > from_s + 0.1 && t_s < to_s - 0.1),
    );
    expect(within.length).toBeGreaterThan(10);
    const summary = JSON.parse(readFileSync(join(out, TELEMETRY_SUMMARY), 'utf8')) as TelemetrySummary;
    expect(summary.power?.samples).toBe(power.length);
    for (const { power_w } of within) expect(power_w).toBeCloseTo(watts.work, 2);
  });

  it.skipIf(sshdAvailable() !== null)(
    'of a board that is out of reach for a while loses nothing',
    async () => {
      const sshd = await startSshd();
      try {
        const meter = await openMeterPort(WORK_A);
        port = meter;
        const config: DeviceConfig = {
          ...device(meter.path),
          ...{ transport: 'ssh', host: `${sshd.user}@${sshd.host}`, port: sshd.port, python },
          ...{ identity_file: sshd.identityFile, known_hosts_file: sshd.knownHostsFile },
          root: join(folder, 'far away'),
        };
        let isDropped = false;
        const from = await deployed(config);
        const { context, outputs, warnings } = metered(
          meter.path,
          (phase) => {
            if (phase !== 'window 1' || isDropped) return;
            isDropped = true;
            sshd.dropConnections();
          },
          { at: config, from },
        );
        expect(await evaluate(context)).toMatchObject({ ok: true, value: { tweets: 30 } });
        expect(warnings.some((text) => text.includes('link to desk was lost'))).toBe(true);
        const { energy } = documentOf(outputs.evaluation ?? '');
        expect(energy).toMatchObject({ verdict: 'valid', findings: [] });
        expect(energy.clock?.u_y0_s).toBeLessThan(0.2);
        const joules = WORK_A * SUPPLY_V * energy.measured_s;
        expect(Math.abs((energy.total?.gross_j.value ?? 0) - joules)).toBeLessThan(
          energy.total?.gross_j.u_k2 ?? 0,
        );
        // The board drew the same at rest.
        expect(Math.abs(energy.total?.net_j?.value ?? 1)).toBeLessThan(energy.total?.net_j?.u_k2 ?? 0);
      } finally {
        await sshd.stop();
      }
    },
  );

  it('is INVALID where blocks are missing, with time and cause, and its timing is not', async () => {
    const meter = await openMeterPort(IDLE_A);
    port = meter;
    let isDropped = false;
    const { context, outputs, warnings } = metered(meter.path, (phase) => {
      if (phase === 'window 2' && !isDropped) {
        isDropped = true;
        meter.drop(10);
      }
    });
    const result = await evaluate(context);
    expect(result).toMatchObject({ ok: true, value: { joules_per_inference: 'INVALID' } });
    const { energy, windows, gates, verdict } = documentOf(outputs.evaluation ?? '');
    expect(energy.verdict).toBe('invalid');
    expect(energy.findings.map(({ gate }) => gate)).toEqual(['meter-dropped']);
    expect(energy.windows.map(({ figure }) => figure.invalid.length)).toEqual([0, 1]);
    const gate = gates.find((one) => one.gate === 'power-samples');
    expect(gate).toMatchObject({ verdict: 'failed' });
    expect(gate?.message).toMatch(/^\d+\.\d\d % of the power samples in window 2 are missing.*, first at /);
    const [{ t_s, value } = { t_s: 0, value: 0 }] = gate?.samples ?? [];
    expect(value).toBe(10);
    expect(t_s).toBeGreaterThan((windows[1]?.from_s ?? 0) - 0.1);
    expect(t_s).toBeLessThan(windows[1]?.to_s ?? 0);
    expect(warnings.some((text) => text.startsWith('the energy is INVALID on desk (power-samples)'))).toBe(
      true,
    );
    const others = gates.filter((one) => one.gate !== 'power-samples' && one.verdict === 'failed');
    expect(verdict).toBe(others.length === 0 ? 'valid' : 'invalid');
  });

  it('keeps its timing when the meter is pulled in the middle, and says when that was', async () => {
    const meter = await openMeterPort(IDLE_A);
    port = meter;
    const { context, outputs } = metered(meter.path, (phase) => {
      if (phase === 'window 1') void meter.close();
    });
    expect(await evaluate(context)).toMatchObject({ ok: true, value: { tweets: 30 } });
    port = undefined;
    const { energy, windows, gates } = documentOf(outputs.evaluation ?? '');
    expect(windows).toHaveLength(2);
    expect(energy.verdict).toBe('invalid');
    expect(energy.findings.map(({ gate }) => gate)).toContain('window-outside');
    expect(gates.find(({ gate }) => gate === 'power-samples')?.message).toContain(
      'window 2 is not within what the meter recorded (window-outside)',
    );
  });

  it.each([
    ['is not there', '/dev/ttyNOTHING', 'meter-port', '/dev/ttyNOTHING cannot be opened'],
    ['has other firmware', null, 'meter-silent', 'firmware of protocol 9'],
  ])('fails before anything is measured where the meter %s', async (_, path, code, words) => {
    port = path === null ? await openMeterPort(IDLE_A, 9) : undefined;
    const phases: string[] = [];
    const { context, outputs } = metered(path ?? port?.path ?? '', (phase) => phases.push(phase));
    expect(await evaluate(context)).toMatchObject({
      ok: false,
      error: { code, message: expect.stringContaining(words), hint: expect.any(String) },
    });
    expect(phases).toEqual([]);
    expect(existsSync(outputs.evaluation ?? '')).toBe(false);
    // The port is free again.
    await sleep(50);
  });
});
