import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { benchReport } from '../../../pipeline/bench/report-bench.js';
import { FULL_STUDY, writeReportStudy } from '../../../pipeline/bench/report-study.js';
import { usableSeconds } from '../../../pipeline/bench/usable-page.js';
import { resolveStage } from '../../../pipeline/cli/commands/bench-data.js';
import { workerEnvironment } from '../../../pipeline/cli/worker-environment.js';
import type { BenchMeasure } from '../../../pipeline/contract/bench.js';
import { INSTALLATION } from '../../rig/pipeline-rig.js';

const TINY = {
  ...FULL_STUDY,
  seeds: 1,
  precisions: 2,
  boards: 1,
  tweets: 80,
  validationTweets: 40,
  seconds: 60,
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgeline-report-bench-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('makes up the same study each time, which says that it is made up', () => {
  const [one, other] = ['one', 'other'].map((name) => {
    const made = writeReportStudy(join(folder, name), TINY);
    const files = (made.inputs.evaluation ?? []).flatMap(({ path }) =>
      ['evaluation.json', 'telemetry.jsonl', 'power.jsonl', 'predictions.jsonl'].map((file) =>
        readFileSync(join(path, file), 'utf8'),
      ),
    );
    return { files, evaluations: made.evaluations, samples: made.samples };
  });
  expect(one).toEqual(other);
  expect(one).toMatchObject({ evaluations: 4, samples: 4 * 600 });
  expect(one?.files[0]).toContain('made up');
});

// A real worker, as the engine starts it, and a real browser where there is one.
it('measures the whole worker, its files, and how soon the page is usable', {
  timeout: 120_000,
}, async () => {
  const stage = resolveStage('report', { package: '', texts: [] });
  if (!stage.ok) throw new Error(stage.error);
  const { definition, options, external } = stage.value;
  const told: string[] = [];
  const run = mkdtempSync(join(folder, 'run-'));
  const measured = await benchReport({
    ...{ size: TINY, installation: INSTALLATION, stage: { options, external }, repeats: 1, folder: run },
    ...{ host: 'here', signal: new AbortController().signal, onProgress: (message) => told.push(message) },
    environment: (scratch) => workerEnvironment(process.env, INSTALLATION, scratch, definition.worker),
  });
  if (!measured.ok) throw new Error(measured.error);
  const of = (name: string): BenchMeasure | undefined =>
    measured.value.find(({ measure }) => measure === name);
  expect(of('build_s')).toMatchObject({ n: 1, limit: { kind: 'at-most', value: 5 } });
  expect(of('build_s')?.note).toContain(
    'made-up study, not a measured one: 4 evaluations of 60 s, 2400 samples',
  );
  // A Node process alone has more than 30 MB.
  expect(of('build_mb')?.value).toBeGreaterThan(30);
  const page = readFileSync(join(run, 'out', 'report', 'report.html'));
  expect(of('html_mb')?.value).toBe(page.length / 1e6);
  expect(page.toString()).toContain('Synthetic data.');
  expect(of('json_mb')?.value).toBeGreaterThan(0);
  const missing = told.find((message) => message.startsWith('usable_s is left out'));
  expect(of('usable_s') === undefined).toBe(missing !== undefined);
});

it('says what is missing where no browser is there', async () => {
  const opened = await usableSeconds(join(folder, 'none.html'), [join(folder, 'no-browser')]);
  if (opened.ok) throw new Error('it was opened');
  expect(opened.error).toContain('apt-get install chromium');
  expect(existsSync(join(folder, 'none.html'))).toBe(false);
});
