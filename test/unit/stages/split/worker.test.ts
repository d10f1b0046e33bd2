import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../datasets/generator/random.js';
import { definition } from '../../../../stages/split/definition.js';
import type { Tweet } from '../../../../stages/split/groups.js';
import { run } from '../../../../stages/split/worker.js';
import { stageContext, type TestStage, temporaryFolder } from '../stage-context.js';

type InputTweet = Tweet & { readonly split: 'training' | 'test' };

const COUNTS = { NEGATIVE: 130, NEUTRAL: 270, POSITIVE: 600 } as const;

/** 1,000 training tweets; each 20th comes under another entity too, with another label, and some share a text. */
function makeTweets(): readonly InputTweet[] {
  const tweets: InputTweet[] = [];
  const add = (split: 'training' | 'test', entity: string, id: number, label: string, text: string): void => {
    tweets.push({
      split,
      entity,
      entity_name: entity,
      domain: 'music',
      id: String(10n ** 17n + BigInt(id)),
      label,
      text,
    });
  };
  let id = 0;
  for (const [label, count] of Object.entries(COUNTS)) {
    for (let index = 0; index < count; index += 1) {
      id += 1;
      const text = id % 25 === 0 ? `text ${id % 100}` : `text of ${id}`;
      add('training', 'E1', id, label, text);
      if (id % 20 === 0) add('training', 'E2', id, 'NEUTRAL', text);
    }
  }
  for (const label of ['POSITIVE', 'NEGATIVE', 'NEUTRAL'])
    for (let n = 0; n < 20; n += 1) add('test', 'E1', ++id, label, `text of ${n}`);
  return tweets;
}

function contextOf(tweets: readonly InputTweet[], options = {}): TestStage {
  const path = join(temporaryFolder(), 'tweets.jsonl');
  writeFileSync(path, tweets.map((tweet) => `${JSON.stringify(tweet)}\n`).join(''));
  const all = definition.options.parse(options) as Record<string, number>;
  return stageContext(definition, { options: all, inputs: { tweets: path } });
}

function read(stage: TestStage, output: 'fit' | 'test', file: string): string {
  return readFileSync(join(stage.outputs[output] ?? '', file), 'utf8');
}

function tweetsOf(stage: TestStage, output: 'fit' | 'test', file: string): readonly Tweet[] {
  return read(stage, output, file)
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row));
}

