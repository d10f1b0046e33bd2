import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Comparison } from '../../pipeline/contract/comparison.js';
import { PipelineRig } from '../rig/pipeline-rig.js';
import { Fixture } from '../unit/stages/report/fixture.js';

afterAll(() => Fixture.removeAll());

/** Evaluations that are there already stand for those that a device would make. */
const PIPELINE = `version: 1
name: compared
axes: { precision: [int8], seed: [1, 2, 3] }
stages:
  prepare: { uses: command, with: { run: [cp, -r, "{files.measured}/.", "{outputs.all}"], files: { measured: measured }, outputs: { all: all/ } } }
  evaluate: { uses: command, from: prepare, matrix: [precision, seed], with: { run: [cp, -r, "{inputs.prepare}/{coordinates.seed}/.", "{outputs.evaluation}"], outputs: { evaluation: evaluation/ } } }
  report: { uses: report, from: [evaluate@*], with: { published: false } }
`;

it('a run is compared with a committed baseline, and fails when it is slower', async () => {
  await using rig = await PipelineRig.create({ pipeline: PIPELINE });
  const fixture = new Fixture({ models: ['minilm-l3'], precisions: ['int8'], tweets: 60 });
  for (const { path, coordinates } of fixture.inputs.evaluation ?? [])
    cpSync(path, rig.path('measured', String(coordinates.seed)), { recursive: true });
  const compare = (...args: string[]) => rig.run(['report', '--compare', ...args]);

  const none = await compare('last~1', 'last');
  expect(none.exitCode).toBe(2);
  expect(none.stderr).toContain('there is no run with a report');

  const first = await rig.run(['run', 'all']);
  expect(first.exitCode, first.stderr + first.stdout).toBe(0);
  const written = await rig.run(['report', '--baseline-out', 'baseline.json']);
  expect(written.exitCode, written.stderr).toBe(0);
  expect(rig.read('baseline.json').length).toBeLessThan(
    rig.read('artifacts/out/report/report/report.json').length / 2,
  );
  const same = await compare('baseline.json', 'last');
  expect(same.exitCode, same.stderr + same.stdout).toBe(0);
  expect(same.stdout).toContain('5 same bytes');

  for (const seed of ['1', '2', '3']) {
    const file = join(rig.path('measured', seed), 'predictions.jsonl');
    const slower = (line: string): string => {
      const row = JSON.parse(line) as { latency_ms: number };
      return JSON.stringify({ ...row, latency_ms: 2 * row.latency_ms });
    };
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').map(slower);
    writeFileSync(file, `${lines.join('\n')}\n`);
  }
  expect((await rig.run(['run', 'all'])).exitCode).toBe(0);
  const slower = await compare('baseline.json', 'last');
  expect(slower.exitCode).toBe(1);
  expect(slower.stdout).toMatch(/Worse\n.*\n.*\n.* median latency .* 2\.000 times \[.*\]\n/);
  expect(slower.stdout).toMatch(
    /evaluate: 3 of 3 instances with another key, 3 of them other outputs;\s+evaluate@precision=int8,seed=1: prepare: measured changed/,
  );

  // The first run's report is what it was, though its folder shows the second's.
  const runs = await compare('last~1', 'last', '--json');
  expect(runs.exitCode).toBe(1);
  const { before, after, counts, rows } = runs.json() as Comparison;
  expect(before.run).not.toBe(after.run);
  expect(counts).toMatchObject({ worse: 1, better: 0 });
  expect(rows[0]?.figures.find(({ judgement }) => judgement === 'worse')).toMatchObject({
    name: 'latency',
    change: expect.closeTo(2, 9),
  });
  expect(runs.stderr).toBe('');
  expect((await rig.run(['run', 'evaluate'])).exitCode).toBe(0);
  expect((await compare('last', 'last')).stderr).toMatch(
    new RegExp(`^last is run ${after.run}: run \\S+, which is newer, made no report$`, 'm'),
  );
  expect((await compare('last')).stderr).toContain('--compare takes two reports');
});
