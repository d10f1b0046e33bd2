import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AcceptReport } from '../../pipeline/contract/accept.js';
import type { Explanation } from '../../pipeline/contract/explain.js';
import type { PlannedInstance } from '../../pipeline/contract/plan.js';
import type { Verification } from '../../pipeline/contract/verify.js';
import { INSTALLATION, PipelineRig, type RunOptions } from '../rig/pipeline-rig.js';

const sample = (...parts: string[]): string => join(INSTALLATION, 'datasets', 'sample', ...parts);
const COPIES = { package: sample('official'), texts: sample('texts') };
const TABLE = 'texts/training/SY2013D01E001.tsv';

/** Stages that need no Python, and three small programs: one that says the same each time, one that does not, one that a file ends. */
const SMALL = `version: 1
name: small
data: { package: package, texts: texts }
axes: { seed: [1, 2, 3] }
stages:
  fetch: { uses: fetch, with: { source: replab2013 } }
  clean: { uses: clean, from: fetch, with: { rules: light } }
  count:
    uses: command
    from: clean
    matrix: [seed]
    with:
      run: wc -l < {inputs.clean.tweets} > {outputs.lines}; echo {coordinates.seed} \${FACTOR:-} >> {outputs.lines}
      outputs: { lines: lines.txt }
      env: [FACTOR]
  clock:
    uses: command
    from: clean
    with: { run: "wc -l < {inputs.clean.tweets} > {outputs.now}; date +%N >> {outputs.now}", outputs: { now: now.txt } }
  flag:
    uses: command
    from: clean
    with: { run: "if [ -e $(dirname {job})/../../../../flag ]; then echo no more; exit 3; fi; touch {outputs.ok}", outputs: { ok: ok.txt } }
`;

function rigOf(pipeline: string): Promise<PipelineRig> {
  return PipelineRig.create({ pipeline, copies: COPIES, ownInstallation: true });
}

async function explained(
  rig: PipelineRig,
  selector: string,
  { args = [], ...options }: RunOptions & { args?: readonly string[] } = {},
): Promise<readonly Explanation[]> {
  const result = await rig.run(['explain', selector, '--json', ...args], options);
  expect(result.stderr).toBe('');
  expect(result.exitCode).toBe(0);
  return result.json() as readonly Explanation[];
}

const texts = (explanations: readonly Explanation[]): readonly string[] =>
  explanations.flatMap(({ causes }) => causes.map(({ text }) => text));

function changeByte(path: string): void {
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"\s*$/, '!"\n'));
}

/** A real training, as small as it can be. */
/** Where `auto` is bfloat16, a cap on the instruction set changes that too, and would be two causes. */
const TRAINING = `version: 1
name: training
data: { package: package, texts: texts }
axes: { model: [minilm-l3], seed: [1, 2] }
models:
  minilm-l3: { preset: minilm-l3, weights: "random:1" }
stages:
  fetch: { uses: fetch, with: { source: replab2013 } }
  clean: { uses: clean, from: fetch, with: { rules: light } }
  split: { uses: split, from: clean, with: { validation_fraction: 0.1, seed: 1 } }
  encoder: { uses: encoder, matrix: [model] }
  encode: { uses: encode, from: [split, encoder], with: { max_length: 32 } }
  fine-tune: { uses: fine-tune, from: [encode, encoder], matrix: [seed], with: { limit_train: 16, epochs: 1, precision: float32 } }
`;

