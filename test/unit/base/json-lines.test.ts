import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalJson, digestOf, type Json } from '../../../pipeline/base/canonical.js';
import { JsonLinesWriter, readJsonLines } from '../../../pipeline/base/json-lines.js';
import { temporaryFolder } from '../stages/stage-context.js';

async function readBack(path: string): Promise<readonly Json[]> {
  const values: Json[] = [];
  for await (const value of readJsonLines<Json>(path)) values.push(value);
  return values;
}

describe('JSON Lines', () => {
  it('come back as they were written, with canonical bytes and their digest', async () => {
    const path = join(temporaryFolder(), 'lines.jsonl');
    const values = [
      { text: 'a\u2028b\u2029c\r\nd', id: '1' },
      { text: '👨‍👩‍👧', id: '2' },
    ];
    const writer = new JsonLinesWriter(path);
    for (const value of values) writer.write(value);
    const digest = writer.close();
    expect(digest).toBe(digestOf(readFileSync(path)));
    expect(readFileSync(path, 'utf8').startsWith('{"id":"1","text":"a')).toBe(true);
    expect(await readBack(path)).toEqual(values);
  });

  it('may be more than is read or written at once', async () => {
    const path = join(temporaryFolder(), 'long.jsonl');
    const values = Array.from({ length: 30_000 }, (_, id) => ({ id, text: 'ñandú 👨‍👩‍👧 '.repeat(5) }));
    const writer = new JsonLinesWriter(path);
    for (const value of values) writer.write(value);
    expect(writer.close()).toBe(digestOf(readFileSync(path)));
    expect(await readBack(path)).toEqual(values);
  });

  it('are canonical whatever the order and kind of members', async () => {
    const path = join(temporaryFolder(), 'kinds.jsonl');
    const values: readonly Json[] = [
      { b: 'x', a: null },
      { a: 'x', b: { d: 1, c: [true, { z: 0, y: -0 }] } },
      { b: 'x', 10: 'x', 9: 'x' },
      { a: undefined, b: 'x' },
      [{ b: 1, a: 2 }],
      'text',
      null,
    ];
    const writer = new JsonLinesWriter(path);
    for (const value of values) writer.write(value);
    writer.close();
    expect(readFileSync(path, 'utf8')).toBe(values.map((value) => `${canonicalJson(value)}\n`).join(''));
  });

  it('may be none', async () => {
    const path = join(temporaryFolder(), 'none.jsonl');
    new JsonLinesWriter(path).close();
    expect(await readBack(path)).toEqual([]);
  });
});
