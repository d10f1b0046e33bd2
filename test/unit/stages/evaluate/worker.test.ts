import { existsSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  summarizeTelemetry,
  TELEMETRY_SUMMARY,
  telemetrySummaryText,
} from '../../../../pipeline/base/telemetry-summary.js';
import type { DeviceConfig } from '../../../../pipeline/contract/config.js';
import { run as evaluate } from '../../../../stages/evaluate/worker.js';
import { sshdAvailable, startSshd, type TestSshd } from '../../../rig/sshd.js';
import { LABELS, noPython, PROTOCOL, python, ROWS, workbench } from './workbench.js';

const { at, deployed, evaluation, prepare, remove } = workbench();
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const readLines = (path: string) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

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
    prepare();
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
    remove();
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
        resumed_answers: 0,
        sampler: '/proc and /sys',
        series: { busy_s_total: { hz: 10 }, pss_bytes: { unit: 'bytes', hz: 1 } },
      });
      // Together the interpreters that answered had all processors.
      expect(document.workers.count * document.workers.threads).toBeGreaterThan(availableParallelism() / 2);
      for (const window of document.windows) {
        expect(window.cores).toHaveLength(1);
        expect(document.peak_rss_bytes).toBeGreaterThanOrEqual(window.peak_rss_bytes);
      }
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
      expect(readFileSync(join(out, TELEMETRY_SUMMARY), 'utf8')).toBe(
        telemetrySummaryText(
          summarizeTelemetry(readLines(join(out, 'telemetry.jsonl')), [], document.probe.cpu_count),
        ),
      );
    },
  );

  it.skipIf(sshdAvailable() !== null)(
    'lets this machine answer in place of a device that answered alike, and times there or not at all',
    async () => {
      const from = await deployed(device('ssh'), 'deploy-host');
      const answers = { from: 'host', after_texts: 4 };
      const timed = evaluation(device('ssh'), 'evaluate-host', from, { answers });
      expect(await evaluate(timed.context)).toMatchObject({ ok: true, value: { tweets: 30 } });
      const out = timed.job.outputs.evaluation ?? '';
      const document = readJson(join(out, 'evaluation.json'));
      expect(document).toMatchObject({ n: 30, answers, parity: { argmax_agreement: 1 }, truncated: 0 });
      // All tweets, as this machine answered them; the windows are the device's, over all lengths.
      expect(readLines(join(out, 'predictions.jsonl')).map(({ id }) => id)).toEqual(ROWS.map(({ id }) => id));
      expect(document.windows).toHaveLength(2);
      expect(readLines(join(out, 'windows.jsonl'))[0].tokens.length % 16).toBe(0);

      const untimed = evaluation(device('ssh'), 'evaluate-untimed', from, { answers, timing: 'none' });
      const result = await evaluate(untimed.context);
      expect(result).toMatchObject({ ok: true, value: { tweets: 30, verdict: 'not-timed' } });
      expect(result).not.toHaveProperty('value.latency_median_ms');
      const other = readJson(join(untimed.job.outputs.evaluation ?? '', 'evaluation.json'));
      expect(other).toMatchObject({ latency_ms: null, windows: [], gates: [], timing: { measured: false } });
      expect(other.accuracy).toBe(document.accuracy);
      expect(other.protocol).toEqual(document.protocol);
      expect(untimed.said.phases).not.toContain('idle before');
    },
  );

  it('ends the device when this machine cannot answer', async () => {
    const from = await deployed(device('local'), 'deploy-host-fails');
    const { context, said } = evaluation(device('local'), 'evaluate-host-fails', from, {
      protocol: { ...PROTOCOL, before_s: 60 },
      answers: { from: 'host', after_texts: 4 },
      limit: 4,
    });
    const withoutPython = { ...context, job: { ...context.job, python: at('no-python') } };
    expect(await evaluate(withoutPython)).toMatchObject({ ok: false, error: { code: 'inference-died' } });
    expect(said.phases).not.toContain('idle after');
  });

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

  it.skipIf(sshdAvailable() !== null)('keeps what a killed agent has answered', async () => {
    const from = await deployed(device('ssh'), 'deploy-answered');
    const { context, said, job } = evaluation(device('ssh'), 'evaluate-answered', from);
    const running = evaluate(context);
    while (!said.phases.includes('window 1')) await new Promise((resolve) => setTimeout(resolve, 20));
    const results = join(at('far away'), `runs/${job.key.replace(/^sha256:/, '').slice(0, 16)}`);
    const pid = Number(readFileSync(join(results, 'agent.pid'), 'utf8').split(' ')[0]);
    process.kill(-pid, 'SIGKILL');
    expect(await running).toMatchObject({ ok: false, error: { code: 'agent-died' } });
    const answers = readFileSync(join(results, 'predictions.jsonl'), 'utf8');

    expect(await evaluate(context)).toMatchObject({ ok: true, value: { tweets: 30 } });
    const out = job.outputs.evaluation ?? '';
    expect(readJson(join(out, 'evaluation.json'))).toMatchObject({ n: 30, resumed_answers: 30 });
    expect(readFileSync(join(out, 'predictions.jsonl'), 'utf8')).toBe(answers);
    expect(said.log).toContain('info: 30 of 30 answers are those of an interrupted start');
    expect(readLines(join(out, 'windows.jsonl')).map(({ window }) => window)).toEqual([1, 2]);
    // Measured: nothing of it is left there to be gone on with.
    expect(existsSync(results)).toBe(false);
  });
});
