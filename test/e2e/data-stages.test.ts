import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PlannedInstance } from '../../pipeline/contract/plan.js';
import type { Verification } from '../../pipeline/contract/verify.js';
import type { ReportModel } from '../../stages/report/model/report.js';
import { INSTALLATION, PipelineRig } from '../rig/pipeline-rig.js';
import { problemsOfReport } from '../unit/stages/report/report-schema.js';

/** The stages that need no Python: what the engine does can be seen in seconds. */
const PIPELINE = `version: 1
name: data-only
data: { package: package, texts: texts }
axes: { x: [1] }
stages:
  fetch: { uses: fetch, with: { source: replab2013 } }
  clean: { uses: clean, from: fetch, with: { rules: light } }
  split: { uses: split, from: clean, with: { validation_fraction: 0.1, seed: 1 } }
  report: { uses: report, from: [fetch, clean, split] }
`;
const sample = (...parts: string[]): string => join(INSTALLATION, 'datasets', 'sample', ...parts);

function rigWithData(): Promise<PipelineRig> {
  return PipelineRig.create({
    pipeline: PIPELINE,
    copies: { package: sample('official'), texts: sample('texts') },
  });
}

async function planned(rig: PipelineRig, ...args: string[]): Promise<Record<string, PlannedInstance>> {
  const result = await rig.run(['plan', 'all', '--json', ...args]);
  expect(result.stderr).toBe('');
  return Object.fromEntries((result.json() as PlannedInstance[]).map((instance) => [instance.id, instance]));
}

const actions = (plan: Record<string, PlannedInstance>): Record<string, string> =>
  Object.fromEntries(Object.values(plan).map(({ id, action }) => [id, action]));

