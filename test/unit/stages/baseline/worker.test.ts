import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../../pipeline/base/random.js';
import { definition } from '../../../../stages/baseline/definition.js';
import { run } from '../../../../stages/baseline/worker.js';
import { resolveContext } from '../resolve-context.js';
import { stageContext, type TestStage, temporaryFolder } from '../stage-context.js';

const LABELS = ['NEGATIVE', 'NEUTRAL', 'POSITIVE'];
const WORDS = [
  ['awful', 'broken'],
  ['tuesday', 'office'],
  ['great', 'thanks'],
];

/** Every tweet has a word that gives its label away, but one in ten has another label's. */
function tweets(count: number, seed: number): readonly object[] {
  const random = randomFrom(seed);
  const below = (count: number) => Math.floor(random() * count);
  return Array.from({ length: count }, (_, index) => {
    const label = [0, 1, 1, 2, 2, 2][index % 6] ?? 0;
    const shown = index % 10 === 0 ? (label + 1) % 3 : label;
    const word = WORDS[shown]?.[below(2)];
    const filler = Array.from({ length: 6 }, () => `w${below(200)}`).join(' ');
    return {
      domain: 'music',
      entity: `E${index % 4}`,
      entity_name: 'x',
      id: `${seed}${index}`,
      label: LABELS[label],
      text: `${filler} ${word} the`,
    };
  });
}

function write(folder: string, files: Readonly<Record<string, readonly object[]>>, labels = LABELS): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'labels.json'), JSON.stringify(labels));
  for (const [name, rows] of Object.entries(files))
    writeFileSync(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return folder;
}

function stageOf(options: object = {}, signal?: AbortSignal, testLabels = LABELS): TestStage {
  const folder = temporaryFolder();
  const parsed = definition.options.parse({ feature_bits: 12, ...options }) as Record<string, string>;
  return stageContext(definition, {
    options: parsed,
    inputs: {
      fit: write(join(folder, 'fit'), { 'train.jsonl': tweets(3000, 1), 'validation.jsonl': tweets(300, 2) }),
      test: write(join(folder, 'test'), { 'test.jsonl': tweets(1200, 3) }, testLabels),
    },
    ...(signal === undefined ? {} : { signal }),
  });
}

const file = (stage: TestStage, name: string) => readFileSync(join(stage.outputs.baseline ?? '', name));
const card = (stage: TestStage) => JSON.parse(file(stage, 'baseline.json').toString());

