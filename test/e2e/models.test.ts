import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest';
import type { Event } from '../../pipeline/contract/event.js';
import type { PlannedInstance } from '../../pipeline/contract/plan.js';
import type { RunRecord } from '../../pipeline/contract/store.js';
import type { ReportModel } from '../../stages/report/model/report.js';
import { INSTALLATION, PipelineRig, type RunResult } from '../rig/pipeline-rig.js';
import { sshdAvailable, startSshd, type TestSshd } from '../rig/sshd.js';

/** The project's own pipeline.yaml, cut down to what a test can wait for: real weights, real training, few tweets. */
const SMALL = [
  'axes.seed=[1]',
  'stages.fine-tune.with.limit_train=96',
  'stages.fine-tune.with.epochs=1',
  'stages.evaluate.with.limit=60',
  'stages.reference.with.limit=60',
].flatMap((value) => ['--set', value]);

// Real TensorFlow starts a dozen times here; each start takes seconds, and minutes in all on a busy machine.
const LIMIT = { timeout: 900_000 };

let rig: PipelineRig;
let first: RunResult;
beforeAll(async () => {
  rig = await PipelineRig.create({
    shared: true,
    pipeline: readFileSync(join(INSTALLATION, 'pipeline.yaml'), 'utf8'),
  });
  first = await rig.run(['run', 'all', '--json', ...SMALL], { timeoutSeconds: 900 });
}, 900_000);
beforeEach(() => onTestFailed(() => rig.tell()));
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
});

async function run(
  ...args: string[]
): Promise<{ result: RunResult; last: Event | undefined; ran: string[] }> {
  const result = await rig.run([...args, '--json', ...SMALL], { timeoutSeconds: 600 });
  const events = result.events();
  const ran = events.flatMap((event) => (event.type === 'instance-started' ? [event.instance] : []));
  return { result, last: events.at(-1), ran };
}

const report = (): ReportModel =>
  JSON.parse(rig.read('artifacts/out/report/report/report.json')) as ReportModel;
const convertFolder = 'artifacts/out/convert/model=minilm-l3,precision=int8,seed=1';

