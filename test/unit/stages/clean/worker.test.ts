import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../../pipeline/base/canonical.js';
import type { Row } from '../../../../stages/clean/bucket.js';
import { definition } from '../../../../stages/clean/definition.js';
import { run } from '../../../../stages/clean/worker.js';
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

function contextOf(rows: readonly Partial<Row>[], options = {}): TestStage {
  const path = join(temporaryFolder(), 'rows.jsonl');
  const all = rows.map((row, index) => ({ ...ROW, id: String(index), ...row }));
  writeFileSync(path, all.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return stageContext(definition, {
    options: { rules: 'light', language: 'EN', ...options },
    inputs: { rows: path },
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
      ...{ 'empty-after-cleaning': 1, used: 2 },
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

  it('has light rules and English as defaults, and no other options', () => {
    expect(definition.options.parse({})).toEqual({ rules: 'light', language: 'EN' });
    expect(definition.options.safeParse({ rules: 'heavy' }).success).toBe(false);
    expect(definition.options.safeParse({ langauge: 'EN' }).success).toBe(false);
  });
});
