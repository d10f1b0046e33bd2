import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, type Json } from '../../../../pipeline/base/canonical.js';
import type { DeviceConfig } from '../../../../pipeline/contract/config.js';
import type { JobDocument, StageContext } from '../../../../pipeline/contract/worker.js';
import { openDevice } from '../../../../pipeline/devices/open-device.js';
import { run as deploy } from '../../../../stages/deploy/worker.js';
import { run as evaluate } from '../../../../stages/evaluate/worker.js';
import { sshdAvailable, startSshd, type TestSshd } from '../../../rig/sshd.js';

const python = process.env.EDGELINE_TEST_PYTHON ?? '';
const noPython =
  python === '' ? 'EDGELINE_TEST_PYTHON does not name a Python with TensorFlow, LiteRT and psutil' : null;
const LABELS = ['NEGATIVE', 'NEUTRAL', 'POSITIVE'];
const ROWS = Array.from({ length: 30 }, (_, index) => ({
  id: String(4_000_000_000_000_000_000n + BigInt(index)),
  entity: index < 8 ? 'RL2013D01E001' : 'RL2013D01E002',
  label: index % 3,
  input_ids: Array.from({ length: 1 + ((index * 7) % 11) }, (_, token) => (index * 13 + token * 5) % 50),
}));

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const readLines = (path: string) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

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

const PROTOCOL = {
  ...{ name: 'quick', before_s: 0.4, after_s: 0.4, warmup: 3, sample_hz: 10, governor: 'as-shipped' },
  windows: { count: 2, inferences: 16, seconds: 0.5, steady_s: 0.2 },
};

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

/** Whether a process is there and is no zombie that nobody waited for. */
function works(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'));
}

