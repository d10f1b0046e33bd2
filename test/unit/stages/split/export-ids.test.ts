import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportIds, type IdsFormat } from '../../../../stages/split/export-ids.js';
import { temporaryFolder } from '../stage-context.js';

const MARKER = 'MARKERTEXT';
const LABELS = ['NEGATIVE', 'very "POSITIVE", really'];

const tweet = (id: number, more: object = {}) => ({
  domain: `${MARKER} domain`,
  entity: `E${id % 2}`,
  entity_name: `${MARKER} name`,
  id: String(9_007_199_254_740_993n + BigInt(id)),
  label: LABELS[id % 2],
  text: `${MARKER} https://t.co/${id} of @someone`,
  ...more,
});

function folders(more: object = {}): { fit: string; test: string } {
  const root = temporaryFolder();
  const [fit, test] = [join(root, 'fit'), join(root, 'test')];
  const write = (folder: string, name: string, tweets: readonly object[]) =>
    writeFileSync(join(folder, name), tweets.map((one) => `${JSON.stringify(one)}\n`).join(''));
  for (const folder of [fit, test]) {
    mkdirSync(folder);
    writeFileSync(join(folder, 'labels.json'), JSON.stringify(LABELS));
  }
  write(fit, 'train.jsonl', [tweet(1), tweet(2), tweet(3)]);
  write(fit, 'validation.jsonl', [tweet(4)]);
  write(test, 'test.jsonl', [tweet(5), tweet(7, more)]);
  return { fit, test };
}

async function exported(format: IdsFormat) {
  const result = await exportIds(folders(), format);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe('exportIds', () => {
  it('keeps ids to their last digit, labels and parts, and counts them', async () => {
    const { content, card } = await exported('jsonl');
    const rows = content
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows[0]).toEqual({ entity: 'E1', id: '9007199254740994', label: LABELS[1], split: 'train' });
    expect(rows.map(({ split }) => split)).toEqual(['train', 'train', 'train', 'validation', 'test', 'test']);
    expect(card).toMatchObject({
      rows: 6,
      counts: { train: { NEGATIVE: 1 }, validation: { NEGATIVE: 1 }, test: { NEGATIVE: 0 } },
      entities: { E0: { train: 1, validation: 1, test: 0 }, E1: { train: 2, validation: 0, test: 2 } },
      sha256: createHash('sha256').update(content).digest('hex'),
    });
  });

  it('quotes what CSV needs quoted', async () => {
    const [header, first, second] = (await exported('csv')).content.split('\n');
    expect(header).toBe('entity,id,label,split');
    expect(first).toBe('E1,9007199254740994,"very ""POSITIVE"", really",train');
    expect(second).toBe('E0,9007199254740995,NEGATIVE,train');
  });

  it.each(['csv', 'jsonl'] as const)(
    'lets nothing of a text out, whatever member it is in: %s',
    async (format) => {
      const { content, card } = await exported(format);
      for (const written of [content, JSON.stringify(card)]) {
        expect(written).not.toContain(MARKER);
        expect(written).not.toMatch(/t\.co|someone/);
      }
    },
  );

  it.each([
    ['id', 'a tweet that stands in the column of ids', 'its id is no id'],
    ['id', 'x'.repeat(65), 'its id is no id'],
    ['entity', 'what a day @bmw', 'its entity is no name'],
    ['label', 'so happy today', 'its label is none of'],
  ])('writes nothing where %s may be a text, and does not quote it', async (member, value, problem) => {
    const result = await exportIds(folders({ [member]: value }), 'csv');
    expect(result).toMatchObject({ ok: false, error: expect.stringContaining(`test.jsonl:2: ${problem}`) });
    expect(JSON.stringify(result)).not.toContain(value);
  });

  it('takes an id that is the text of its tweet for a text', async () => {
    expect(await exportIds(folders({ id: 'word', text: 'word' }), 'csv')).toMatchObject({ ok: false });
  });

  it('gives the same bytes each time', async () => {
    expect(await exported('csv')).toEqual(await exported('csv'));
  });
});