// Each of these starts a dozen real processes; on a busy machine that is more than ten seconds.
describe('a pipeline without models', { timeout: 120_000 }, () => {
  test('runs once, then nothing executes, and every cause of another run is named', async () => {
    await using rig = await rigWithData();
    const before = await planned(rig);
    expect(actions(before)).toEqual({ fetch: 'run', clean: 'pending', split: 'pending', report: 'pending' });
    const first = await rig.run(['run', 'all', '--json']);
    expect(first.exitCode).toBe(0);
    expect(first.events().at(-1)).toMatchObject({
      type: 'run-finished',
      status: 'succeeded',
      counts: { ran: 4 },
    });
    expect(rig.exists('artifacts/out/report/report/report.html')).toBe(true);

    const again = await rig.run(['run', 'all', '--json']);
    expect(again.events().at(-1)).toMatchObject({ counts: { ran: 0, reused: 4, restored: 0 } });
    expect((await rig.run(['plan', 'all', '--check'])).exitCode).toBe(0);

    // An option: only what depends on it, with both values.
    const option = await planned(rig, '--set', 'stages.split.with.seed=2');
    expect(actions(option)).toEqual({ fetch: 'reuse', clean: 'reuse', split: 'run', report: 'pending' });
    expect(option.split?.reasons).toEqual([
      { kind: 'option-changed', path: 'seed', before: '1', after: '2' },
    ]);
    expect((await rig.run(['plan', 'all', '--check', '--set', 'stages.split.with.seed=2'])).exitCode).toBe(3);

    // An input byte: the external input is named.
    const table = rig.path('texts', 'training', 'SY2013D01E001.tsv');
    writeFileSync(table, readFileSync(table, 'utf8').replace(/"\s*$/, '!"\n'));
    const input = await planned(rig);
    expect(input.fetch).toMatchObject({ action: 'run', reasons: [{ kind: 'external-changed' }] });
  });

  test('a lost or damaged output is restored, and nothing upstream of it runs', async () => {
    await using rig = await rigWithData();
    await rig.run(['run', 'all']);
    rmSync(rig.path('artifacts/out/clean/tweets.jsonl'));
    writeFileSync(rig.path('artifacts/out/split/split.json'), '{}');
    const plan = await planned(rig);
    expect(actions(plan)).toEqual({ fetch: 'reuse', clean: 'restore', split: 'restore', report: 'reuse' });
    const run = await rig.run(['run', 'split', '--json']);
    expect(run.events().at(-1)).toMatchObject({ counts: { ran: 0, restored: 2, reused: 1 } });
    expect(rig.read('artifacts/out/split/split.json')).not.toBe('{}');
    expect(existsSync(rig.path('artifacts/out/clean/tweets.jsonl'))).toBe(true);
  });

  test('changed bytes that clean away stop there: early cutoff', async () => {
    await using rig = await rigWithData();
    await rig.run(['run', 'all']);
    // A row of a language that the study leaves out.
    const table = rig.path('texts', 'test', 'SY2013D01E001.tsv');
    const info = rig.path('package', 'test', 'tweet_info', 'SY2013D01E001.dat');
    const spanish = /"(\d+)"\t"[^"]*"\t"[^"]*"\t"[^"]*"\t"ES"/.exec(readFileSync(info, 'utf8'))?.[1] ?? '';
    expect(spanish).not.toBe('');
    const lines = readFileSync(table, 'utf8').split('\n');
    const row = lines.findIndex((line) => line.startsWith(`"${spanish}"`));
    expect(row).toBeGreaterThan(0);
    lines[row] = (lines[row] ?? '').replace(/\t"([^"]*)("?)/, '\t"$1$2').replace(/"(\r?)$/, ' algo"$1');
    writeFileSync(table, lines.join('\n'));
    const run = await rig.run(['run', 'split', '--json']);
    expect(run.exitCode).toBe(0);
    expect(run.events().at(-1)).toMatchObject({ counts: { ran: 2, reused: 1 } });
  });

  test('two engines at once: the second waits, says for whom, and takes the results', async () => {
    await using rig = await rigWithData();
    const first = rig.start(['run', 'all', '--json']);
    await first.seen(/instance-started/);
    const second = await rig.run(['run', 'all', '--json']);
    expect((await first.result).exitCode).toBe(0);
    const events = second.events();
    expect(events.find(({ type }) => type === 'waiting-for-lock')).toMatchObject({
      instance: expect.any(String),
      holder: expect.stringContaining('pipeline run all'),
    });
    expect(events.at(-1)).toMatchObject({ counts: { ran: 0, reused: 4 } });
  });

  test.each(['SIGINT', 'SIGKILL'] as const)(
    'after %s in the middle the next run completes',
    async (signal) => {
      await using rig = await rigWithData();
      const first = rig.start(['run', 'all', '--json']);
      await first.seen(/"instance-started","instance":"clean"|"instance":"clean".*instance-started/);
      first.kill(signal);
      const ended = await first.result;
      if (signal === 'SIGINT') {
        expect(ended.exitCode).toBe(130);
        expect(ended.events().at(-1)).toMatchObject({ type: 'run-finished', status: 'aborted' });
      }
      const status = (await rig.run(['status', '--json'])).json() as { status: string };
      expect(status.status).toBe(signal === 'SIGINT' ? 'aborted' : 'interrupted');
      const next = await rig.run(['run', 'all', '--json']);
      expect(next.exitCode).toBe(0);
      expect(next.events().at(-1)).toMatchObject({ counts: { ran: 3, reused: 1 } });
    },
  );

  test('plain output has no escape codes and ends with where the report is', async () => {
    await using rig = await rigWithData();
    const { stdout, exitCode } = await rig.run(['run', 'all']);
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('\u001b');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('Report: artifacts/out/report/report/report.html');
  });

  test('status and report speak JSON', async () => {
    await using rig = await rigWithData();
    expect((await rig.run(['status', '--json'])).json()).toBeNull();
    expect((await rig.run(['report', '--json'])).exitCode).toBe(1);
    expect((await rig.run(['audit'])).stderr).toContain('there is no report yet');
    await rig.run(['run', 'all', '--set', 'stages.report.with.title=Our own']);
    const status = (await rig.run(['status', '--json'])).json() as { run: string };
    expect(status).toMatchObject({ schema: 1, status: 'succeeded' });
    const report = (await rig.run(['report', '--json'])).json();
    expect(report).toMatchObject({ schema: 1, study: 'data-only' });
    expect(problemsOfReport(report as ReportModel)).toEqual([]);
    const split = (report as ReportModel).provenance.find(({ instance }) => instance === 'split');
    expect(split).toMatchObject({
      command: "npx pipeline run split --set 'stages.report.with.title=Our own'",
      record: { run: status.run, inputs: [{ instance: 'clean', output: 'tweets' }] },
    });
    // The paper's nine rows come with it, and the report itself is without a finding.
    expect((report as { paper: { published: object[] } }).paper.published).toHaveLength(9);
    const audited = await rig.run(['audit', '--strict', '--json']);
    expect(audited.exitCode, audited.stderr).toBe(0);
    expect(audited.json()).toMatchObject({ kind: 'report', findings: [] });
  });
});

test('baselines are in the report, and the split can be passed on without its texts', {
  timeout: 120_000,
}, async () => {
  const pipeline = PIPELINE.replace(
    'from: [fetch, clean, split] }',
    'from: [fetch, clean, split, baseline] }\n  baseline: { uses: baseline, from: split, with: { feature_bits: 14 } }',
  );
  await using rig = await PipelineRig.create({
    pipeline,
    copies: { package: sample('official'), texts: sample('texts') },
  });
  const early = await rig.run(['data', 'export', '--ids-only']);
  expect(early).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('split has no result yet') });
  expect((await rig.run(['run', 'all'])).exitCode).toBe(0);
  const { baselines } = (await rig.run(['report', '--json'])).json() as ReportModel;
  expect(baselines.map(({ name }) => name)).toEqual(['always POSITIVE', 'linear', 'naive-bayes']);
  // What is written twice is the same but for what is measured.
  const verified = (await rig.run(['verify', 'baseline', '--json'])).json() as readonly Verification[];
  expect(verified).toMatchObject([{ outcome: 'within-tolerance', files: [{ output: 'timing' }] }]);

  expect(await rig.run(['data', 'export'])).toMatchObject({ exitCode: 2, stdout: '' });
  const exported = await rig.run(['data', 'export', '--ids-only', '--to', 'shared/ids.csv', '--json']);
  const card = exported.json() as { readonly rows: number };
  expect(card).toMatchObject({ study: 'data-only', file: 'ids.csv', from: { instance: 'split' } });
  const written = [rig.read('shared/ids.csv'), rig.read('shared/ids.card.json'), exported.stdout].join('\n');
  expect(rig.read('shared/ids.csv').trimEnd().split('\n')).toHaveLength(card.rows + 1);
  const texts = rig.read('artifacts/out/split/test/test.jsonl').trimEnd().split('\n');
  expect(texts.length).toBeGreaterThan(1000);
  for (const line of texts) {
    const { text } = JSON.parse(line) as { text: string };
    // As JSON says it, too.
    if (text.length > 12)
      expect(written.includes(text) || written.includes(JSON.stringify(text))).toBe(false);
  }
});

