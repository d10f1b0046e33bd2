import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { selfAsHolder } from '../../pipeline/base/lock.js';
import { PipelineRig, type RunResult } from '../rig/pipeline-rig.js';

/** The first stage waits for a file of the test's, so that a run goes on as long as the test wants. */
const PIPELINE = `version: 1
name: keep
stages:
  first:
    uses: command
    with:
      run: 'echo one; until [ -e "$GATE" ]; do sleep 0.05; done; echo two; printf "%s" content > {outputs.first}'
      outputs: { first: first.txt }
      env: [GATE]
  second:
    uses: command
    from: first
    with:
      run: 'cat {inputs.first} > {outputs.second}; echo from the second'
      outputs: { second: second.txt }
`;

interface Status {
  readonly run: string;
  readonly status: string;
  readonly instances: readonly {
    readonly id: string;
    readonly status: string;
    readonly usage: { peak_rss_bytes?: number } | null;
  }[];
}

class Keep {
  readonly rig: PipelineRig;
  readonly gate: string;
  constructor(rig: PipelineRig) {
    this.rig = rig;
    this.gate = rig.path('gate');
  }
  get env(): Record<string, string> {
    return { GATE: this.gate };
  }
  open(): void {
    writeFileSync(this.gate, '');
  }
  async status(...args: string[]): Promise<Status> {
    return (await this.rig.run(['status', '--json', ...args])).json() as Status;
  }
  run(...args: string[]): Promise<RunResult> {
    return this.rig.run(['run', 'all', '--json', ...args], { env: this.env });
  }
}

async function rigOf(pipeline = PIPELINE): Promise<PipelineRig> {
  return PipelineRig.create({ pipeline });
}

const counts = (result: RunResult): unknown => {
  const last = result.events().at(-1);
  return last?.type === 'run-finished' ? last.counts : last;
};

// Each of these starts a dozen real processes; on a busy machine that is more than ten seconds.
describe('a run in another terminal', { timeout: 120_000 }, () => {
  test('is seen while it goes on, followed to its end, and nothing is removed under it', async () => {
    await using rig = await rigOf();
    const keep = new Keep(rig);
    const run = rig.start(['run', 'all', '--json'], { env: keep.env });
    await run.seen(/instance-started/);
    const found = await keep.status();
    expect(found).toMatchObject({
      status: 'running',
      instances: [{ id: 'first', status: 'running' }, { status: 'waiting' }],
    });
    expect((await rig.run(['status'])).stdout).toMatch(/^Run \S+ is running for \S+\.\n/);

    const gc = await rig.run(['gc', '--older-than', '0d']);
    expect(gc.exitCode).toBe(1);
    expect(gc.stderr).toContain(`run ${found.run} goes on (process ${run.pid} on `);
    expect((await rig.run(['gc', '--older-than', '0d', '--dry-run'])).exitCode).toBe(0);

    const logs = rig.start(['logs', '-f', 'first']);
    await logs.seen(/^one\n/);
    const all = rig.start(['logs', '--follow', '--json']);
    await all.seen(/"text":"one"/);
    const status = rig.start(['status', '-f', '--json']);
    await status.seen(/instance-started/);
    keep.open();

    const ended = await run.result;
    expect(ended.exitCode).toBe(0);
    expect(await logs.result).toMatchObject({ exitCode: 0, stdout: 'one\ntwo\n' });
    const lines = (await all.result).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { instance: string; text: string });
    expect(lines.map(({ instance, text }) => `${instance} ${text}`)).toEqual([
      'first one',
      'first two',
      'second from the second',
    ]);
    const followed = await status.result;
    expect(followed.exitCode).toBe(0);
    expect(followed.events().map(({ type }) => type)).toEqual(ended.events().map(({ type }) => type));

    const after = await keep.status();
    // The second is gone before anybody can look at it.
    expect(after.instances[0]?.usage?.peak_rss_bytes).toBeGreaterThan(100_000);
    expect((await rig.run(['status'])).stdout).toMatch(
      /Stage +State +Time +CPU +Peak memory +Read +Written\n/,
    );
    const again = await rig.run(['logs', '-f', 'second']);
    expect(again).toMatchObject({ exitCode: 0, stdout: 'from the second\n' });
    expect(again.stderr).toContain('no run goes on');
  });

  test('that is killed ends those who follow it, and is told apart in the history', async () => {
    await using rig = await rigOf();
    const keep = new Keep(rig);
    const run = rig.start(['run', 'all', '--json'], { env: keep.env });
    await run.seen(/instance-started/);
    const logs = rig.start(['logs', '-f']);
    await logs.seen(/one/);
    const status = rig.start(['status', '-f', '--json']);
    await status.seen(/instance-started/);
    run.kill('SIGKILL');
    expect((await logs.result).stderr).toContain('was killed');
    expect(await status.result).toMatchObject({ exitCode: 1 });
    expect((await rig.run(['status'])).stdout).toMatch(/was killed/);
    keep.open();
    expect((await keep.run()).exitCode).toBe(0);
    const history = (await rig.run(['status', '--runs', '--json'])).json();
    expect(history).toMatchObject([
      { status: 'interrupted', seconds: null, counts: null },
      { status: 'succeeded', counts: { ran: 2 } },
    ]);
    expect((await rig.run(['status', '--runs'])).stdout).toMatch(/killed[\s\S]*succeeded/);
    const [first] = history as { run: string }[];
    expect((await keep.status('--run', first?.run ?? '')).status).toBe('interrupted');
    expect((await rig.run(['status', '--run', 'none'])).exitCode).toBe(2);
  });

  test('waits for a collection that is going on, and says for whom', async () => {
    await using rig = await rigOf();
    const keep = new Keep(rig);
    keep.open();
    const lock = rig.path('artifacts', 'locks', 'collector.lock');
    mkdirSync(join(lock, '..'), { recursive: true });
    writeFileSync(lock, JSON.stringify(selfAsHolder('pipeline gc')));
    const run = rig.start(['run', 'all', '--json'], { env: keep.env });
    await run.seen(/waiting-for-lock.*pipeline gc|pipeline gc.*waiting-for-lock/);
    expect(existsSync(rig.path('artifacts', 'runs'))).toBe(false);
    rmSync(lock);
    expect((await run.result).exitCode).toBe(0);
  });
});