// TensorFlow starts four times here.
test('four changes to a training are four causes, each exact', { timeout: 600_000 }, async () => {
  await using rig = await rigOf(TRAINING);
  const id = 'fine-tune@model=minilm-l3,seed=1';
  const run = await rig.run(['run', 'fine-tune'], { timeoutSeconds: 500 });
  expect(run.exitCode).toBe(0);
  const why = async (options: Parameters<typeof explained>[2] = {}): Promise<readonly string[]> =>
    texts(await explained(rig, 'fine-tune@seed=1', options));
  expect(await why()).toEqual([]);

  expect(await why({ args: ['--set', 'stages.fine-tune.with.learning_rate=1e-5'] })).toEqual([
    'learning_rate 0.00005 -> 0.00001',
  ]);

  const worker = join(rig.installation, 'stages/fine-tune/worker.py');
  const code = readFileSync(worker, 'utf8');
  appendFileSync(worker, '# A comment.\n');
  expect(await why()).toEqual(['stages/fine-tune/worker.py changed']);
  const accepted = await rig.run(['accept', 'fine-tune', '--reason', 'a comment']);
  expect(accepted.stdout).toContain(`${id}, fine-tune@model=minilm-l3,seed=2: accepted as unchanged`);
  expect(await why()).toEqual([]);
  expect((await rig.run(['accept', 'fine-tune', '--undo'])).exitCode).toBe(0);
  expect(await why()).toEqual(['stages/fine-tune/worker.py changed']);
  writeFileSync(worker, code);
  expect(await why()).toEqual([]);

  const table = rig.read(TABLE);
  changeByte(rig.path(TABLE));
  const cause = 'fetch: texts-1 (texts) changed: training/SY2013D01E001.tsv';
  expect(await why()).toEqual([`encode@model=minilm-l3 runs first, because ${cause}`]);
  rig.write(TABLE, table);
  expect(await why()).toEqual([]);

  const [capped = ''] = await why({ env: { ONEDNN_MAX_CPU_ISA: 'SSE41' } });
  expect(capped).toMatch(/^cpu_isa (\w+) -> \1, at most SSE41$/);
  // A variable that nobody declares is no cause.
  expect(await why({ env: { OMP_NUM_THREADS: '1' } })).toEqual([]);

  // The same data, so the same weights: other bytes only where times are written down.
  const verified = await rig.run(['verify', 'fine-tune@seed=1', '--json'], { timeoutSeconds: 300 });
  expect(verified.json()).toMatchObject([
    { outcome: 'within-tolerance', files: [{ path: 'training.json' }] },
  ]);
  expect(verified.exitCode).toBe(0);
});