describe('bad input is one clear message', { timeout: 120_000 }, () => {
  test('no package folder', async () => {
    await using rig = await rigWithData();
    const run = await rig.run(['run', 'all', '--set', 'data.package=nowhere']);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain('nowhere: there is no such file or folder');
    expect(run.stdout + run.stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
  });

  test('a file cut in the middle: file and line, and what was made before is still there', async () => {
    await using rig = await rigWithData();
    await rig.run(['run', 'all']);
    const path = 'training/labeled/SY2013D01E001.dat';
    const text = rig.read(`package/${path}`);
    rig.write(`package/${path}`, text.slice(0, Math.floor(text.length / 2)));
    const line = rig.read(`package/${path}`).split('\n').length;
    const run = await rig.run(['run', 'all']);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain(`${path}:${line}`);
    rig.write(`package/${path}`, text);
    expect(actions(await planned(rig))).toEqual({
      fetch: 'reuse',
      clean: 'reuse',
      split: 'reuse',
      report: 'reuse',
    });
  });

  test('more than one percent malformed rows', async () => {
    await using rig = await rigWithData();
    const path = 'package/training/labeled/SY2013D01E001.dat';
    const lines = rig.read(path).split('\n');
    rig.write(
      path,
      lines.map((line, index) => (index > 0 && index < 200 ? line.replace('\t', ' ') : line)).join('\n'),
    );
    const run = await rig.run(['run', 'all']);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/SY2013D01E001\.dat/);
    expect(run.stdout).toMatch(/malformed/);
  });

  test.each([
    ['matrix: [colour]', 'colour'],
    ['from: report', 'cycle'],
  ])('in pipeline.yaml: %s', async (mistake, word) => {
    await using rig = await PipelineRig.create({
      pipeline: PIPELINE.replace('uses: fetch,', `uses: fetch, ${mistake},`),
    });
    const run = await rig.run(['run', 'all']);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(/pipeline\.yaml:\d+:\d+/);
    expect(run.stderr).toContain(word);
    expect(rig.exists('artifacts')).toBe(false);
  });

  test('no pipeline.yaml, an unknown stage, an unknown option', async () => {
    await using empty = await PipelineRig.create();
    expect(await empty.run(['run', 'all'])).toMatchObject({ exitCode: 2 });
    await using rig = await rigWithData();
    const unknown = await rig.run(['run', 'trian']);
    expect(unknown).toMatchObject({ exitCode: 2 });
    expect(unknown.stderr).toContain('there is no stage "trian"');
    expect(await rig.run(['run', 'all', '--colour'])).toMatchObject({ exitCode: 2 });
  });

  test('an artifacts folder that cannot be written to', async () => {
    await using rig = await rigWithData();
    rig.write('artifacts', 'a file stands in the way');
    const run = await rig.run(['run', 'all']);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/artifacts.* (EEXIST|ENOTDIR)/);
    expect(run.stderr).not.toMatch(/\n\s+at /);
    expect(rig.read('artifacts')).toBe('a file stands in the way');
  });

  test('another profile of the same project does not disturb what was made', async () => {
    await using rig = await rigWithData();
    cpSync(rig.path('texts'), rig.path('texts-2'), { recursive: true });
    await rig.run(['run', 'all']);
    expect(actions(await planned(rig, '--set', 'data.texts=texts-2'))).toMatchObject({ fetch: 'reuse' });
  });
});