describe('the logs of attempts', { timeout: 120_000 }, () => {
  test('are followed over retries', async () => {
    await using rig = await rigOf(`version: 1
name: retried
stages:
  flaky:
    uses: command
    retries: { count: 1, backoff: 0.1s, on: ['exit-nonzero:75'] }
    with:
      run: 'if [ -e "$GATE.once" ]; then echo again; echo x > {outputs.x}; else echo once; until [ -e "$GATE" ]; do sleep 0.05; done; touch "$GATE.once"; exit 75; fi'
      outputs: { x: x.txt }
      env: [GATE]
`);
    const keep = new Keep(rig);
    const run = rig.start(['run', 'all', '--json'], { env: keep.env });
    await run.seen(/instance-started/);
    const logs = rig.start(['logs', '-f', 'flaky']);
    await logs.seen(/once/);
    keep.open();
    expect((await run.result).exitCode).toBe(0);
    expect(await logs.result).toMatchObject({ exitCode: 0, stdout: 'once\nagain\n' });
  });
});

describe('what is kept', { timeout: 120_000 }, () => {
  test('goes when nothing needs it, and never what the present pipeline.yaml needs', async () => {
    await using rig = await rigOf();
    const keep = new Keep(rig);
    keep.open();
    await keep.run();
    rig.write('pipeline.yaml', PIPELINE.replace('printf "%s" content', 'printf "%s" other'));
    await keep.run();
    const before = rig.files('artifacts/store/v1/blobs').length;
    expect(before).toBe(2);
    const dry = (await rig.run(['gc', '--older-than', '0d', '--dry-run', '--json'])).json();
    expect(dry).toMatchObject({
      dry_run: true,
      results: [{ why: 'old' }, { why: 'old' }],
      kept: { present: 2 },
    });
    expect(rig.files('artifacts/store/v1/blobs')).toHaveLength(before);
    expect(await rig.run(['gc'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Nothing to remove'),
    });
    expect((await rig.run(['gc', '--older-than', '0d'])).stdout).toMatch(
      /removed 2 results \(first 1, second 1\)/,
    );
    expect(rig.files('artifacts/store/v1/blobs')).toHaveLength(1);
    expect(counts(await keep.run())).toMatchObject({ ran: 0, reused: 2 });
    // An edit that was taken back runs again: its results are gone.
    rig.write('pipeline.yaml', PIPELINE);
    expect(counts(await keep.run())).toMatchObject({ ran: 2 });
    for (const args of [
      ['--older-than', '3'],
      ['--max-size', 'much'],
    ]) {
      expect((await rig.run(['gc', ...args])).exitCode).toBe(2);
    }
  });

  test('that was damaged is put aside, and the next run makes it again', async () => {
    await using rig = await rigOf();
    const keep = new Keep(rig);
    keep.open();
    await keep.run();
    expect(await rig.run(['store', 'verify'])).toMatchObject({ exitCode: 0 });
    const [blob = ''] = rig.files('artifacts/store/v1/blobs');
    chmodSync(rig.path(blob), 0o644);
    writeFileSync(rig.path(blob), 'cOntent');
    rmSync(rig.path('artifacts/views'), { recursive: true });
    const [record = ''] = rig.files('artifacts/store/v1/actions');
    truncateSync(rig.path(record), 50);
    const [run = ''] = readdirSync(rig.path('artifacts/runs'));
    appendFileSync(rig.path('artifacts/runs', run, 'events.jsonl'), '{"type":"instance-star');
    const verified = await rig.run(['store', 'verify', '--json']);
    expect(verified.exitCode).toBe(1);
    const { damaged } = verified.json() as { damaged: { kind: string; moved_to: string }[] };
    expect(damaged.map(({ kind }) => kind).sort()).toEqual(['blob', 'record']);
    for (const { moved_to } of damaged) expect(rig.exists(moved_to)).toBe(true);
    expect((await keep.status()).status).toBe('succeeded');
    const next = await keep.run();
    expect(next.exitCode).toBe(0);
    // Whose record it was decides whether the second is made again or restored from what the first made.
    expect(counts(next)).toMatchObject({ reused: 0, failed: 0 });
    expect(rig.read('artifacts/out/second/second.txt')).toBe('content');
    expect((await rig.run(['store', 'verify'])).exitCode).toBe(0);
  });
});

describe('a secret', { timeout: 120_000 }, () => {
  const SECRET = 'hunter2-correct "horse"';

  test('that a worker prints and a command line holds is in nothing that is printed or kept', async () => {
    await using rig = await rigOf(`version: 1
name: secrets
stages:
  leak:
    uses: command
    with:
      run: 'echo "token $API_TOKEN"; until [ -e "$GATE" ]; do sleep 0.05; done; echo "$API_TOKEN" >&2; exit 3; : {outputs.x}'
      outputs: { x: x.txt }
      env: [API_TOKEN, GATE]
`);
    const keep = new Keep(rig);
    const env = { ...keep.env, API_TOKEN: SECRET };
    const args = ['--set', `data.cache=/nowhere/${SECRET}`];
    const run = rig.start(['run', 'all', ...args], { env });
    await run.seen(/leak started/);
    const logs = rig.start(['logs', '-f', 'leak'], { env });
    await logs.seen(/token \*\*\*/);
    const [owner = ''] = rig.files('artifacts/locks').filter((name) => name.includes('run-'));
    expect(rig.read(owner)).toContain('data.cache=/nowhere/***');
    keep.open();
    const printed = [await run.result, await logs.result];
    expect(printed[0]?.exitCode).toBe(1);
    expect(printed[0]?.stdout).toContain('***');
    for (const command of [
      ['status'],
      ['status', '--json'],
      ['status', '-f', '--json'],
      ['logs'],
      ['plan', 'all', '--json', ...args],
      ['run', 'all', '--json', ...args],
    ]) {
      printed.push(await rig.run(command, { env }));
    }
    printed.push(await rig.run(['plan', `@${SECRET}`], { env }));
    const escaped = JSON.stringify(SECRET).slice(1, -1);
    for (const { stdout, stderr } of printed) {
      for (const form of [SECRET, escaped, 'hunter2']) expect(`${stdout}${stderr}`).not.toContain(form);
    }
    const holding = rig.files('artifacts').filter((path) => readFileSync(rig.path(path)).includes('hunter2'));
    expect(holding).toEqual([]);
    const [log = ''] = rig.files('artifacts/runs').filter((path) => path.endsWith('leak.log'));
    expect(rig.read(log)).toBe('token ***\n***\n');
  });
});