describe('split', () => {
  const tweets = makeTweets();
  const training = tweets.filter(({ split }) => split === 'training');

  it('holds out the asked share of every label and keeps the test split whole, in its order', async () => {
    const stage = contextOf(tweets, { validation_fraction: 0.2 });
    expect(await run(stage.context)).toMatchObject({ ok: true, value: { test: 60 } });
    const { counts } = JSON.parse(readFileSync(stage.outputs.card ?? '', 'utf8'));
    for (const label of Object.keys(COUNTS)) {
      const all = training.filter((tweet) => tweet.label === label).length;
      expect(counts.train[label] + counts.validation[label]).toBe(all);
      expect(Math.abs(counts.validation[label] - 0.2 * all)).toBeLessThanOrEqual(2);
    }
    const test = tweets.filter(({ split }) => split === 'test').map(({ id }) => id);
    expect(tweetsOf(stage, 'test', 'test.jsonl').map(({ id }) => id)).toEqual(test);
    expect(read(stage, 'fit', 'labels.json')).toBe('["NEGATIVE","NEUTRAL","POSITIVE"]\n');
    expect(read(stage, 'test', 'labels.json')).toBe(read(stage, 'fit', 'labels.json'));
    expect(Object.keys(tweetsOf(stage, 'fit', 'train.jsonl')[0] ?? {}).sort()).toEqual([
      'domain',
      'entity',
      'entity_name',
      'id',
      'label',
      'text',
    ]);
  });

  it('lets no tweet and no text be on both sides, for any seed', async () => {
    for (let seed = 0; seed < 10; seed += 1) {
      const stage = contextOf(tweets, { seed, validation_fraction: 0.3 });
      await run(stage.context);
      const train = tweetsOf(stage, 'fit', 'train.jsonl');
      const validation = tweetsOf(stage, 'fit', 'validation.jsonl');
      expect(train.length + validation.length).toBe(training.length);
      for (const key of ['id', 'text'] as const) {
        const known = new Set(train.map((tweet) => tweet[key]));
        expect(validation.filter((tweet) => known.has(tweet[key]))).toEqual([]);
      }
    }
  });

  it('gives the same bytes for the same seed in whatever order tweets come, and others for another seed', async () => {
    const random = new Random(3);
    const shuffled = training
      .map((tweet) => ({ tweet, rank: random.next() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ tweet }) => tweet);
    const test = tweets.filter(({ split }) => split === 'test');
    const stages = [contextOf(tweets), contextOf([...shuffled, ...test]), contextOf(tweets, { seed: 2 })];
    for (const stage of stages) expect((await run(stage.context)).ok).toBe(true);
    const [first, second, other] = stages.map((stage) => read(stage, 'fit', 'validation.jsonl'));
    expect(second).toBe(first);
    expect(other).not.toBe(first);
  });

  it('holds out the latest tweets of each entity, on request, and as many of each label', async () => {
    const stage = contextOf(tweets, { validation: 'latest', validation_fraction: 0.2 });
    expect((await run(stage.context)).ok).toBe(true);
    const train = tweetsOf(stage, 'fit', 'train.jsonl');
    const validation = tweetsOf(stage, 'fit', 'validation.jsonl');
    const { counts, validation: which } = JSON.parse(readFileSync(stage.outputs.card ?? '', 'utf8'));
    expect(which).toBe('latest');
    for (const label of Object.keys(COUNTS)) {
      const all = training.filter((tweet) => tweet.label === label);
      expect(Math.abs(counts.validation[label] - 0.2 * all.length)).toBeLessThanOrEqual(2);
      // Texts that others share, and tweets under two entities, may pull older ones along.
      const ids = (some: readonly Tweet[]): number[] =>
        some
          .filter((tweet) => tweet.label === label && tweet.entity === 'E1')
          .map(({ id }) => Number(id.slice(-4)))
          .filter((id) => id % 20 !== 0 && id % 25 !== 0);
      expect(Math.min(...ids(validation))).toBeGreaterThan(Math.max(...ids(train)) - 40);
    }
    const known = new Set(train.map(({ text }) => text));
    expect(validation.filter(({ text }) => known.has(text))).toEqual([]);
  });

  it('tells that ids without numbers have no order in time', async () => {
    const named = tweets.map((tweet) => ({ ...tweet, id: `t${tweet.id}` }));
    const result = await run(contextOf(named, { validation: 'latest' }).context);
    expect(result).toMatchObject({ ok: false, error: { code: 'no-times' } });
  });

  it('takes no more than the limit, in the proportions of the labels', async () => {
    const stage = contextOf(tweets, { limit: 100 });
    const result = await run(stage.context);
    const { counts } = JSON.parse(readFileSync(stage.outputs.card ?? '', 'utf8'));
    const positive = counts.train.POSITIVE + counts.validation.POSITIVE;
    expect(result).toMatchObject({ ok: true, value: { test: 60 } });
    expect(result.ok && Number(result.value.train) + Number(result.value.validation)).toBeLessThanOrEqual(
      100,
    );
    expect(positive).toBeGreaterThanOrEqual(55);
    expect(positive).toBeLessThanOrEqual(58);
    expect(stage.infos[0]).toContain('training tweets, by `limit`');
  });

  it.each([
    ['all tweets have one label', tweets.filter(({ label }) => label === 'POSITIVE'), 'All tweets'],
    [
      'a label is only in the test split',
      tweets.filter(({ label, split }) => label !== 'NEGATIVE' || split === 'test'),
      'No train tweet is NEGATIVE',
    ],
    ['there is no test tweet', training, 'No test tweet'],
    ['there is nothing', [], 'All tweets'],
  ])('fails when %s', async (_, some, message) => {
    const result = await run(contextOf(some).context);
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'empty-class', message: expect.stringContaining(message) },
    });
  });

  it('fails when the limit leaves a class empty', async () => {
    expect(await run(contextOf(tweets, { limit: 3 }).context)).toMatchObject({
      ok: false,
      error: { code: 'empty-class' },
    });
  });

  it('knows its options and their bounds', () => {
    expect(definition.options.parse({})).toEqual({
      validation_fraction: 0.1,
      validation: 'random',
      seed: 1,
    });
    for (const bad of [
      { validation: 'oldest' },
      { validation_fraction: 0 },
      { validation_fraction: 1 },
      { seed: 1.5 },
      { limit: 0 },
      { sead: 1 },
    ]) {
      expect(definition.options.safeParse(bad).success).toBe(false);
    }
  });
});
