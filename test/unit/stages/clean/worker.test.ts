import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../../pipeline/base/canonical.js';
import type { Row } from '../../../../stages/clean/bucket.js';
import { definition } from '../../../../stages/clean/definition.js';
import { run } from '../../../../stages/clean/worker.js';
import { resolveContext } from '../resolve-context.js';
import { stageContext, type TestStage, temporaryFolder } from '../stage-context.js';

const ROW: Row = {
  split: 'training',
  entity: 'E1',
  entity_name: 'Entity One',
  domain: 'music',
  id: '187281022927384577',
  language: 'EN',
  filtering: 'RELATED',
  polarity: 'POSITIVE',
  near_duplicate_of: null,
  text: 'a text',
};

function contextOf(rows: readonly Partial<Row>[], options = {}, inputs = {}): TestStage {
  const path = join(temporaryFolder(), 'rows.jsonl');
  const all = rows.map((row, index) => ({ ...ROW, id: String(index), ...row }));
  writeFileSync(path, all.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return stageContext(definition, {
    options: { rules: 'light', language: 'EN', ...options },
    inputs: { rows: path, ...inputs },
  });
}

function output(stage: TestStage, name: string): string {
  return readFileSync(stage.outputs[name] ?? '', 'utf8');
}

const EVERY_BUCKET: readonly Partial<Row>[] = [
  { id: '1', text: ' Good &amp; bad http://t.co/x ' },
  { id: '1' },
  { id: '1', entity: 'E2', polarity: 'NEGATIVE' },
  { language: 'ES' },
  { filtering: 'UNRELATED', polarity: '' },
  { polarity: '' },
  { text: null, entity: 'E3' },
  { text: 'http://t.co/x' },
  { split: 'test', id: '1', text: ' a text\u00A0', polarity: 'NEUTRAL' },
];

describe('clean', () => {
  it('puts every row into exactly one bucket', async () => {
    const stage = contextOf(EVERY_BUCKET);
    expect(await run(stage.context)).toEqual({ ok: true, value: { training: 2, test: 1, rules: 'light' } });
    const card = JSON.parse(output(stage, 'card'));
    expect(card.buckets.training).toEqual({
      ...{ 'duplicate-row': 1, 'other-language': 1, unrelated: 1, 'no-polarity': 1, 'no-text': 1 },
      ...{ 'empty-after-cleaning': 1, used: 2, malformed: 0, 'near-duplicate': 0, 'no-label': 0 },
    });
    expect(card.buckets.test).toMatchObject({ used: 1 });
    expect(card.labels).toEqual({ training: { POSITIVE: 1, NEGATIVE: 1 }, test: { NEUTRAL: 1 } });
    expect(card.entities).toEqual({ training: 2, test: 1 });
    expect(card.entities_without_text).toEqual(['E3']);
    expect(card.leaks).toEqual({ exact: 1, after_cleaning: 1 });
    expect(card.samples[0]).toEqual({ before: ' Good &amp; bad http://t.co/x ', after: 'Good & bad' });
    expect(`sha256:${card.sha256}`).toBe(digestOf(output(stage, 'tweets')));
    expect(stage.warnings).toEqual([
      'left out for want of a text, training tweets: 1, among them all of these entities (1): E3',
      'texts that occur in both the training and the test tweets: 1',
    ]);
  });

  it('hands on what later stages need and nothing else', async () => {
    const stage = contextOf(EVERY_BUCKET);
    await run(stage.context);
    const [first] = output(stage, 'tweets').split('\n');
    const { split, entity, entity_name, domain } = ROW;
    expect(JSON.parse(first ?? '')).toEqual({
      ...{ split, entity, entity_name, domain, id: '1', label: 'POSITIVE', text: 'Good & bad' },
    });
  });

  it('follows the rules and the language that it is given', async () => {
    const rows = [
      { text: 'Olé!', language: 'ES' },
      { text: 'no', split: 'test', language: 'ES' } as const,
      {},
    ];
    const stage = contextOf(rows, { rules: 'paper', language: 'ES' });
    expect(await run(stage.context)).toMatchObject({ ok: true, value: { training: 1, test: 1 } });
    expect(output(stage, 'tweets')).toContain('"text":"Olé"');
  });

  it('fails when a split has nothing left', async () => {
    for (const rows of [[], [{ split: 'test' } as const], [{}]]) {
      expect(await run(contextOf(rows).context)).toMatchObject({
        ok: false,
        error: { code: 'nothing-left' },
      });
    }
  });

  it.each(['fetched', 'hydrated'])(
    'counts what fetch dropped, by the card `%s`: the buckets add up to all labelled rows',
    async (input) => {
      const card = join(temporaryFolder(), 'card.json');
      const dropped = [
        { kind: 'row', split: 'training', reason: 'shifted-columns', count: 2, examples: [] },
        { kind: 'row', split: 'training', reason: 'not-an-id', count: 1, examples: [] },
        { kind: 'text', split: 'training', reason: 'not-an-id', count: 9, examples: [] },
        { kind: 'row', split: 'unassigned', reason: 'too-few-fields', count: 4, examples: [] },
      ];
      writeFileSync(card, JSON.stringify({ dropped }));
      const stage = contextOf(EVERY_BUCKET, {}, { [input]: card });
      await run(stage.context);
      const { buckets } = JSON.parse(output(stage, 'card'));
      expect(buckets.training.malformed).toBe(3);
      expect(buckets.test.malformed).toBe(0);
      expect(buckets.unassigned).toEqual({ malformed: 4 });
    },
  );

  it('leaves near duplicates out on request, and says how often each step did what', async () => {
    const rows = [...EVERY_BUCKET, { near_duplicate_of: '7' }];
    const kept = contextOf(rows);
    await run(kept.context);
    expect(JSON.parse(output(kept, 'card')).buckets.training['near-duplicate']).toBe(0);
    const stage = contextOf(rows, { near_duplicates: 'exclude', steps: { urls: false } });
    await run(stage.context);
    const card = JSON.parse(output(stage, 'card'));
    expect(card.buckets.training['near-duplicate']).toBe(1);
    expect(card.filter.near_duplicates).toBe('exclude');
    expect(card.steps.map(({ name }: { name: string }) => name)).toEqual([
      ...['unescape-html', 'lone-surrogates', 'invisible', 'nfc', 'spaces'],
    ]);
    const sample = { before: ' Good &amp; bad http://t.co/x ', after: ' Good & bad http://t.co/x ' };
    expect(card.steps[0]).toMatchObject({ changed: 1, samples: [sample] });
    expect(card.counts.training.entity.E2).toEqual({ used: 1 });
    expect(card.counts.training.language).toEqual({ EN: expect.anything(), ES: { 'other-language': 1 } });
    expect(card.counts.training.label).toMatchObject({ NEGATIVE: { used: 1 }, '(none)': { unrelated: 1 } });
  });

  it('sums up what comes after a thousand groups', async () => {
    const rows = Array.from({ length: 1200 }, (_, index) => ({ entity: `E${index}` }));
    const stage = contextOf([...rows, { split: 'test' } as const]);
    await run(stage.context);
    const { entity } = JSON.parse(output(stage, 'card')).counts.training;
    expect(Object.keys(entity)).toHaveLength(1001);
    expect(entity['(others)']).toEqual({ used: 200 });
  });

  it('asks of rows of a table a label and a text only', async () => {
    const table = { language: null, filtering: null, polarity: 'spam' };
    const rows = [table, { ...table, polarity: '' }, { ...table, split: 'test' } as const];
    const stage = contextOf(rows);
    expect(await run(stage.context)).toMatchObject({ ok: true, value: { training: 1, test: 1 } });
    expect(JSON.parse(output(stage, 'card')).buckets.training).toMatchObject({ used: 1, 'no-label': 1 });
  });

  it('has a key of what differs from the rules only', () => {
    const resolved = (given: object) => definition.resolve(given as never, resolveContext());
    expect(resolved({ steps: { urls: true, emojis: false } })).toEqual(resolved({}));
    expect(resolved({ steps: { emojis: true } })).toMatchObject({ options: { steps: { emojis: true } } });
    expect(definition.options.safeParse({ steps: { 'lone-surrogates': false } }).success).toBe(false);
  });

  it('has light rules and English as defaults, and no other options', () => {
    expect(definition.options.parse({})).toEqual({
      ...{ rules: 'light', language: 'EN', near_duplicates: 'keep' },
    });
    expect(definition.options.safeParse({ rules: 'heavy' }).success).toBe(false);
    expect(definition.options.safeParse({ langauge: 'EN' }).success).toBe(false);
  });
});
