import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { definition } from '../../../../stages/fetch/definition.js';
import { run } from '../../../../stages/fetch/worker.js';
import { stageContext } from '../stage-context.js';
import { zipOf } from './archives.js';
import { ENTITY, line, manyTweets, PackageFolder, textLine } from './package-folder.js';

const IDS = manyTweets(6).map(({ id }) => id);
const [A = '', B = '', C = '', D = '', E = '', F = ''] = IDS;

/** Six training tweets of one entity; their table of texts is the test's to write. */
function folderOf(texts: Readonly<Record<string, string>> = {}): PackageFolder {
  const folder = new PackageFolder({ training: IDS.map((id) => ({ id })), test: [] });
  const header = line(['tweet_id', 'author', 'entity_id', 'text']);
  const rows = Object.entries(texts).map(([id, text]) => textLine(id, text));
  folder.write(`texts/training/${ENTITY}.tsv`, [header, ...rows]);
  return folder;
}

async function fetched(folder: PackageFolder, ...sources: readonly string[]) {
  const external = Object.fromEntries(
    sources.map((path, index) => [`texts-${index + 1}`, folder.path(path)]),
  );
  const stage = stageContext(definition, {
    options: { source: 'replab2013' },
    external: { package: folder.path('official'), ...external },
  });
  const result = await run(stage.context);
  const read = (name: string) => readFileSync(stage.outputs[name] ?? '', 'utf8');
  return {
    failure: result.ok ? undefined : result.error,
    warnings: stage.warnings,
    texts: () => {
      const rows: { id: string; text: string | null }[] = read('rows')
        .trimEnd()
        .split('\n')
        .map((row) => JSON.parse(row));
      return Object.fromEntries(rows.map(({ id, text }) => [id, text]));
    },
    card: () => JSON.parse(read('card')),
  };
}

const v2 = (id: string, text: string) => JSON.stringify({ id, text });

describe('archives of JSON Lines', () => {
  it('are files, or folders of files, beside tables, and the first source that has a text wins', async () => {
    const folder = folderOf({ [A]: 'table A', [B]: '' });
    folder.write('one.jsonl', [v2(B, 'one B'), v2(A, 'one A'), v2('99', 'of no row')]);
    const quoting = { id_str: '98', full_text: 'x', quoted_status: { id_str: C, full_text: 'quoted C' } };
    folder.write('more/b.jsonl', [v2(D, 'second'), v2(C, 'too late')]);
    folder.write('more/a.jsonl', [JSON.stringify(quoting), v2(D, 'more D')]);
    const { texts, card, failure, warnings } = await fetched(folder, 'texts', 'one.jsonl', 'more');
    expect(failure).toBeUndefined();
    expect(texts()).toEqual({
      [A]: 'table A',
      [B]: 'one B',
      [C]: 'quoted C',
      [D]: 'more D',
      [E]: null,
      [F]: null,
    });
    expect(card()).toMatchObject({
      joined: { training: { with_text: 4, disagreeing_texts: 2 } },
      texts_from: { training: { 'texts-1': 1, 'texts-2': 1, 'texts-3': 2 }, test: {} },
      disagreements: { training: [{ id: A, kept: 'texts-1', other: 'texts-2' }], test: [] },
      archives: [
        { name: 'texts-2', files: 1, lines: 3, tweets: 3, wanted: 2 },
        { name: 'texts-3', files: 2, tweets: 5, wanted: 2, repeated_texts: 2, disagreeing_texts: 2 },
      ],
    });
    // The report takes a split's figures for a table, or leaves the split out.
    for (const value of Object.values(card().joined.training)) expect(typeof value).toBe('number');
    expect(warnings).toContain('texts of texts-3 that come again in it and differ, the first was taken: 2');
    const turned = await fetched(folder, 'one.jsonl', 'texts');
    expect(turned.texts()).toMatchObject({ [A]: 'one A', [B]: 'one B' });
  });

  it('stand beside tables in a .zip; in one themselves they are not looked for', async () => {
    const folder = folderOf({ [A]: 'table A' });
    const table = readFileSync(folder.path(`texts/training/${ENTITY}.tsv`));
    folder.writeBytes('tables.zip', zipOf([{ name: `texts/training/${ENTITY}.tsv`, content: table }]));
    folder.write('one.jsonl', [v2(A, 'too late'), v2(B, 'one B')]);
    const { texts, card } = await fetched(folder, 'tables.zip', 'one.jsonl');
    expect(texts()).toMatchObject({ [A]: 'table A', [B]: 'one B', [C]: null });
    expect(card().texts_from.training).toEqual({ 'texts-1': 1, 'texts-2': 1 });
    folder.writeBytes('one.zip', zipOf([{ name: 'one.jsonl', content: v2(A, 'x') }]));
    expect((await fetched(folder, 'one.zip')).failure).toMatchObject({ code: 'bad-archive' });
  });

  it('may be Latin-1, have a few bad lines and notices of other things', async () => {
    const folder = folderOf();
    const lines = manyTweets(300).map(({ id }) => v2(id, `caf\u00E9 ${id}`));
    lines[7] = '{"id": "5", "te';
    lines[8] = '{"delete": {"status": {"id": 1}}}';
    folder.writeBytes('a.jsonl', Buffer.from(`${lines.join('\n')}\n`, 'latin1'));
    const { texts, card, warnings } = await fetched(folder, 'a.jsonl');
    expect(texts()[A]).toBe(`caf\u00E9 ${A}`);
    expect(card().archives).toMatchObject([{ lines: 300, lines_without_tweet: 1, not_utf8_lines: 298 }]);
    expect(warnings).toContain('dropped 1 of the lines of texts-1, not json: texts-1:8');
  });

  it('are refused as a web page, as JSON of other things, and without a file', async () => {
    const folder = folderOf();
    folder.write('page.jsonl', ['<!DOCTYPE html>', '<html><body>502 Bad Gateway</body></html>']);
    folder.write('users.jsonl', ['{"id": "1", "name": "x"}']);
    expect((await fetched(folder, 'page.jsonl')).failure).toMatchObject({
      code: 'too-many-malformed-rows',
      message: expect.stringContaining(folder.path('page.jsonl')),
    });
    expect((await fetched(folder, 'users.jsonl')).failure).toMatchObject({ code: 'no-tweets' });
    rmSync(folder.path('users.jsonl'));
    expect((await fetched(folder, 'users.jsonl')).failure).toMatchObject({ code: 'missing-folder' });
  });
});

