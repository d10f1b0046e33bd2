import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { PipelineRig, type RunResult } from '../rig/pipeline-rig.js';
import { expectedOf, inputText, MATRIX_STUDY, WORK_SCRIPT } from './matrix-study.js';
import { shownVersions, storeProblems } from './store-check.js';

const STUDY = `version: 1
name: clock
stages:
  copy: { uses: command, with: { run: 'cat {files.input} > {outputs.text}', files: { input: input.txt }, outputs: { text: text.txt } } }
`;
const DAY = 86_400;

/** The engine's time of day is shifted, not the kernel's: files keep true times, which is the harder case of the two. */
function clock(settings: Readonly<Record<string, string | number>>): {
  readonly env: Record<string, string>;
} {
  const module = pathToFileURL(join(import.meta.dirname, 'shifted-clock.mjs')).href;
  const values = Object.entries(settings).map(([name, value]) => [`CLOCK_${name}`, String(value)]);
  return { env: { NODE_OPTIONS: `--import=${module}`, ...Object.fromEntries(values) } };
}

function expectOk(result: RunResult): void {
  expect(result.exitCode, result.stdout + result.stderr).toBe(0);
}

it('a change is seen after the clock went back by a day, though size and time of the file are the same', async () => {
  await using rig = await PipelineRig.create({ pipeline: STUDY, files: { 'input.txt': 'one\n' } });
  expectOk(await rig.run(['run', 'all'], clock({ SHIFT_SECONDS: DAY })));
  const { atime, mtime } = statSync(rig.path('input.txt'));
  rig.write('input.txt', 'two\n');
  utimesSync(rig.path('input.txt'), atime, mtime);
  expectOk(await rig.run(['run', 'all']));
  expect(rig.read('artifacts/out/copy/text.txt')).toBe('two\n');
});

it('a file of tomorrow is hashed anew and never trusted by its time', async () => {
  await using rig = await PipelineRig.create({ pipeline: STUDY, files: { 'input.txt': 'one\n' } });
  const tomorrow = new Date(Date.now() + DAY * 1000);
  utimesSync(rig.path('input.txt'), tomorrow, tomorrow);
  expectOk(await rig.run(['run', 'all']));
  expectOk(await rig.run(['plan', 'all', '--check']));
  rig.write('input.txt', 'two\n');
  utimesSync(rig.path('input.txt'), tomorrow, tomorrow);
  expectOk(await rig.run(['run', 'all']));
  expect(rig.read('artifacts/out/copy/text.txt')).toBe('two\n');
});

it('status tells of the run that came last, not of the one with the latest clock', async () => {
  await using rig = await PipelineRig.create({ pipeline: STUDY, files: { 'input.txt': 'one\n' } });
  expectOk(await rig.run(['run', 'all'], clock({ SHIFT_SECONDS: DAY })));
  rig.write('input.txt', 'two\n');
  const last = await rig.run(['run', 'all', '--json']);
  const run = last.events().flatMap((event) => (event.type === 'run-started' ? [event.run] : []))[0];
  expect((await rig.run(['status', '--json'])).json()).toMatchObject({ run, status: 'succeeded' });
});

it('the clock jumps back in the middle of a run', async () => {
  await using rig = await PipelineRig.create({
    pipeline: MATRIX_STUDY,
    files: { 'work.sh': WORK_SCRIPT, 'input.txt': inputText(1) },
  });
  const when = rig.path('artifacts/out/grow/a=3');
  const jump = clock({ JUMP_SECONDS: -3600, JUMP_WHEN: when });
  const result = await rig.run(['run', 'all', '--json'], jump);
  expectOk(result);
  const events = result.events();
  const times = events.map(({ time }) => time);
  expect(Math.max(...times) - Math.min(...times), 'the jump came within the run').toBeGreaterThan(3_000_000);
  for (const event of events) {
    if (event.type === 'run-finished') expect(event.seconds).toBeGreaterThan(0);
    if (event.type !== 'instance-finished') continue;
    expect(event.outcome.seconds).toBeGreaterThanOrEqual(0);
    expect(event.outcome.seconds).toBeLessThan(600);
  }
  expect(storeProblems(rig.root, [1])).toEqual([]);
  expect(shownVersions(rig.root, [1]).shown.size).toBe(expectedOf(1).length);
  expectOk(await rig.run(['plan', 'all', '--check']));
});
