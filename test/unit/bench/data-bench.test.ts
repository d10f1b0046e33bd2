import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchData, DATA_CASES, type DataBenchOptions } from '../../../pipeline/bench/data-bench.js';
import { writeGeneratedReplab } from '../../../pipeline/bench/generated-replab.js';
import { dataOf, resolveStage } from '../../../pipeline/cli/commands/bench-data.js';
import { workerEnvironment } from '../../../pipeline/cli/worker-environment.js';
import type { BenchMeasure } from '../../../pipeline/contract/bench.js';
import { INSTALLATION, SHARED } from '../../rig/pipeline-rig.js';

const SAMPLE = join(INSTALLATION, 'datasets', 'sample');
const REPLAB = join(SHARED, 'data', 'replab2013');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgeline-data-bench-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function optionsOf(given: Partial<DataBenchOptions>): DataBenchOptions {
  return {
    data: null,
    rows: 6000,
    sample: SAMPLE,
    installation: INSTALLATION,
    cases: DATA_CASES.filter(({ onRequest }) => onRequest !== true),
    repeats: 1,
    folder: mkdtempSync(join(folder, 'run-')),
    host: 'here',
    signal: new AbortController().signal,
    stage: resolveStage,
    environment: ({ worker }, scratch) => workerEnvironment(process.env, INSTALLATION, scratch, worker),
    onProgress: () => undefined,
    ...given,
  };
}

describe('generated rows', () => {
  it('are as many as asked, with ids, entities and texts of their own in each copy', () => {
    const made = writeGeneratedReplab(SAMPLE, join(folder, 'generated'), 15_000);
    expect(made.rows).toBeGreaterThanOrEqual(15_000);
    const read = (kind: string) =>
      readdirSync(join(made.package, 'training', kind)).flatMap((file) =>
        readFileSync(join(made.package, 'training', kind, file), 'latin1')
          .trimEnd()
          .split('\n')
          .slice(1),
      );
    const keyOf = (line: string) => line.split('\t').slice(0, 3).join(' ');
    const keys = read('labeled').map(keyOf);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.every((key) => /^"\d{19}" /.test(key))).toBe(true);
    const entities = readFileSync(join(made.package, 'entities', 'replab2013_entities.tsv'), 'latin1');
    expect(entities.trimEnd().split('\n')).toHaveLength(1 + 30);
    const texts = (copy: string) =>
      readFileSync(join(made.texts, 'training', `SY2013D01E001${copy}.tsv`), 'latin1').split('\n');
    expect(texts('C1')[0]).toBe(texts('')[0]);
    expect(texts('C1')[1]?.split('\t')[3]).toBe(texts('')[1]?.split('\t')[3]?.replace(/"$/, ' 1"'));
  });
});

// Real workers, each a process: fetch, clean and split of 6,000 rows twice, the baselines, and 6,000 texts of a stand-in.
it('measures whole workers on generated rows, and says that they are', { timeout: 120_000 }, async () => {
  const kept: BenchMeasure[] = [];
  const measured = await benchData(optionsOf({ onMeasured: (some) => kept.push(...some) }));
  if (!measured.ok) throw new Error(measured.error);
  expect(kept).toEqual(measured.value);
  expect(measured.value.map(({ measure, unit }) => [measure, unit])).toEqual([
    ['clean_replab_s', 's'],
    ['clean_replab_mb', 'MB'],
    ['baseline_s', 's'],
    ['baseline_macro_f1', 'ratio'],
    ['hydrate_tweets_per_s', 'tweets/s'],
  ]);
  const [seconds, memory, baseline, score, hydrated] = measured.value;
  expect(seconds?.value).toBeGreaterThan(0);
  // A Node process alone has more than 30 MB.
  expect(memory?.value).toBeGreaterThan(30);
  expect(baseline?.note).toMatch(/tweets trained, \d+ scored by each classifier; processor \d+\.\d+ s$/);
  expect(score?.value).toBeGreaterThan(0.4);
  expect(score?.limit).toBeUndefined();
  expect(hydrated).toMatchObject({
    limit: { kind: 'at-least', value: 3000 },
    note: expect.stringContaining('6000 tweets, a stand-in'),
  });
  for (const { note } of measured.value.slice(0, 4))
    expect(note).toContain('generated rows, not RepLab 2013');
});

it('says in the words of a worker why it failed', { timeout: 60_000 }, async () => {
  const data = { package: join(folder, 'nowhere'), texts: [join(folder, 'nowhere')] };
  const measured = await benchData(optionsOf({ data }));
  expect(measured).toMatchObject({ ok: false, error: expect.stringContaining('nowhere') });
});

it('takes the folders of --set, both or none', () => {
  const own = join(SAMPLE, 'official');
  expect(dataOf([])).toEqual({ ok: true, value: null });
  expect(dataOf([`data.package=${own}`])).toMatchObject({
    ok: false,
    error: expect.stringContaining('data.texts'),
  });
  expect(dataOf([`data.texts=${own}`])).toMatchObject({
    ok: false,
    error: expect.stringContaining('data.package'),
  });
  expect(dataOf([`data.package=${own}`, 'data.texts=datasets/sample/texts'])).toEqual({
    ok: true,
    value: { package: own, texts: [join(SAMPLE, 'texts')] },
  });
  expect(dataOf(['data.nothing=1'])).toMatchObject({ ok: false, error: expect.stringContaining('nothing') });
});

// 24,140 tweets trained and 47,390 scored: some 20 s on two busy cores, and what the stage promises.
it.skipIf(!existsSync(REPLAB))(
  'baselines keep their promise on RepLab 2013 (needs ../shared)',
  {
    timeout: 240_000,
  },
  async () => {
    const data = { package: join(REPLAB, 'official'), texts: [join(REPLAB, 'texts')] };
    const cases = DATA_CASES.filter(({ name }) => name === 'baseline');
    const measured = await benchData(optionsOf({ data, cases }));
    if (!measured.ok) throw new Error(measured.error);
    const [seconds, score] = measured.value;
    expect(seconds?.note).toMatch(/^RepLab 2013: 2\d{4} tweets trained, 4\d{4} scored/);
    expect(score?.value).toBeGreaterThan(0.58);
    expect(score?.limit).toEqual({ kind: 'at-least', value: 0.5 });
  },
);
