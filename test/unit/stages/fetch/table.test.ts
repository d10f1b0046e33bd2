import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { definition } from '../../../../stages/fetch/definition.js';
import { RecordParser } from '../../../../stages/fetch/record-parser.js';
import { detectFormat } from '../../../../stages/fetch/table-format.js';
import { run } from '../../../../stages/fetch/worker.js';
import { resolveContext } from '../resolve-context.js';
import { stageContext, type TestStage, temporaryFolder } from '../stage-context.js';

interface Given {
  readonly name?: string;
  readonly columns?: Readonly<Record<string, string | number>>;
}

function stageOf(content: string | Buffer, { name = 'my.csv', columns = {} }: Given = {}): TestStage {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, content);
  const given = { source: 'table', table: { file, text: 'text', label: 'label', ...columns } };
  const resolved = definition.resolve(definition.options.parse(given) as never, resolveContext());
  if ('blocked' in resolved) throw new Error(resolved.blocked);
  const external = Object.fromEntries(resolved.external.map(({ name: key, path }) => [key, path]));
  return stageContext(definition, { options: resolved.options, external });
}

const read = (stage: TestStage, name: string): string => readFileSync(stage.outputs[name] ?? '', 'utf8');
const card = (stage: TestStage) => JSON.parse(read(stage, 'card'));
const rows = (stage: TestStage) =>
  read(stage, 'rows')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

async function failureOf(stage: TestStage): Promise<{ readonly code: string; readonly message: string }> {
  const result = await run(stage.context);
  if (result.ok) throw new Error('fetch succeeded');
  return result.error;
}

const LINES = Array.from({ length: 60 }, (_, index) => `${index},"text ${index}, said",${index % 4}`);

