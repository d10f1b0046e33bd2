import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { definition } from '../../../../stages/report/definition.js';
import { run } from '../../../../stages/report/worker.js';
import { problemsOfPage } from '../../report/page-checks.js';
import { Fixture, type Shape } from './fixture.js';

afterAll(() => Fixture.removeAll());

const HOSTILE = `<script>alert(1)</script>"'><img src=x onerror=alert(1)> \u202e\u0000 &amp; --> ]]> \${x} {{y}}`;
const small: Partial<Shape> = { models: ['minilm-l3'], seeds: [1, 2], tweets: 60 };

async function reportOf(fixture: Fixture, options = {}) {
  const context = fixture.context(options);
  const result = await run(context);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  const read = (name: string) => readFileSync(join(context.job.outputs.report ?? '', name), 'utf8');
  const names = readdirSync(join(context.job.outputs.report ?? '', 'tables')).sort();
  return {
    page: read('report.html'),
    json: read('report.json'),
    tables: names.map((name) => ({ name, text: read(`tables/${name}`) })),
    summary: result.value,
    logs: context.logs,
  };
}

describe('the report', () => {
  it.each<[string, Partial<Shape>]>([
    [
      'several models, seeds, precisions and devices',
      {
        devices: ['local', 'rpi4b'],
        emulated: ['rpi4b'],
        seeds: [1, 2],
        precisions: ['fp32', 'int8'],
        tweets: 60,
      },
    ],
    ['one of everything', { ...small, seeds: [1], precisions: ['fp32'] }],
    ['missing branches', { ...small, without: (instance) => /seed=2|encode|clean/.test(instance) }],
    ['no evaluation', { ...small, precisions: [] }],
    ['nothing at all', { ...small, without: () => true }],
    [
      'hostile names',
      {
        ...small,
        models: [HOSTILE],
        devices: [HOSTILE],
        labels: [HOSTILE, 'B'],
        study: HOSTILE,
        sampleTexts: [HOSTILE],
      },
    ],
  ])('is a whole, accessible, self-contained page for %s', async (_name, shape) => {
    const { page, json } = await reportOf(new Fixture(shape));
    expect(problemsOfPage(page)).toEqual([]);
    expect(JSON.parse(json)).toMatchObject({
      schema: 1,
      study: shape.study ?? 'quantized-transformers-on-edge-devices',
    });
    expect(page).not.toMatch(/undefined|NaN|\[object|Infinity/);
    expect(page).not.toContain('/tmp/');
    expect(json).not.toContain('/tmp/');
  });

  it('shows hostile strings as text', async () => {
    const { page } = await reportOf(
      new Fixture({ ...small, models: [HOSTILE], study: HOSTILE, sampleTexts: [HOSTILE] }),
    );
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<img');
    expect(page.split('&lt;script&gt;alert(1)&lt;/script&gt;').length).toBeGreaterThan(20);
    expect(page).not.toContain('\u202e');
  });

  it('gives equal bytes for equal inputs', async () => {
    const [a, b] = [await reportOf(new Fixture(small)), await reportOf(new Fixture(small))];
    expect(a.page).toBe(b.page);
    expect(a.json).toBe(b.json);
    expect(a.tables).toEqual(b.tables);
  });

  it('has CSV and LaTeX of every table', async () => {
    const { page, tables } = await reportOf(new Fixture(small));
    const ids = [...page.matchAll(/<table id="([^"]+)"/g)].map(([, id]) => id ?? '');
    expect(ids.length).toBeGreaterThan(20);
    expect(tables.map(({ name }) => name)).toEqual(ids.flatMap((id) => [`${id}.csv`, `${id}.tex`]).sort());
    const shown = [...page.matchAll(/<p class="files">(.*?)<\/p>/gs)].map(([, links]) => links ?? '');
    expect(shown).toHaveLength(ids.length);
    for (const [index, links] of shown.entries()) {
      expect(links).toMatch(new RegExp(`${ids[index]}\\.csv.*${ids[index]}\\.tex`, 's'));
    }
  });

  it('says first what a reader must know', async () => {
    const { page, logs, summary } = await reportOf(
      new Fixture({
        ...small,
        devices: ['rpi4b'],
        emulated: ['rpi4b'],
        without: (instance) => instance.includes('int8,seed=2'),
      }),
    );
    const start = page.slice(0, page.indexOf('<h2'));
    expect(start).toContain('Synthetic data.');
    expect(start).toContain('Emulated device.');
    expect(start).toContain('minilm-l3 int8 on rpi4b has no evaluation of seed 2.');
    expect(logs).toEqual(['warning: minilm-l3 int8 on rpi4b has no evaluation of seed 2.']);
    expect(summary).toEqual({ rows: 3, evaluations: 5, notices: 1 });
  });

  it('says what is not there', async () => {
    const { page } = await reportOf(new Fixture({ ...small, without: () => true }));
    for (const text of [
      'No evaluation in this run.',
      'No training log in this run.',
      'No fetch card in this run.',
      'No conversion in this run.',
      'No device in this run.',
      'Origin of the data not recorded.',
    ]) {
      expect(page).toContain(text);
    }
  });

  it('writes what is not a number as such', async () => {
    const fixture = new Fixture({ ...small, seeds: [1], precisions: ['fp32'] });
    const path = fixture.inputs.training?.[0]?.path ?? '';
    const log = JSON.parse(readFileSync(path, 'utf8'));
    log.epochs[2].validation_macro_f1 = null;
    writeFileSync(path, JSON.stringify(log));
    const { page, json } = await reportOf(fixture);
    expect(page).toContain('<td class="number">not a number</td>');
    expect(JSON.parse(json).training[0].epochs[2].validation_macro_f1).toBe('NaN');
    expect(problemsOfPage(page)).toEqual([]);
  });

  it('says how many texts each source gave, where there are several', async () => {
    const { page, json } = await reportOf(new Fixture({ ...small, seeds: [1], precisions: ['fp32'] }));
    expect(page).toContain('Texts by source');
    expect(JSON.parse(json).data.fetch[0].texts.rows).toEqual([
      { name: 'texts-1', counts: [3000, 690] },
      { name: 'texts-2', counts: [700, null] },
    ]);
  });

  it('takes a title', async () => {
    const { page } = await reportOf(new Fixture(small), { title: 'My <study>' });
    expect(page).toContain(
      '<h1>My &lt;study&gt;</h1><p class="quiet">Study quantized-transformers-on-edge-devices, profile quickstart</p>',
    );
  });
});

describe('unreadable inputs', () => {
  const shape: Partial<Shape> = { ...small, seeds: [1], precisions: ['fp32'] };
  const firstLines = (text: string, count: number): string => text.split('\n').slice(0, count).join('\n');
  const editLine = (text: string, index: number, edit: (line: string) => string): string =>
    text
      .split('\n')
      .map((line, at) => (at === index ? edit(line) : line))
      .join('\n');

  it.each<[string, string, (text: string) => string, string, number | undefined]>([
    [
      'evaluation.json',
      'no JSON',
      () => '{',
      'evaluation.json of evaluate@device=local,model=minilm-l3,precision=fp32,seed=1 cannot be read',
      undefined,
    ],
    [
      'evaluation.json',
      'a missing member',
      (text) => text.replace('"labels"', '"names"'),
      'labels: ',
      undefined,
    ],
    ['predictions.jsonl', 'a torn line', (text) => text.slice(0, -9), 'predictions.jsonl of evaluate@', 60],
    [
      'predictions.jsonl',
      'too few rows',
      (text) => firstLines(text, 59),
      'says that 60 tweets were scored, and there are 59',
      undefined,
    ],
    [
      'predictions.jsonl',
      'too many rows',
      (text) => text + firstLines(text, 1),
      'says that 60 tweets were scored, and there are more',
      61,
    ],
    [
      'predictions.jsonl',
      'a class that is none',
      (text) => editLine(text, 4, (line) => line.replace(/"predicted":\d/, '"predicted":3')),
      '`predicted` must be an index below 3',
      5,
    ],
    [
      'predictions.jsonl',
      'an id that is a number',
      (text) => editLine(text, 1, (line) => line.replace(/"id":"(\d+)"/, '"id":$1')),
      '`id` and `entity` must be strings',
      2,
    ],
    [
      'telemetry.jsonl',
      'a sample without time',
      (text) => editLine(text, 2, (line) => line.replace('t_s', 't')),
      't_s: ',
      3,
    ],
  ])('%s with %s', async (name, _problem, edit, message, line) => {
    const fixture = new Fixture(shape);
    const path = join(fixture.inputs.evaluation?.[0]?.path ?? '', name);
    writeFileSync(path, edit(readFileSync(path, 'utf8')));
    const result = await run(fixture.context());
    if (result.ok) throw new Error('it was read');
    expect(result.error.code).toBe('unreadable-input');
    expect(result.error.message).toContain(message);
    expect(result.error.file).toBe(path);
    expect(result.error.line).toBe(line);
  });

  it('stops when the run is aborted', async () => {
    const context = { ...new Fixture(shape).context(), signal: AbortSignal.abort() };
    await expect(run(context)).rejects.toThrow('aborted');
  });
});

describe('definition', () => {
  const context = {
    coordinates: {},
    data: { package: null, texts: [], cache: null },
    models: {},
    devices: {},
    installation: '/',
    host: { cpuCount: 2 },
  };

  it('reads whatever there is and needs one processor', () => {
    expect(definition.inputs.every(({ count }) => count === 'any')).toBe(true);
    expect(definition.resolve({ title: 'x' }, context)).toEqual({
      options: { title: 'x', texts: 'withheld' },
      external: [{ name: 'published', path: '/stages/report/paper/tables.json' }],
      needs: { cpu: 1 },
    });
    const externalOf = (published: string | false) => definition.resolve({ published }, context);
    expect(externalOf(false)).toMatchObject({ external: [] });
    expect(externalOf('theirs.json')).toMatchObject({ external: [{ path: 'theirs.json' }] });
    expect(definition.options.safeParse({ titel: 'x' }).success).toBe(false);
  });
});