describe('ids that a spreadsheet has rounded', () => {
  it('are refused in archives, tables and labels', async () => {
    const ids = manyTweets(20).map(({ id }) => id);
    const rounded = ids.map((id) => `${id.slice(0, 15)}000`);
    const folder = folderOf();
    folder.write(
      'a.jsonl',
      rounded.map((id) => v2(id, 'x')),
    );
    expect((await fetched(folder, 'a.jsonl')).failure).toMatchObject({
      code: 'rounded-ids',
      file: folder.path('a.jsonl'),
      message: expect.stringContaining('20 of the 20 long ids'),
    });
    const table = folderOf(Object.fromEntries(ids.map((id) => [Number(id).toExponential(5), 'x'])));
    table.write(`texts/training/${ENTITY}.tsv`, [
      line(['tweet_id', 'author', 'entity_id', 'text']),
      ...ids.map((id) => textLine(Number(id).toExponential(5), 'x')),
    ]);
    expect((await fetched(table, 'texts')).failure).toMatchObject({ code: 'rounded-ids' });
    const labels = new PackageFolder({ training: rounded.map((id) => ({ id })), test: [] });
    expect((await fetched(labels)).failure).toMatchObject({
      code: 'rounded-ids',
      file: labels.path(`official/training/labeled/${ENTITY}.dat`),
    });
  });
});

describe('a line of 200 MB', () => {
  it.each([
    ['a.jsonl', 'lines of texts-1', 'texts-1:202'],
    [`texts/training/${ENTITY}.tsv`, 'training texts', `texts-1/training/${ENTITY}.tsv:202`],
  ])('is dropped from %s without being held', async (name, what, place) => {
    const isTable = name.startsWith('texts');
    const folder = folderOf();
    const file = openSync(folder.path(name), 'w');
    const ids = manyTweets(201).map(({ id }) => id);
    const lines = isTable
      ? [line(['tweet_id', 'author', 'entity_id', 'text']), ...ids.slice(1).map((id) => textLine(id, 'x'))]
      : ids.map((id) => v2(id, 'x'));
    writeSync(file, `${lines.join('\n')}\n`);
    const piece = Buffer.alloc(1 << 20, 'x');
    for (let written = 0; written < 200; written += 1) writeSync(file, piece);
    writeSync(file, `\n${isTable ? textLine('1', 'last') : v2('1', 'last')}\n`);
    closeSync(file);
    const before = process.memoryUsage.rss();
    const { failure, warnings } = await fetched(folder, isTable ? 'texts' : name);
    expect(failure).toBeUndefined();
    expect(warnings).toContain(`dropped 1 of the ${what}, line too long: ${place}`);
    // Pieces up to the limit, a few times over, and not the line.
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 << 20);
    rmSync(folder.path(name));
  });

  it('is no answer of X: one of five megabytes is read', async () => {
    const folder = folderOf();
    const data = IDS.map((id) => ({ id, text: `text of ${id}`, entities: 'x'.repeat(1 << 20) }));
    folder.write('pages.jsonl', [JSON.stringify({ data })]);
    const { texts } = await fetched(folder, 'pages.jsonl');
    expect(texts()).toEqual(Object.fromEntries(IDS.map((id) => [id, `text of ${id}`])));
  });
});