describe('fetch with `source: table`', () => {
  it('reads named columns, groups and splits, and hands on rows without asking more', async () => {
    const table =
      '\uFEFFtweet;what; brand ;part;text\r\n9007199254740993;good;"A; B";train;"one\r\n\r\n""two"""\r\n7;bad;;TEST; bare "quote\r\n';
    const columns = { id: 'tweet', label: 'what', group: 'brand', split: 'part' };
    const stage = stageOf(table, { columns });
    expect(await run(stage.context)).toEqual({ ok: true, value: { rows: 2, with_text: 2, dropped: 0 } });
    const common = { domain: 'all', filtering: null, language: null, near_duplicate_of: null };
    expect(rows(stage)).toEqual([
      {
        ...common,
        ...{ split: 'training', id: '9007199254740993', entity: 'A; B', entity_name: 'A; B' },
        ...{ polarity: 'good', text: 'one\n"two"' },
      },
      {
        ...common,
        ...{ split: 'test', id: '7', entity: '(none)', entity_name: '(none)', polarity: 'bad' },
        text: ' bare "quote',
      },
    ]);
    expect(card(stage).table).toEqual({
      ...{ kind: 'delimited', encoding: 'utf-8', delimiter: ';', not_utf8_lines: 0 },
      columns: ['tweet', 'what', 'brand', 'part', 'text'],
    });
    expect(stage.infos[0]).toBe('read as utf-8, columns separated by ";": tweet, what, brand, part, text');
  });

  it('reads JSON Lines, with ids that a number cannot hold', async () => {
    const lines = [
      '{"id":187281022927384577,"text":"a","label":1}',
      '{"label":true,"text":null,"id":"x"}',
      '[]',
    ];
    const stage = stageOf(lines.join('\n'), { name: 'a.jsonl', columns: { id: 'id', test_fraction: 0.5 } });
    expect(await run(stage.context)).toMatchObject({
      ok: true,
      value: { rows: 2, with_text: 1, dropped: 1 },
    });
    const found = rows(stage).map(({ id, polarity, text }) => [id, polarity, text]);
    expect(found).toEqual([
      ['187281022927384577', '1', 'a'],
      ['x', 'true', null],
    ]);
    expect(card(stage).dropped).toEqual([
      ...[
        {
          kind: 'row',
          split: 'unassigned',
          reason: 'not-json',
          count: 1,
          examples: [{ file: 'table', line: 3 }],
        },
      ],
    ]);
  });

  it.each([
    ['Latin-1', Buffer.from('text,label\ncaf\xE9,a\n\x93so\x94,b\n', 'latin1'), 'windows-1252'],
    ['UTF-16', Buffer.from('\uFEFFtext,label\ncafé,a\n“so”,b\n', 'utf16le'), 'utf-16le'],
    [
      'UTF-16, the other way round',
      Buffer.from('\uFEFFtext,label\ncafé,a\n“so”,b\n', 'utf16le').swap16(),
      'utf-16be',
    ],
    ['UTF-8 with a mark', Buffer.from('\uFEFFtext,label\ncafé,a\n“so”,b\n'), 'utf-8'],
  ])('finds out that a table is in %s', async (_, bytes, encoding) => {
    const stage = stageOf(bytes);
    expect(await run(stage.context)).toMatchObject({ ok: true });
    expect(rows(stage).map(({ text }) => text)).toEqual(['café', '“so”']);
    expect(card(stage).table.encoding).toBe(encoding);
  });

  it('chooses the test rows by text, the same ones in any order, and some of each label', async () => {
    const header = 'id,text,label';
    const first = stageOf([header, ...LINES].join('\n'), { columns: { id: 'id' } });
    const second = stageOf([header, ...[...LINES].reverse()].join('\n'), { columns: { id: 'id' } });
    const tested = async (stage: TestStage) => {
      await run(stage.context);
      return rows(stage).filter(({ split }) => split === 'test');
    };
    const [one, two] = [await tested(first), await tested(second)];
    expect(new Set(one.map(({ text }) => text))).toEqual(new Set(two.map(({ text }) => text)));
    expect(new Set(one.map(({ polarity }) => polarity))).toEqual(new Set(['0', '1', '2', '3']));
    expect(one.length).toBeLessThan(30);
    const few = stageOf('text,label\na,x\nb,y\nA  http://t.co/1,x\n', { columns: { test_fraction: 0.01 } });
    await run(few.context);
    expect(rows(few)[0].split).toBe(rows(few)[2].split);
    expect(few.warnings[0]).toMatch(/of the rows are the test split, so that each label has one/);
  });

  it('gives up a quote that nobody closes, and nothing after it', async () => {
    const lines = [...LINES.slice(0, 30), '30,"never closed,1', ...LINES.slice(31)];
    const stage = stageOf(['id,text,label', ...lines].join('\n'));
    expect(await run(stage.context)).toMatchObject({ ok: true, value: { rows: 59, dropped: 1 } });
    expect(card(stage).dropped[0]).toMatchObject({ reason: 'unterminated-quote', examples: [{ line: 32 }] });
  });

  it.each([
    ['rounded by a spreadsheet', (id: string) => `${id.slice(0, 15)}000`, 'rounded-ids'],
    ['in exponents', (id: string) => `${id.slice(0, 1)}.${id.slice(1, 6)}E+17`, 'rounded-ids'],
    ['whole', (id: string) => id, 'no failure'],
  ])('looks whether ids were %s', async (_, change, code) => {
    const ids = Array.from({ length: 40 }, (__, index) => `${187281022927384577n + 7919n * BigInt(index)}`);
    const table = ['id,text,label', ...ids.map((id, index) => `${change(id)},text ${index},${index % 2}`)];
    const result = await run(stageOf(table.join('\n'), { columns: { id: 'id' } }).context);
    expect(result.ok ? 'no failure' : result.error.code).toBe(code);
    if (!result.ok) expect(result.error.message).toContain('40 of the 40 long ids');
  });

  it('says what a table lacks', async () => {
    expect(await failureOf(stageOf(''))).toMatchObject({
      code: 'bad-header',
      message: expect.stringMatching(/is empty$/),
    });
    const missing = await failureOf(stageOf('text,class\na,b\n'));
    expect(missing.message).toMatch(/has no column "label"; its columns are "text", "class"$/);
    const object = await failureOf(stageOf('{"text":"a"}\n{"text":"b"}\n', { name: 'a.ndjson' }));
    expect(object.message).toContain('has no column "label"');
    const none = await failureOf(stageOf('[]\n', { name: 'a.jsonl' }));
    expect(none.message).toContain('does not begin with a JSON object');
    const torn = await failureOf(stageOf(`text,label\n${'a,b,c\n'.repeat(20)}`));
    expect(torn).toMatchObject({
      code: 'too-many-malformed-rows',
      message: expect.stringContaining('20 of the 20'),
    });
    expect((await failureOf(stageOf('text,label\n'))).code).toBe('no-rows');
    const unknown = stageOf(
      `text,label,split\n${LINES.map((_, index) => `t${index},a,fold${index}`).join('\n')}`,
      {
        columns: { split: 'split' },
      },
    );
    expect((await failureOf(unknown)).code).toBe('too-many-malformed-rows');
  });

  it('wants `table` with `source: table`, and only there', () => {
    const check = (given: object) => definition.check?.(given as never, { sources: [], axes: [] });
    const table = { file: 'a.csv', text: 'a', label: 'b' };
    expect(check({ source: 'table', table })).toEqual([]);
    expect(check({ source: 'table' })?.[0]?.message).toContain('needs `table`');
    expect(check({ source: 'sample', table })?.[0]?.message).toContain('is not read');
  });
});

describe('RecordParser', () => {
  it('reads back whatever fields were written', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é', ';') });
    const record = fc.array(field, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), (records) => {
        const lines = records
          .map((fields) => fields.map((text) => `"${text.replaceAll('"', '""')}"`).join(','))
          .join('\n')
          .split('\n');
        const parser = new RecordParser(',');
        expect(lines.map((line) => parser.feed(line)).filter((found) => found !== undefined)).toEqual(
          records,
        );
        expect(parser.isOpen).toBe(false);
      }),
      { seed: 3, numRuns: 1000 },
    );
  });

  it('never fails, whatever comes, and detection neither', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(bytes, (some) => {
        const parser = new RecordParser(';');
        for (const line of Buffer.from(some).toString('latin1').split('\n')) parser.feed(line);
        detectFormat(Buffer.from(some), 'delimited');
        detectFormat(Buffer.from(some), 'json-lines');
      }),
      { seed: 4, numRuns: 2000 },
    );
  });
});