describe('baseline', () => {
  it('learns what words say, and says how well', async () => {
    const stage = stageOf();
    const result = await run(stage.context);
    expect(result).toMatchObject({ ok: true });
    const { classifiers, labels, train } = card(stage);
    expect(labels).toEqual(LABELS);
    expect(train).toEqual({ NEGATIVE: 500, NEUTRAL: 1000, POSITIVE: 1500 });
    expect(classifiers.map(({ name }: { name: string }) => name)).toEqual(['naive-bayes', 'linear']);
    for (const one of classifiers) {
      // A tenth of the tweets says something else than its label.
      expect(one.accuracy).toBeGreaterThan(0.85);
      expect(one.accuracy).toBeLessThanOrEqual(0.91);
      expect(one.validation.macro_f1).toBeGreaterThan(0.8);
      expect(one.official_accuracy).toBeGreaterThan(0.8);
      expect(file(stage, `${one.name}.bin`)).toHaveLength(one.model_bytes);
    }
    const timing = JSON.parse(readFileSync(stage.outputs.timing ?? '', 'utf8'));
    expect(timing.classifiers[1].latency_ms).toMatchObject({ n: 1200 });
    expect(timing.classifiers[1].latency_ms.mean).toBeGreaterThan(0);
  });

  it('writes answers in the order of the test split, that its scores and its model bear out', async () => {
    const stage = stageOf({ classifiers: ['naive-bayes'] });
    await run(stage.context);
    const rows = file(stage, 'naive-bayes.jsonl')
      .toString()
      .trimEnd()
      .split('\n')
      .map((row) => JSON.parse(row));
    expect(rows.map(({ id }) => id)).toEqual(tweets(1200, 3).map((tweet) => 'id' in tweet && tweet.id));
    const right = rows.filter(({ label, predicted }) => label === predicted).length;
    expect(card(stage).classifiers[0].accuracy).toBe(right / rows.length);
    for (const { logits, predicted } of rows) expect(logits.indexOf(Math.max(...logits))).toBe(predicted);
    const model = file(stage, 'naive-bayes.bin');
    const prior = [500, 1000, 1500].map((count) => Math.fround(Math.log(count / 3000)));
    expect([0, 1, 2].map((label) => model.readFloatLE(4 * label))).toEqual(prior);
    // The probabilities of all features are 1 together, for each class.
    const own = Array.from({ length: 4096 }, (_, feature) => Math.exp(model.readFloatLE(4 * (3 + feature))));
    expect(own.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  });

  it('gives the same bytes each time, and others for another seed', async () => {
    const [one, two, three] = [stageOf(), stageOf(), stageOf({ seed: 2 })];
    for (const stage of [one, two, three]) await run(stage.context);
    for (const name of [
      'baseline.json',
      'linear.bin',
      'linear.jsonl',
      'naive-bayes.bin',
      'naive-bayes.jsonl',
    ])
      expect(file(one, name).equals(file(two, name)), name).toBe(true);
    expect(file(one, 'linear.bin').equals(file(three, 'linear.bin'))).toBe(false);
    expect(file(one, 'naive-bayes.bin').equals(file(three, 'naive-bayes.bin'))).toBe(true);
  });

  it('lets rare classes count as much as others only where they are balanced', async () => {
    const recall = async (class_weights: string) => {
      const stage = stageOf({ classifiers: ['linear'], class_weights, epochs: 2 });
      await run(stage.context);
      return card(stage).classifiers[0].per_class[0].recall;
    };
    expect(await recall('balanced')).toBeGreaterThan(await recall('none'));
  });

  it('refuses a test split of other labels, and stops when it is told to', async () => {
    expect(await run(stageOf({}, undefined, ['A', 'B', 'C']).context)).toMatchObject({
      error: { code: 'labels-differ' },
    });
    expect(await run(stageOf({}, AbortSignal.abort()).context)).toMatchObject({ error: { code: 'aborted' } });
  });

  it('takes the seed of its axis', () => {
    const resolved = definition.resolve({}, { ...resolveContext(), coordinates: { seed: 7 } });
    expect(resolved).toMatchObject({ options: { seed: 7 } });
    expect(definition.resolve({}, { ...resolveContext(), coordinates: { seed: 'x' } })).toMatchObject({
      blocked: expect.stringContaining('"x"'),
    });
  });
});

/** The package as a whole reads .env and prints; it also wants servers' clients, which are not installed. */
it('imports of natural what prints nothing and reads no .env', () => {
  const folder = mkdtempSync(join(temporaryFolder(), 'env-'));
  writeFileSync(join(folder, '.env'), 'EDGELINE_MARKER=read\n');
  const parts = [
    'stemmers/porter_stemmer',
    'stemmers/porter_stemmer_es',
    'tokenizers/regexp_tokenizer',
    'util/stopwords',
    'util/stopwords_es',
  ];
  const root = join(import.meta.dirname, '..', '..', '..', '..', 'package.json');
  const program = `
    const require = (await import('node:module')).createRequire(${JSON.stringify(root)});
    for (const part of ${JSON.stringify(parts)}) require('natural/lib/natural/' + part + '.js');
    if (process.env.EDGELINE_MARKER !== undefined) process.exit(3);
    const packages = Object.keys(require.cache).map((path) => /node_modules\\/([^/]+)/.exec(path)[1]);
    process.stderr.write([...new Set(packages)].sort().join(' '));`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: 'natural underscore' });
});
