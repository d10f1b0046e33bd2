import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, type Json } from '../../../../pipeline/base/canonical.js';
import type { DeviceConfig } from '../../../../pipeline/contract/config.js';
import type { JobDocument, StageContext } from '../../../../pipeline/contract/worker.js';
import { openDevice } from '../../../../pipeline/devices/open-device.js';
import { run as deploy } from '../../../../stages/deploy/worker.js';

export const python = process.env.EDGELINE_TEST_PYTHON ?? '';
export const noPython =
  python === '' ? 'EDGELINE_TEST_PYTHON does not name a Python with TensorFlow, LiteRT and psutil' : null;
export const LABELS = ['NEGATIVE', 'NEUTRAL', 'POSITIVE'];
export const ROWS = Array.from({ length: 30 }, (_, index) => ({
  id: String(4_000_000_000_000_000_000n + BigInt(index)),
  entity: index < 8 ? 'RL2013D01E001' : 'RL2013D01E002',
  label: index % 3,
  input_ids: Array.from({ length: 1 + ((index * 7) % 11) }, (_, token) => (index * 13 + token * 5) % 50),
}));

export const PROTOCOL = {
  ...{ name: 'quick', before_s: 0.4, after_s: 0.4, warmup: 3, sample_hz: 10, governor: 'as-shipped' },
  windows: { count: 2, inferences: 16, seconds: 0.5, steady_s: 0.2 },
};

/** A folder with a real model and test set, and what the stages `deploy` and `evaluate` need to work on it here. */
export function workbench() {
  let folder = '';
  const at = (...parts: string[]) => join(folder, ...parts);

  /** A stage's context as the engine makes it, which keeps what the worker says. */
  function contextOf(
    device: DeviceConfig,
    name: string,
    inputs: Record<string, string>,
    outputs: Record<string, string>,
    options: Record<string, Json> = {},
    key = name,
  ) {
    const said: { phases: string[]; log: string[] } = { phases: [], log: [] };
    const controller = new AbortController();
    mkdirSync(at(name), { recursive: true });
    const job: JobDocument = {
      schema: 1,
      instance: name,
      stage: name,
      uses: name,
      key: digestOf(key),
      study: 'test',
      profile: [],
      coordinates: { device: device.name },
      options,
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([input, path]) => [
          input,
          [
            {
              path,
              digest: digestOf(path),
              artifact: input,
              output: input,
              instance: 'i',
              stage: 's',
              coordinates: {},
              key: 'k',
            },
          ],
        ]),
      ),
      external: {},
      outputs: Object.fromEntries(Object.entries(outputs).map(([output, path]) => [output, at(name, path)])),
      out_dir: at(name),
      scratch_dir: at(name, 'scratch'),
      cache_dir: at('cache'),
      threads: 1,
      device,
      python,
    };
    const context: StageContext = {
      job,
      signal: controller.signal,
      progress: (_done, _total, _unit, phase) => said.phases.push(phase ?? ''),
      metric: () => undefined,
      log: (level, message) => said.log.push(`${level}: ${message}`),
      connect: () => openDevice(device, { localRoot: at('devices'), python }),
    };
    return { context, said, controller, job };
  }

  async function deployed(device: DeviceConfig, name: string, model = at('tiny.tflite')) {
    const made = contextOf(
      device,
      name,
      { tflite: model, test: at('test') },
      { bundle: 'bundle', receipt: 'deployment.json' },
    );
    const result = await deploy(made.context);
    return { result, bundle: at(name, 'bundle'), deployment: at(name, 'deployment.json'), said: made.said };
  }

  function evaluation(
    device: DeviceConfig,
    name: string,
    from: { bundle: string; deployment: string },
    more: Record<string, Json> = {},
  ) {
    const inputs = { bundle: from.bundle, deployment: from.deployment };
    const options = { protocol: PROTOCOL, threads: 1, ...more };
    return contextOf(device, name, inputs, { evaluation: 'evaluation' }, options);
  }

  function prepare(): void {
    folder = mkdtempSync(join(tmpdir(), 'edgeline-evaluate-'));
    process.env.EDGELINE_LEASES = at('leases');
    const maker = 'test/rig/tiny_tflite.py';
    execFileSync(python, [maker, at('tiny.tflite')], { stdio: 'ignore' });
    execFileSync(python, [maker, at('exploding.tflite'), '--explode'], { stdio: 'ignore' });
    mkdirSync(at('test'));
    writeFileSync(at('test/test.jsonl'), ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''));
    writeFileSync(at('test/labels.json'), JSON.stringify(LABELS));
    // Part of every bundle; no measurement reads them.
    for (const name of ['encoding.json', 'tokenizer.json']) writeFileSync(at(`test/${name}`), '{}');
  }

  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  return { at, contextOf, deployed, evaluation, prepare, remove };
}
