import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readPredictions } from '../../../pipeline/measure/read-predictions.js';

type Row = Readonly<Record<string, unknown>>;
const right = (id: string): Row => ({
  id,
  entity: 'e',
  label: 1,
  predicted: 2,
  logits: [0, 1, 2],
  latency_ms: 3,
  tokens: 4,
});
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgeline-predictions-'));
  write(
    'test.jsonl',
    ['a', 'b'].map((id) => ({ id, entity: 'e', label: 1, input_ids: [1] })),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, rows: readonly Row[]): string {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}
const read = (rows: readonly Row[], limit?: number) =>
  readPredictions(write('predictions.jsonl', rows), join(folder, 'test.jsonl'), 3, limit);

it('reads what agrees with the test set', async () => {
  expect(await read([right('a'), right('b')])).toEqual({
    ok: true,
    value: { truth: [1, 1], predicted: [2, 2], entities: ['e', 'e'], latencies_ms: [3, 3] },
  });
  expect(await read([right('a')], 1)).toMatchObject({ ok: true, value: { truth: [1] } });
});

it.each<[string, readonly Row[], number, string]>([
  ['one is missing', [right('a')], 2, 'the tweet b has no prediction'],
  ['one is too many', [right('a'), right('b'), right('c')], 3, 'more predictions than tweets'],
  ['the order is another', [right('b'), right('a')], 1, 'e b stands where e a should'],
  ['a label is another', [{ ...right('a'), label: 0 }, right('b')], 1, 'stands where'],
  ['a logit is missing', [{ ...right('a'), logits: [0, 1] }, right('b')], 1, '2 logits'],
  ['a logit is no number', [{ ...right('a'), logits: [0, null, 2] }, right('b')], 1, 'not a prediction'],
  ['another one is predicted', [right('a'), { ...right('b'), predicted: 0 }], 2, 'not the largest logit'],
])('names the line when %s', async (_, rows, line, words) => {
  const result = await read(rows);
  expect(result).toMatchObject({ ok: false, error: { code: 'bad-predictions', line } });
  expect(result).toHaveProperty('error.message', expect.stringContaining(words));
});

it('says that there is no file', async () => {
  const result = await readPredictions(join(folder, 'nothing'), join(folder, 'test.jsonl'), 3, undefined);
  expect(result).toMatchObject({ ok: false, error: { code: 'bad-predictions' } });
});
