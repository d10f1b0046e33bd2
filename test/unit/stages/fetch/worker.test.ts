import { appendFileSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../../pipeline/base/canonical.js';
import { definition } from '../../../../stages/fetch/definition.js';
import { run } from '../../../../stages/fetch/worker.js';
import { stageContext, type TestStage } from '../stage-context.js';
import {
  ENTITY,
  infoLine,
  labelledLine,
  line,
  manyTweets,
  PackageFolder,
  textLine,
} from './package-folder.js';

const LABELED = `official/training/labeled/${ENTITY}.dat`;
const INFO = `official/training/tweet_info/${ENTITY}.dat`;
const TEXTS = `texts/training/${ENTITY}.tsv`;

function contextOf(folder: PackageFolder, external: Readonly<Record<string, string>> = {}): TestStage {
  return stageContext(definition, {
    options: { source: 'replab2013' },
    external: { ...folder.external, ...external },
  });
}

function wholePackage(rows = 300): PackageFolder {
  return new PackageFolder({ training: manyTweets(rows), test: manyTweets(3) });
}

function output(stage: TestStage, name: string): string {
  return readFileSync(stage.outputs[name] ?? '', 'utf8');
}

async function failureOf(folder: PackageFolder): Promise<unknown> {
  const result = await run(contextOf(folder).context);
  if (result.ok) throw new Error('fetch succeeded');
  return result.error;
}

describe('fetch', () => {
  it('joins labels, tweet info and texts, in order', async () => {
    const folder = new PackageFolder({
      training: [
        { id: '187281022927384577', text: 'say ""what""\u2028' },
        { id: '93700587790671872', polarity: 'NEGATIVE', text: '' },
      ],
      test: [{ id: '300000000000000001', polarity: 'NEUTRAL' }],
    });
    const stage = contextOf(folder);
    expect(await run(stage.context)).toEqual({ ok: true, value: { rows: 3, with_text: 2, dropped: 0 } });
    const rows = output(stage, 'rows')
      .trimEnd()
      .split('\n')
      .map((row) => JSON.parse(row));
    const common = {
      entity: ENTITY,
      entity_name: 'Quorvane "Motor" Works',
      domain: 'automotive',
      language: 'EN',
    };
    const label = { ...common, filtering: 'RELATED', near_duplicate_of: null };
    expect(rows).toEqual([
      {
        ...label,
        split: 'training',
        id: '187281022927384577',
        polarity: 'POSITIVE',
        text: 'say ""what""\u2028',
      },
      { ...label, split: 'training', id: '93700587790671872', polarity: 'NEGATIVE', text: null },
      {
        ...label,
        split: 'test',
        id: '300000000000000001',
        polarity: 'NEUTRAL',
        text: 'text of 300000000000000001',
      },
    ]);
    expect(stage.warnings).toEqual([]);
    const card = JSON.parse(output(stage, 'card'));
    expect(card).toMatchObject({ schema: 1, source: 'replab2013', synthetic: false, files: 7, dropped: [] });
    expect(card.joined.training).toMatchObject({
      labelled: 2,
      with_text: 1,
      without_text: 1,
      empty_texts: 1,
    });
    expect(`sha256:${card.sha256}`).toBe(digestOf(output(stage, 'rows')));
  });

  it('drops single bad rows, counts them by reason and says where they are', async () => {
    const folder = wholePackage(600);
    appendFileSync(
      folder.path(LABELED),
      `${[
        labelledLine('216287162696605696', 'RELATED', 'RELATED', 'neutral'),
        labelledLine('no id', 'RELATED', 'POSITIVE'),
        labelledLine('400000000000000001', 'RELATED', 'GOOD'),
        labelledLine('400000000000000002', 'RELATED', 'POSITIVE', 'tabs\tin a\ttopic'),
        labelledLine('400000000000000003', 'RELATED', 'POSITIVE'),
        line(['400000000000000004', 'someone', 'RL2013D01E002', 'RELATED', 'POSITIVE', '', '']),
      ].join('\n')}\n`,
    );
    const infos = [infoLine('400000000000000002'), infoLine('400000000000000001')];
    appendFileSync(folder.path(INFO), `${[...infos, infoLine('216287162696605696', 'medium')].join('\n')}\n`);
    const stage = contextOf(folder);
    expect(await run(stage.context)).toMatchObject({ ok: true, value: { rows: 604, dropped: 5 } });
    const at = (row: number, id: string) => [{ file: `training/labeled/${ENTITY}.dat`, line: row, id }];
    const dropped = (reason: string, row: number, id: string) => ({
      ...{ kind: 'row', split: 'training', reason, count: 1, examples: at(row, id) },
    });
    expect(JSON.parse(output(stage, 'card')).dropped).toEqual(
      [
        dropped('shifted-columns', 602, '216287162696605696'),
        dropped('not-an-id', 603, 'no id'),
        dropped('unknown-value', 604, '400000000000000001'),
        dropped('wrong-entity', 607, '400000000000000004'),
        dropped('no-tweet-info', 606, '400000000000000003'),
      ].sort((a, b) => (a.examples[0]?.line ?? 0) - (b.examples[0]?.line ?? 0)),
    );
    expect(stage.warnings[0]).toBe(
      `dropped 1 of the training rows, shifted columns: training/labeled/${ENTITY}.dat:602`,
    );
  });

  it('holds the labels against the gold standard, where there is one', async () => {
    const folder = wholePackage();
    const [first, second] = manyTweets(2).map(({ id }) => id);
    const gold = (id: string, polarity: string) => line([ENTITY, id, polarity]);
    folder.write('official/training/goldstandard/goldstandard_polarity.dat', [
      line(['entity_id', 'tweet_id', 'polarity']),
      ...[gold(first ?? '', 'POSITIVE'), gold(second ?? '', 'NEGATIVE'), gold('77', 'POSITIVE')],
    ]);
    const stage = contextOf(folder);
    expect((await run(stage.context)).ok).toBe(true);
    const file = 'training/goldstandard/goldstandard_polarity.dat';
    expect(JSON.parse(output(stage, 'card')).goldstandard).toEqual([
      { file, rows: 3, agreeing: 1, differing: 1, without_label: 1, malformed: 0 },
    ]);
    expect(stage.warnings).toEqual([
      `${file}: of 3 rows 1 differ from the labels, 1 have none and 0 are malformed`,
    ]);
  });

  it('fails when a spreadsheet rounded the ids of a file', async () => {
    const folder = wholePackage(40);
    const rounded = manyTweets(40).map(({ id }) => `${id.slice(0, 15)}000`);
    const header = line(['tweet_id', 'author', 'entity_id', 'text']);
    folder.write(TEXTS, [header, ...rounded.map((id) => textLine(id, 'text'))]);
    expect(await failureOf(folder)).toMatchObject({
      code: 'rounded-ids',
      file: folder.path(TEXTS),
      message: expect.stringContaining('40 of the 40 long ids'),
    });
  });

  it('drops a line that no row can be, of 2 MB', async () => {
    const folder = wholePackage();
    appendFileSync(folder.path(TEXTS), `${textLine('5', 'x'.repeat(2 << 20))}\n${textLine('6', 'six')}\n`);
    const stage = contextOf(folder);
    expect(await run(stage.context)).toMatchObject({ ok: true, value: { with_text: 303 } });
    expect(JSON.parse(output(stage, 'card')).dropped).toMatchObject([{ reason: 'line-too-long', count: 1 }]);
  });

  it('blames the tweet_info line that a row lost its description by', async () => {
    const folder = wholePackage();
    const path = folder.path(INFO);
    const lines = readFileSync(path, 'utf8').split('\n');
    lines[5] = lines[5]?.replace('"EN"\t', '') ?? '';
    folder.write(INFO, lines.slice(0, -1));
    const stage = contextOf(folder);
    expect(await run(stage.context)).toMatchObject({ ok: true, value: { dropped: 1 } });
    expect(JSON.parse(output(stage, 'card')).dropped).toMatchObject([
      { reason: 'too-few-fields', examples: [{ file: `training/tweet_info/${ENTITY}.dat`, line: 6 }] },
    ]);
  });

  it('takes the first text of a tweet, across folders too, and an empty one gives way', async () => {
    const folder = new PackageFolder({
      training: [{ id: '1', text: 'first' }, { id: '2', text: '' }, { id: '3' }],
      test: [{ id: '9' }],
    });
    appendFileSync(folder.path(TEXTS), `${textLine('1', 'other')}\n${textLine('3', 'text of 3')}\n`);
    const header = line(['tweet_id', 'author', 'entity_id', 'text']);
    folder.write(`more/training/${ENTITY}.tsv`, [
      header,
      textLine('2', 'found later'),
      textLine('77', 'no row'),
    ]);
    const stage = contextOf(folder, { 'texts-2': folder.path('more') });
    expect((await run(stage.context)).ok).toBe(true);
    const texts = output(stage, 'rows')
      .trimEnd()
      .split('\n')
      .map((row) => JSON.parse(row).text);
    expect(texts).toEqual(['first', 'found later', 'text of 3', 'text of 9']);
    expect(JSON.parse(output(stage, 'card')).joined.training).toMatchObject({
      ...{ texts: 7, empty_texts: 1, repeated_texts: 3, disagreeing_texts: 2, texts_without_row: 1 },
    });
  });

  it('warns of entities without any text', async () => {
    const folder = wholePackage();
    rmSync(folder.path(`texts/test/${ENTITY}.tsv`));
    const stage = contextOf(folder);
    expect((await run(stage.context)).ok).toBe(true);
    expect(stage.warnings).toEqual([`no test tweet has a text for these entities (1): ${ENTITY}`]);
  });

  it('stops between entities when it is told to', async () => {
    const folder = wholePackage();
    const { context } = stageContext(definition, { external: folder.external, signal: AbortSignal.abort() });
    expect(await run(context)).toMatchObject({ ok: false, error: { code: 'aborted' } });
  });
});

describe('fetch fails, naming file and line, when', () => {
  it('a folder is missing', async () => {
    for (const missing of [
      'official',
      'official/entities',
      'official/training/labeled',
      'official/test/tweet_info',
      'texts',
    ]) {
      const folder = wholePackage(3);
      rmSync(folder.path(missing), { recursive: true });
      expect(await failureOf(folder)).toMatchObject({
        code: 'missing-folder',
        message: expect.stringContaining(folder.path(missing)),
        hint: expect.stringContaining(missing === 'texts' ? 'data.texts' : 'data.package'),
      });
    }
  });

  it('one of the two files of an entity is missing', async () => {
    const folder = wholePackage(3);
    rmSync(folder.path(INFO));
    expect(await failureOf(folder)).toMatchObject({ code: 'missing-file', file: folder.path(INFO) });
  });

  it.each([
    ['in a quoted field', 4, 'unterminated quote'],
    ['between two fields', 1, 'too few fields'],
  ])('a file is cut %s', async (_, fields, problem) => {
    for (const cut of [LABELED, INFO, TEXTS]) {
      const folder = wholePackage(3);
      const bytes = readFileSync(folder.path(cut));
      const lastRow = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
      const end = fields === 1 ? bytes.indexOf('\t', lastRow) : bytes.length - 3;
      truncateSync(folder.path(cut), end);
      const failure = { code: 'truncated-file', file: folder.path(cut), line: 4 };
      expect(await failureOf(folder)).toMatchObject({
        ...failure,
        message: expect.stringContaining(problem),
      });
    }
  });

  it('a file has no header, another header or nothing', async () => {
    const folder = wholePackage(3);
    for (const lines of [['"x"\t"y"'], ['"tweet_id'], ['']]) {
      folder.write(LABELED, lines);
      expect(await failureOf(folder)).toMatchObject({
        code: 'bad-header',
        file: folder.path(LABELED),
        line: 1,
      });
    }
  });

  it('more than one row in a hundred is malformed', async () => {
    for (const [file, bad] of [
      [LABELED, labelledLine('x', 'RELATED', 'POSITIVE')],
      [TEXTS, textLine('x', 'text')],
    ] as const) {
      const folder = wholePackage(297);
      appendFileSync(folder.path(file), `${bad}\n${bad}\n${bad}\n`);
      expect((await run(contextOf(folder).context)).ok).toBe(true);
      appendFileSync(folder.path(file), `${bad}\n`);
      expect(await failureOf(folder)).toMatchObject({
        code: 'too-many-malformed-rows',
        message: expect.stringContaining(
          `4 of the 301 training ${file === TEXTS ? 'texts' : 'rows'} are malformed, 1.3 %`,
        ),
        file: folder.path(file),
        line: 299,
      });
    }
  });

  it('there is not a single row', async () => {
    expect(await failureOf(new PackageFolder({ training: [], test: [] }))).toMatchObject({ code: 'no-rows' });
  });
});