// Each of these starts a dozen real processes; on a busy machine that is more than ten seconds.
describe('explain, accept and verify', { timeout: 240_000 }, () => {
  test('every cause is told, followed to its root and grouped over the matrix', async () => {
    await using rig = await rigOf(SMALL);
    expect((await rig.run(['run', 'count', 'clean'], { env: { FACTOR: '1' } })).exitCode).toBe(0);
    const env = { FACTOR: '1' };

    expect((await rig.run(['explain', 'count'], { env })).stdout).toBe('count: all 3 reused\n');
    expect((await rig.run(['plan', 'count', '--check'], { env })).exitCode).toBe(0);
    const other = { env: { FACTOR: '2' } };
    expect((await rig.run(['explain', 'count'], other)).stdout).toBe(
      'count: all 3 run\n  env FACTOR "1" -> "2"\n',
    );
    expect((await rig.run(['plan', 'count', '--check'], other)).exitCode).toBe(3);

    // Causes of its own and from above, all at once.
    changeByte(rig.path(TABLE));
    const many = await explained(rig, 'count@seed=2', {
      ...other,
      args: ['--set', 'stages.clean.with.rules=paper'],
    });
    expect(texts(many)).toEqual([
      'env FACTOR "1" -> "2"',
      'clean runs first, because clean.rules light -> paper; fetch: texts-1 (texts) changed: training/SY2013D01E001.tsv',
    ]);

    // One of the matrix runs; what the others read is now another, and why is looked up in the records above. What the
    // byte above changed came to the same rows, so it is no cause.
    rig.write('pipeline.yaml', SMALL.replace('rules: light', 'rules: paper'));
    expect((await rig.run(['run', 'count@seed=2'], { env })).exitCode).toBe(0);
    const lines = (await rig.run(['explain', 'count'], { env, terminal: { columns: 200, rows: 20 } })).stdout;
    expect(lines.split(/\r?\n/).slice(0, 2)).toEqual([
      'count: 1 of 3 reused, seed=1,3 (2) run',
      '  input changed: input of clean, because clean.rules light -> paper',
    ]);
  });

  test('a cosmetic edit is accepted with a reason, shown wherever the result is, and can be taken back', async () => {
    await using rig = await rigOf(SMALL);
    await rig.run(['run', 'count']);
    appendFileSync(join(rig.installation, 'dist/stages/clean/worker.js'), '\n// A comment.\n');
    expect(texts(await explained(rig, 'clean'))).toEqual(['stages/clean/worker.ts changed']);

    expect((await rig.run(['accept', 'clean'])).exitCode).toBe(2);
    const grave = await rig.run([
      'accept',
      'clean',
      '--reason',
      'x',
      '--set',
      'stages.clean.with.rules=paper',
    ]);
    expect(grave.exitCode).toBe(2);
    expect(grave.stdout).toContain('clean: not accepted: rules light -> paper');

    const accepted = await rig.run(['accept', 'clean', '--reason', 'only a comment', '--json']);
    expect(accepted.exitCode).toBe(0);
    expect((accepted.json() as AcceptReport).accepted).toMatchObject([
      {
        instance: 'clean',
        accepted: {
          reason: 'only a comment',
          differences: [{ kind: 'code-changed', file: 'stages/clean/worker.ts' }],
        },
      },
    ]);
    const run = await rig.run(['run', 'count', '--json']);
    expect(run.events().at(-1)).toMatchObject({ counts: { ran: 0, reused: 5, restored: 0 } });
    const [explanation] = await explained(rig, 'clean');
    expect(explanation?.result?.accepted).toMatchObject({ reason: 'only a comment' });
    const { plan } = run.events()[0] as { plan: readonly PlannedInstance[] };
    expect(plan.find(({ id }) => id === 'clean')?.accepted).toMatchObject({ reason: 'only a comment' });
    expect((await rig.run(['status'])).stdout).toContain('clean: accepted');

    expect((await rig.run(['accept', 'clean', '--undo'])).stdout).toContain('clean: no longer accepted');
    expect(texts(await explained(rig, 'clean'))).toEqual(['stages/clean/worker.ts changed']);
  });

  test('verify runs again beside the result, names the first byte that differs and keeps nothing', async () => {
    await using rig = await rigOf(SMALL);
    await rig.run(['run', 'all']);
    const before = rig.files('artifacts').filter((path) => !path.includes('stat-cache'));

    const same = await rig.run(['verify', 'clean', 'count@seed=1', '--json']);
    expect(same.exitCode).toBe(0);
    expect((same.json() as readonly Verification[]).map(({ outcome }) => outcome)).toEqual([
      'identical',
      'identical',
    ]);

    const now = rig.read('artifacts/out/clock/now.txt');
    const differs = await rig.run(['verify', 'clock']);
    expect(differs.exitCode).toBe(1);
    expect(differs.stdout).toMatch(/^clock: differs in 1 file/);
    expect(differs.stdout).toMatch(/now\.txt differs from byte (\d+) on/);
    // The first line is the same each time.
    const offset = Number(/from byte (\d+) on/.exec(differs.stdout)?.[1]);
    expect(offset).toBeGreaterThan(now.indexOf('\n'));
    expect(rig.read('artifacts/out/clock/now.txt')).toBe(now);
    expect((await rig.run(['plan', 'all', '--check'])).exitCode).toBe(0);
    expect((await rig.run(['explain', 'clock'])).stdout).toContain('differs in 1 file');

    const after = rig.files('artifacts').filter((path) => !path.includes('stat-cache'));
    expect(after.filter((path) => !before.includes(path) && !path.includes('/verifications/'))).toEqual([]);
  });

  test('verify of what cannot run again says why, with its log; of what has no result, what to do', async () => {
    await using rig = await rigOf(SMALL);
    await rig.run(['run', 'flag']);
    rig.write('flag', '');
    const failed = await rig.run(['verify', 'flag']);
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toContain('no more');
    expect(rig.read('artifacts/verify/flag.log')).toContain('no more');
    expect(existsSync(rig.path('artifacts/out/flag/ok.txt'))).toBe(true);

    const none = await rig.run(['verify', 'clean', '--set', 'stages.clean.with.rules=paper']);
    expect(none.exitCode).toBe(2);
    expect(none.stderr).toContain('clean has no result to verify: rules light -> paper');
    expect(none.stderr).toContain("pipeline run 'clean'");
  });
});
