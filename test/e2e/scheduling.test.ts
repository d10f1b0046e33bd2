import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../pipeline/contract/event.js';
import type { PlannedInstance } from '../../pipeline/contract/plan.js';
import { PipelineRig } from '../rig/pipeline-rig.js';

/** `train@seed=2` fails until the file MARK exists; that file is nothing that a key knows of. */
const MATRIX = `version: 1
name: matrix
axes: { seed: [1, 2, 3] }
stages:
  data: { uses: command, with: { run: "echo data > {outputs.data}", outputs: { data: data.txt } } }
  train:
    uses: command
    from: data
    matrix: [seed]
    with:
      run: "test {coordinates.seed} != 2 || test -e $MARK; cat {inputs.data}; echo {coordinates.seed} > {outputs.model}"
      outputs: { model: model.txt }
      env: [MARK]
  test: { uses: command, from: train, with: { run: "cp {inputs.train} {outputs.score}", outputs: { score: score.txt } } }
  gather: { uses: command, from: "test@*", with: { run: "cat {inputs.test} > {outputs.all}", outputs: { all: all.txt } } }
`;

/** One stage, and the lines that it is made of. */
const single = (...lines: readonly string[]): string =>
  `version: 1\nname: single\naxes: { x: [1] }\nstages:\n  work:\n    uses: command\n    ${lines.join('\n    ')}\n`;

const outcomes = (events: readonly Event[]): Record<string, string> =>
  Object.fromEntries(
    events.flatMap((event) =>
      event.type === 'instance-finished' ? [[event.instance, event.outcome.status]] : [],
    ),
  );

// Each starts several real processes; on a busy machine that is more than ten seconds.
describe('which instances run', { timeout: 120_000 }, () => {
  test('--keep-going does all that it can, and --failed then does the rest', async () => {
    await using rig = await PipelineRig.create({ pipeline: MATRIX });
    const env = { MARK: rig.path('mark') };
    const first = await rig.run(['run', 'all', '--keep-going', '--json'], { env });
    expect(first.exitCode).toBe(1);
    expect(outcomes(first.events())).toEqual({
      data: 'ran',
      'train@seed=1': 'ran',
      'train@seed=2': 'failed',
      'train@seed=3': 'ran',
      'test@seed=1': 'ran',
      'test@seed=2': 'skipped',
      'test@seed=3': 'ran',
      gather: 'skipped',
    });

    rig.write('mark', '');
    const second = await rig.run(['run', '--failed', '--json'], { env });
    expect(second.exitCode).toBe(0);
    expect(outcomes(second.events())).toEqual({
      data: 'reused',
      'train@seed=1': 'reused',
      'train@seed=2': 'ran',
      'train@seed=3': 'reused',
      'test@seed=1': 'reused',
      'test@seed=2': 'ran',
      'test@seed=3': 'reused',
      gather: 'ran',
    });
    expect(rig.read('artifacts/out/gather/all.txt')).toBe('1\n2\n3\n');

    const third = await rig.run(['run', '--failed'], { env });
    expect(third.exitCode).toBe(0);
    expect(third.stderr).toMatch(/nothing to do: the newest run, .*, finished all/);
  });

  test('--only runs what it names and refuses what would need more; --from runs what follows', async () => {
    await using rig = await PipelineRig.create({ pipeline: MATRIX });
    const env = { MARK: rig.path('mark') };
    rig.write('mark', '');
    const early = await rig.run(['run', '--only', 'test@seed=2'], { env });
    expect(early.exitCode).toBe(2);
    expect(early.stderr).toBe(
      'error: --only runs nothing else, but what it reads is not up to date: data (never ran before)\n' +
        '  run that too: give the same selector without --only\n',
    );

    await rig.run(['run', 'train@seed=2,seed=3'], { env });
    const alone = await rig.run(['run', '--only', 'test@seed=2', '--json'], { env });
    expect(outcomes(alone.events())).toEqual({ 'test@seed=2': 'ran' });

    const from = await rig.run(['plan', '--from', 'train@seed=3', '--json'], { env });
    const actions = (from.json() as PlannedInstance[]).map(({ id, action }) => `${id}: ${action}`);
    expect(actions).toEqual([
      'data: reuse',
      'train@seed=1: run',
      'train@seed=2: reuse',
      'train@seed=3: run',
      'test@seed=1: pending',
      'test@seed=2: reuse',
      'test@seed=3: pending',
      'gather: pending',
    ]);
    const none = await rig.run(['run'], { env });
    expect(none.exitCode).toBe(2);
    expect(none.stderr).toMatch('nothing was named');
  });
});