describe('from tweets to measured models', LIMIT, () => {
  test('run all ends with a report of every precision', () => {
    expect(first.stderr).toBe('');
    expect(first.exitCode).toBe(0);
    expect(first.events().at(-1)).toMatchObject({
      type: 'run-finished',
      status: 'succeeded',
      counts: { failed: 0 },
    });
    const { results: rows, synthetic } = report();
    expect(synthetic).toBe(true);
    const results = rows.filter(({ precision }) => precision !== 'SavedModel');
    expect(results.map((row) => row.precision)).toEqual(['fp32', 'fp16', 'int8']);
    expect(rows).toHaveLength(4);
    for (const row of rows) {
      expect(row.accuracy.mean).toBeGreaterThan(0);
      // Other tests may spoil the timing: then the row has none, and its one evaluation still has its own.
      for (const { latency_ms } of row.seeds) expect(latency_ms.median).toBeGreaterThan(0);
      if (row.n_invalid === 0) expect(row.latency_ms.median).toBeGreaterThan(0);
    }
    const [fp32, fp16, int8] = results.map((row) => row.model_bytes);
    expect(fp16).toBeLessThan((fp32 ?? 0) * 0.55);
    expect(int8).toBeLessThan((fp32 ?? 0) * 0.3);
  });

  test('the report looks into the answers on validation and on test, texts included', () => {
    const { inspections, texts, results } = report();
    expect(texts).toBe('synthetic');
    expect(inspections.map(({ split, precision }) => [split, precision])).toEqual([
      ['validation', null],
      ['test', 'fp32'],
      ['test', 'fp16'],
      ['test', 'int8'],
      ['test', 'SavedModel'],
    ]);
    expect(inspections[1]?.accuracy).toEqual(results[0]?.accuracy);
    for (const { n_tweets, entities, calibration, wrong, accuracy } of inspections) {
      expect(entities?.reduce((sum, entity) => sum + entity.n_tweets, 0)).toBe(n_tweets);
      expect(entities?.every(({ name }) => name !== null)).toBe(true);
      expect(calibration?.bins.reduce((sum, { n }) => sum + n, 0)).toBe(n_tweets);
      expect(wrong?.total).toBe(Math.round(n_tweets * (1 - accuracy.mean)));
      expect(wrong?.shown.every(({ text }) => text !== null && text !== '')).toBe(true);
    }
  });

  test('again: nothing executes', async () => {
    const { last, ran } = await run('run', 'all');
    expect(ran).toEqual([]);
    expect(last).toMatchObject({ status: 'succeeded', counts: { ran: 0, restored: 0, failed: 0 } });
  });

  test('a deleted model is restored, and nothing upstream of it runs', async () => {
    rmSync(rig.path(convertFolder, 'model.tflite'));
    const { last, ran } = await run('run', 'evaluate');
    expect(ran).toEqual([]);
    expect(last).toMatchObject({ status: 'succeeded', counts: { ran: 0, restored: 1 } });
    expect(rig.exists(join(convertFolder, 'model.tflite'))).toBe(true);
  });

  test('deleted from the store as well it is made again, and nothing upstream of it runs', async () => {
    const record = recordOf('convert@model=minilm-l3,precision=int8,seed=1');
    const hex = record.outputs.tflite?.digest.slice('sha256:'.length) ?? '';
    rmSync(rig.path('artifacts/store/v1/blobs', hex.slice(0, 2), hex));
    rmSync(rig.path(convertFolder), { recursive: true });
    // The bundle of the device holds the same blob, so it is looked at too; its shown copy mends the store.
    const { result, last } = await run('run', 'evaluate');
    expect(result.exitCode).toBe(0);
    const upstream = ['fetch', 'clean', 'split', 'encoder', 'encode', 'fine-tune', 'export', 'freeze'];
    const started = result
      .events()
      .flatMap((event) => (event.type === 'instance-started' ? [event.instance] : []));
    expect(started.filter((id) => upstream.includes(id.split('@')[0] ?? ''))).toEqual([]);
    expect(last).toMatchObject({ status: 'succeeded' });
    expect(recordOf('convert@model=minilm-l3,precision=int8,seed=1').outputs.tflite?.digest).toBe(
      `sha256:${hex}`,
    );
  });

  test('a changed learning rate reruns fine-tuning and what follows, and says so', async () => {
    const plan = (
      await rig.run(['plan', 'all', '--json', ...SMALL, '--set', 'stages.fine-tune.with.learning_rate=1e-4'])
    ).json() as PlannedInstance[];
    const actionOf = (stage: string): string[] => [
      ...new Set(plan.filter((instance) => instance.stage === stage).map((instance) => instance.action)),
    ];
    expect(['fetch', 'clean', 'split', 'encoder', 'encode'].flatMap(actionOf)).toEqual(
      Array(5).fill('reuse'),
    );
    expect(
      ['export', 'freeze', 'convert', 'deploy', 'evaluate', 'reference', 'report'].flatMap(actionOf),
    ).toEqual(Array(7).fill('pending'));
    expect(plan.find((instance) => instance.stage === 'fine-tune')).toMatchObject({
      action: 'run',
      reasons: [{ kind: 'option-changed', path: 'learning_rate', before: '0.0002', after: '0.0001' }],
    });
  });

  test('a worker that falls silent is stopped, and the message names it', async () => {
    // Loading TensorFlow alone takes longer than this.
    const env = { EDGELINE_SILENCE_SECONDS: '1' };
    const args = ['run', 'fine-tune', ...SMALL, '--set', 'stages.fine-tune.with.learning_rate=1e-4'];
    const result = await rig.run(args, { env });
    expect(result.exitCode).toBe(1);
    expect(result.stdout).toContain(
      'fine-tune@model=minilm-l3,seed=1 failed: its worker said nothing for 1.0s',
    );
    expect(result.stdout).toContain('logs/fine-tune@model=minilm-l3,seed=1.log');
  });

  test('a worker that is killed: one message, non-zero exit, everything before it kept', async () => {
    const args = [
      '--set',
      'stages.fine-tune.with.learning_rate=1e-4',
      '--set',
      'stages.fine-tune.with.epochs=50',
    ];
    const running = rig.start(['run', 'fine-tune', ...SMALL, ...args]);
    await running.seen(/fine-tune@\S+ started/);
    const worker = await childOf(running.pid, 'fine-tune/worker.py');
    process.kill(worker, 'SIGKILL');
    const result = await running.result;
    expect(result.exitCode).toBe(1);
    expect(result.stdout).toContain('fine-tune@model=minilm-l3,seed=1');
    expect(result.stdout).toContain('SIGKILL');
    expect(result.stdout + result.stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
    expect((await run('run', 'evaluate')).last).toMatchObject({ counts: { ran: 0, failed: 0 } });
  });
});

function recordOf(id: string): RunRecord {
  const lines = rig
    .read('artifacts/store/v1/instances.jsonl')
    .split('\n')
    .filter((line) => line !== '');
  const key = lines
    .map((line) => JSON.parse(line) as { instance: string; key: string })
    .findLast((line) => line.instance === id)?.key;
  const hex = key?.slice('sha256:'.length) ?? '';
  return JSON.parse(rig.read(`artifacts/store/v1/actions/${hex.slice(0, 2)}/${hex}.json`)) as RunRecord;
}

/** The process below `pid` whose command line has `text`; waits for it to appear. */
async function childOf(pid: number, text: string): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean);
    const found = children.find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(text));
    if (found !== undefined) return Number(found);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no child of ${pid} runs ${text}`);
}

const reason = sshdAvailable();
describe.skipIf(reason !== null)(
  `the same study on a board reached by ssh${reason === null ? '' : ` (${reason})`}`,
  LIMIT,
  () => {
    let sshd: TestSshd;
    let home = '';
    beforeAll(async () => {
      sshd = await startSshd();
      home = join(rig.root, 'board');
    });
    afterAll(() => sshd.stop());

    test('only deploy, evaluate and report run, and the predictions are those made here', async () => {
      const python = (await rig.run(['doctor', '--python'])).stdout.trim();
      const board = {
        host: `${sshd.user}@${sshd.host}`,
        port: sshd.port,
        identity_file: sshd.identityFile,
        known_hosts_file: sshd.knownHostsFile,
        root: home,
        python,
      };
      const ssh = ['--set', `devices.board=${JSON.stringify(board)}`, '--set', 'axes.device=[board]'];
      const { result, ran } = await run('run', 'all', ...ssh);
      expect(result.exitCode).toBe(0);
      expect([...new Set(ran.map((id) => id.split('@')[0]))].sort()).toEqual([
        'deploy',
        'evaluate',
        'report',
      ]);
      for (const precision of ['fp32', 'fp16', 'int8']) {
        const folder = (device: string): string =>
          `artifacts/out/evaluate/device=${device},model=minilm-l3,precision=${precision},seed=1/evaluation/predictions.jsonl`;
        const logits = (path: string): unknown[] =>
          rig
            .read(path)
            .trim()
            .split('\n')
            .map((line) => (JSON.parse(line) as { logits: number[] }).logits);
        expect(logits(folder('board')), precision).toEqual(logits(folder('local')));
      }
      expect((await run('run', 'all', ...ssh)).ran).toEqual([]);
    });
  },
);
