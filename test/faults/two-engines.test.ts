import { expect, it } from 'vitest';
import { PipelineRig, type RunResult } from '../rig/pipeline-rig.js';
import { gatedStudy, timesRun } from './gate.js';
import { expectedOf, inputText, MATRIX_STUDY, WORK_SCRIPT } from './matrix-study.js';
import { shownVersions, storeProblems } from './store-check.js';

const RUNNING = /"type":"instance-started"/;

async function gatedRig(): Promise<PipelineRig> {
  const rig = await PipelineRig.create({ files: { 'input.txt': 'one\n' } });
  rig.write('pipeline.yaml', gatedStudy(rig));
  return rig;
}

function statusOf(result: RunResult, instance: string): string | undefined {
  return result
    .events()
    .flatMap((event) => (event.type === 'instance-finished' && event.instance === instance ? [event] : []))
    .at(-1)?.outcome.status;
}

it('a second engine waits for the same work, says for whom, and takes the hit', async () => {
  await using rig = await gatedRig();
  const first = rig.start(['run', 'slow', '--json']);
  await first.seen(RUNNING);
  const second = rig.start(['run', 'slow', '--json']);
  await second.seen(/"type":"waiting-for-lock"/);
  rig.write('gate', '');
  const [made, taken] = await Promise.all([first.result, second.result]);
  expect([made.exitCode, taken.exitCode]).toEqual([0, 0]);
  expect([statusOf(made, 'slow'), statusOf(taken, 'slow')]).toEqual(['ran', 'reused']);
  expect(timesRun(rig)).toBe(1);
  const waits = taken.events().flatMap((event) => (event.type === 'waiting-for-lock' ? [event.holder] : []));
  expect(waits).toHaveLength(1);
  expect(waits[0]).toContain(`process ${first.pid} (pipeline run slow --json)`);
  expect(rig.read('artifacts/out/slow/text.txt')).toBe('one\n');
});

it('a second engine does other work meanwhile', async () => {
  await using rig = await gatedRig();
  const first = rig.start(['run', 'slow', '--json']);
  await first.seen(RUNNING);
  const other = await rig.run(['run', 'other', '--json']);
  expect(other.exitCode).toBe(0);
  expect(other.events().filter(({ type }) => type === 'waiting-for-lock')).toEqual([]);
  expect(rig.read('artifacts/out/other/text.txt')).toBe('other\n');
  rig.write('gate', '');
  expect((await first.result).exitCode).toBe(0);
});

it('when the first engine is killed, the second one does the work itself', async () => {
  await using rig = await gatedRig();
  const first = rig.start(['run', 'slow', '--json']);
  await first.seen(RUNNING);
  const second = rig.start(['run', 'slow', '--json']);
  await second.seen(/"type":"waiting-for-lock"/);
  first.kill('SIGKILL');
  await first.result;
  rig.write('gate', '');
  const done = await second.result;
  expect(done.exitCode).toBe(0);
  expect(statusOf(done, 'slow')).toBe('ran');
  expect(rig.read('artifacts/out/slow/text.txt')).toBe('one\n');
});

it('three engines share a matrix: each instance runs once', async () => {
  await using rig = await PipelineRig.create({
    pipeline: MATRIX_STUDY,
    files: { 'work.sh': WORK_SCRIPT, 'input.txt': inputText(1) },
  });
  const results = await Promise.all([1, 2, 3].map(() => rig.run(['run', 'all', '--json'])));
  expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  for (const { id } of expectedOf(1)) {
    const statuses = results.map((result) => statusOf(result, id));
    expect(
      statuses.filter((status) => status === 'ran'),
      id,
    ).toHaveLength(1);
    expect(
      statuses.filter((status) => status === undefined || status === 'failed'),
      id,
    ).toEqual([]);
  }
  expect(storeProblems(rig.root, [1])).toEqual([]);
  expect(shownVersions(rig.root, [1]).shown.size).toBe(expectedOf(1).length);
});