const title = `deploy and evaluate${noPython === null ? '' : ` (skipped: ${noPython})`}`;
// A real model runs in real processes, with idle time before and after.
describe.skipIf(noPython !== null)(title, { timeout: 180_000 }, () => {
  let sshd: TestSshd | undefined;
  const devices: Record<string, DeviceConfig> = {};

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'edgeline-evaluate-'));
    const maker = 'test/rig/tiny_tflite.py';
    execFileSync(python, [maker, at('tiny.tflite')], { stdio: 'ignore' });
    execFileSync(python, [maker, at('exploding.tflite'), '--explode'], { stdio: 'ignore' });
    mkdirSync(at('test'));
    writeFileSync(at('test/test.jsonl'), ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''));
    writeFileSync(at('test/labels.json'), JSON.stringify(LABELS));
    // Part of every bundle; no measurement reads them.
    for (const name of ['encoding.json', 'tokenizer.json']) writeFileSync(at(`test/${name}`), '{}');
    devices.local = { name: 'local', transport: 'local', threads: 1 };
    if (sshdAvailable() === null) {
      sshd = await startSshd();
      devices.ssh = {
        name: 'ssh',
        transport: 'ssh',
        host: `${sshd.user}@${sshd.host}`,
        port: sshd.port,
        identity_file: sshd.identityFile,
        known_hosts_file: sshd.knownHostsFile,
        python,
        root: at('far away'),
        threads: 1,
      };
    }
  }, 90_000);
  afterAll(async () => {
    await sshd?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const device = (name: string): DeviceConfig => {
    const found = devices[name];
    if (found === undefined) throw new Error(`no device ${name}`);
    return found;
  };

  it.each(['local', ...(sshdAvailable() === null ? ['ssh'] : [])])(
    'measures on a device over %s',
    async (name) => {
      const first = await deployed(device(name), `deploy-${name}`);
      expect(first.result).toMatchObject({ ok: true });
      const receipt = readJson(first.deployment);
      expect(receipt).toMatchObject({ schema: 1, device: name, transport: name, probe: { device: name } });
      expect(receipt.remote).toBe(`bundles/${receipt.bundle_sha256}`);
      expect(receipt.sent_bytes).toBeGreaterThan(0);
      const manifest = readJson(join(first.bundle, 'manifest.json'));
      expect(manifest.files.map((file: { path: string }) => file.path)).toContain('agent/agent.py');

      const again = await deployed(device(name), `deploy-${name}-again`);
      expect(again.result).toMatchObject({ ok: true, value: { sent_bytes: 0 } });
      expect(readJson(again.deployment).bundle_sha256).toBe(receipt.bundle_sha256);

      const { context, said, job } = evaluation(device(name), `evaluate-${name}`, first);
      const result = await evaluate(context);
      expect(result).toMatchObject({ ok: true, value: { tweets: 30 } });
      // What else runs on this machine may spoil a measurement, and is said then.
      expect(said.log.filter((line) => !line.startsWith('warning: INVALID on '))).toEqual([]);
      for (const phase of ['idle before', 'warming up', 'measuring', 'warming up for window 2', 'idle after'])
        expect(said.phases).toContain(phase);
      const out = job.outputs.evaluation ?? '';
      const document = readJson(join(out, 'evaluation.json'));
      const predictions = readLines(join(out, 'predictions.jsonl'));
      expect(predictions.map(({ id }) => id)).toEqual(ROWS.map(({ id }) => id));
      const right = predictions.filter(({ label, predicted }) => label === predicted).length;
      expect(document).toMatchObject({
        schema: 1,
        device: name,
        transport: name,
        emulated: false,
        runtime: { delegate: 'xnnpack', threads: 1 },
        protocol: PROTOCOL,
        n: 30,
        labels: LABELS,
        accuracy: right / 30,
        model_sha256: manifest.files.find((file: { path: string }) => file.path === 'model.tflite').sha256,
        clock: 'time.perf_counter',
      });
      const shares = [...new Set(predictions.map(({ entity }) => entity))].map((entity) => {
        const own = predictions.filter((row) => row.entity === entity);
        return own.filter(({ label, predicted }) => label === predicted).length / own.length;
      });
      const official = shares.reduce((sum, share) => sum + share, 0) / shares.length;
      expect(document.official_accuracy).toBeCloseTo(official, 12);
      expect(document.confusion.flat().reduce((sum: number, count: number) => sum + count, 0)).toBe(30);
      const windows = readLines(join(out, 'windows.jsonl'));
      expect(windows.map(({ window }) => window)).toEqual([1, 2]);
      for (const { tokens, latency_ms } of windows) {
        expect(tokens.length).toBe(latency_ms.length);
        // 16 of the 30 tweets, in whole rounds, from short to long.
        expect(tokens.length % 16).toBe(0);
        expect(tokens.slice(0, 16)).toEqual([...tokens.slice(0, 16)].sort((a: number, b: number) => a - b));
      }
      const timed = windows.reduce((sum, { latency_ms }) => sum + latency_ms.length, 0);
      expect(document.latency_ms).toMatchObject({ n: timed });
      expect(document.parity).toEqual(
        name === 'local' ? null : expect.objectContaining({ texts: 30, argmax_agreement: 1 }),
      );
      expect(document.windows).toMatchObject([{ window: 1 }, { window: 2 }]);
      const failed = document.gates.filter(({ verdict }: { verdict: string }) => verdict === 'failed');
      expect(document.verdict).toBe(failed.length > 0 ? 'invalid' : 'valid');
      expect(document.gates.map(({ gate }: { gate: string }) => gate)).toContain('under-voltage');
      const phases = readLines(join(out, 'telemetry.jsonl')).map(({ phase }) => phase);
      expect(new Set(phases)).toEqual(new Set(['before', 'during', 'window', 'after']));
    },
  );

  it('sends a bundle again that the device has lost, and says so', async () => {
    const from = await deployed(device('local'), 'deploy-lost');
    rmSync(at('devices/local/bundles'), { recursive: true });
    const { context, said } = evaluation(device('local'), 'evaluate-lost', from, { limit: 4 });
    expect(await evaluate(context)).toMatchObject({ ok: true, value: { tweets: 4 } });
    expect(said.log).toContain('warning: local no longer had the bundle as deployed; it was sent again');
  });

  it('fails for a model whose logits are not finite', async () => {
    const from = await deployed(device('local'), 'deploy-exploding', at('exploding.tflite'));
    const { context, job } = evaluation(device('local'), 'evaluate-exploding', from);
    expect(await evaluate(context)).toMatchObject({ ok: false, error: { code: 'non-finite-logits' } });
    expect(existsSync(job.outputs.evaluation ?? '')).toBe(false);
  });

  it.skipIf(sshdAvailable() !== null)('goes on after a lost link, and misses nothing', async () => {
    const from = await deployed(device('ssh'), 'deploy-link');
    const { context, said, job } = evaluation(device('ssh'), 'evaluate-link', from, {
      protocol: { ...PROTOCOL, before_s: 2 },
    });
    const running = evaluate(context);
    const until = async (phase: string): Promise<void> => {
      while (!said.phases.includes(phase)) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await until('idle before');
    sshd?.dropConnections();
    await until('window 1');
    sshd?.dropConnections();
    expect(await running).toMatchObject({ ok: true, value: { tweets: 30 } });
    expect(said.log.filter((line) => line.includes('link to ssh was lost')).length).toBeGreaterThan(0);
    const out = job.outputs.evaluation ?? '';
    expect(readLines(join(out, 'windows.jsonl')).map(({ window }) => window)).toEqual([1, 2]);
    // One agent measured all along: its samples have no gap as long as a new start.
    const times = readLines(join(out, 'telemetry.jsonl')).map(({ t_s }) => t_s);
    expect(times).toEqual([...times].sort((a: number, b: number) => a - b));
  });

  it.skipIf(sshdAvailable() !== null)(
    'makes anew what was killed, and ends what it left behind',
    async () => {
      const from = await deployed(device('ssh'), 'deploy-killed');
      const long = { protocol: { ...PROTOCOL, before_s: 300 } };
      const { context, said, job, controller } = evaluation(device('ssh'), 'evaluate-killed', from, long);
      const running = evaluate(context);
      while (!said.phases.includes('idle before')) await new Promise((resolve) => setTimeout(resolve, 20));
      const results = `runs/${job.key.replace(/^sha256:/, '').slice(0, 16)}`;
      const pid = () =>
        Number(readFileSync(join(at('far away'), results, 'agent.pid'), 'utf8').split(' ')[0]);
      process.kill(pid(), 'SIGKILL');
      expect(await running).toMatchObject({
        ok: false,
        error: { code: 'agent-died', hint: expect.stringContaining('made anew') },
      });

      said.phases.length = 0;
      const again = evaluate(context);
      while (!said.phases.includes('idle before')) await new Promise((resolve) => setTimeout(resolve, 20));
      const second = pid();
      controller.abort();
      expect(await again).toMatchObject({ ok: false, error: { code: 'aborted' } });
      expect(works(second)).toBe(false);
    },
  );

  it('ends the agent when it is told to stop', async () => {
    const from = await deployed(device('local'), 'deploy-stopped');
    const long = { protocol: { ...PROTOCOL, before_s: 300 } };
    const { context, said, controller } = evaluation(device('local'), 'evaluate-stopped', from, long);
    const running = evaluate(context);
    while (said.phases.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort();
    expect(await running).toMatchObject({ ok: false, error: { code: 'aborted' } });
  });

  it('says that the device cannot be reached', async () => {
    const gone: DeviceConfig = {
      ...device('local'),
      name: 'gone',
      transport: 'ssh',
      host: 'nobody@127.0.0.1',
      port: 1,
    };
    const result = await deployed(gone, 'deploy-gone');
    expect(result.result).toMatchObject({ ok: false, error: { code: 'device-unreachable' } });
  });

  it.each([
    [
      'prints rubbish',
      'print("Segmentation fault? No.")',
      'agent-protocol',
      'not its protocol: Segmentation',
    ],
    ['is of another version', 'hello["protocol"] = 3; say(hello)', 'agent-protocol', 'speaks protocol 3'],
    [
      'does not say hello',
      'say({"type": "progress", "done": 1, "unit": "tweets"})',
      'agent-protocol',
      'in place of hello',
    ],
    ['ends early', 'say(hello); raise SystemExit(3)', 'agent-died', 'ended with 3'],
    ['ends without a result', 'say(hello)', 'agent-died', 'ended with 0'],
    [
      'fails',
      'say({"type": "failure", "code": "some-code", "message": "words"})',
      'some-code',
      'local: words',
    ],
  ])('says when the agent %s', async (what, code, expected, words) => {
    const from = await deployed(device('local'), `deploy-agent-${what}`);
    const hello = '{"type":"hello","protocol":2,"runtime":{"litert":"2","threads":1},"emulated":False}';
    const script = `import json\nhello = ${hello}\ndef say(m): print(json.dumps(m), flush=True)\n${code}\n`;
    writeFileSync(join(from.bundle, 'agent/agent.py'), script);
    const { context } = evaluation(device('local'), `evaluate-agent-${what}`, from);
    const result = await evaluate(context);
    expect(result).toMatchObject({
      ok: false,
      error: { code: expected, message: expect.stringContaining(words) },
    });
  });
});