describe('attempts', { timeout: 120_000 }, () => {
  test('a declared exit code is worth another attempt, said when it is made', async () => {
    await using rig = await PipelineRig.create({
      pipeline: single(
        'retries: { count: 2, backoff: 1, on: ["exit-nonzero:75"] }',
        'with:',
        '  run: "echo x >> $TRIES; test $(wc -l < $TRIES) = 2 || exit 75; echo done > {outputs.o}"',
        '  outputs: { o: o.txt }',
        '  env: [TRIES]',
      ),
    });
    const env = { TRIES: rig.path('tries') };
    const { exitCode, events } = await rig.run(['run', 'all', '--json'], { env });
    expect(exitCode).toBe(0);
    expect(events().filter((event) => event.type === 'instance-retrying')).toMatchObject([
      { instance: 'work', attempt: 2, of: 3, failure: { reason: 'exit-nonzero', exitCode: 75 } },
    ]);
    expect(events().find((event) => event.type === 'instance-finished')).toMatchObject({
      outcome: { status: 'ran', attempts: 2 },
    });
  });

  test('the timeout is that of one attempt, and a failure that is not declared stands', async () => {
    await using rig = await PipelineRig.create({
      pipeline: single(
        'timeout: 1',
        'retries: { count: 1, backoff: 0, on: [timed-out] }',
        'with:',
        '  run: "echo x >> $TRIES; test $(wc -l < $TRIES) = 2 || sleep 1000; exit 3; touch {outputs.o}"',
        '  outputs: { o: o.txt }',
        '  env: [TRIES]',
      ),
    });
    const env = { TRIES: rig.path('tries') };
    const { exitCode, events } = await rig.run(['run', 'all', '--json'], { env });
    expect(exitCode).toBe(1);
    expect(rig.read('tries')).toBe('x\nx\n');
    expect(events().find((event) => event.type === 'instance-retrying')).toMatchObject({
      failure: { reason: 'timed-out', limitSeconds: 1 },
    });
    expect(events().find((event) => event.type === 'instance-finished')).toMatchObject({
      outcome: { status: 'failed', attempts: 2, failure: { reason: 'exit-nonzero', exitCode: 3 } },
    });
  });

  // Both run at once, so this needs a machine with two processors.
  test('--fail-fast ends what runs', async () => {
    await using rig = await PipelineRig.create({
      pipeline: `version: 1
name: fail-fast
axes: { x: [1] }
stages:
  slow:
    uses: command
    with: { run: "echo $$ > $PID; sleep 1000; touch {outputs.o}", outputs: { o: o.txt }, env: [PID] }
  wrong:
    uses: command
    with: { run: "while ! test -s $PID; do sleep 0.1; done; exit 1; touch {outputs.p}", outputs: { p: p.txt }, env: [PID] }
`,
    });
    const env = { PID: rig.path('pid') };
    const { exitCode, events } = await rig.run(['run', 'all', '--fail-fast', '--json'], { env });
    expect(exitCode).toBe(1);
    expect(outcomes(events())).toEqual({ slow: 'failed', wrong: 'failed' });
    expect(existsSync(`/proc/${readFileSync(rig.path('pid'), 'utf8').trim()}`)).toBe(false);
  });

  test('--keep-going and --fail-fast exclude each other', async () => {
    await using rig = await PipelineRig.create({ pipeline: MATRIX });
    const { exitCode, stderr } = await rig.run(['run', 'all', '--fail-fast', '--keep-going']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch('--keep-going and --fail-fast exclude each other');
  });
});
