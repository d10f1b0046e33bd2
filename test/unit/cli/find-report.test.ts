import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ReportFinder } from '../../../pipeline/cli/find-report.js';
import { storeLayout } from '../../../pipeline/store/layout.js';
import { excerpt } from '../stages/report/compare/made-up.js';

const folder = mkdtempSync(join(tmpdir(), 'edgeline-find-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const RUNS = ['20260101T100000-aaaa', '20260101T110000-bbbb', '20260202T100000-cccc'];

function store(name: string, runs: readonly string[]) {
  const layout = storeLayout(join(folder, name));
  for (const run of runs) {
    mkdirSync(join(layout.runs, run), { recursive: true });
    const finished = {
      type: 'instance-finished',
      instance: 'report',
      time: 0,
      outcome: { status: 'ran', key: `sha256:${'0'.repeat(64)}` },
    };
    writeFileSync(
      join(layout.runs, run, 'events.jsonl'),
      run.endsWith('cccc') ? `${JSON.stringify(finished)}\n` : '',
    );
  }
  return new ReportFinder(layout);
}

describe('a report that cannot be had is said with what to do', () => {
  const finder = store('some', RUNS);

  it.each<[string, RegExp, RegExp]>([
    ['20260101', /is the beginning of 2 runs/, /20260101T100000-aaaa, 20260101T110000-bbbb/],
    ['20260101T1100', /run 20260101T110000-bbbb made no report/, /pipeline run report/],
    ['20260101T110000-bbbc', /is neither a run nor a file/, /did you mean 20260101T110000-bbbb\?/],
    ['baseline.json', /is neither a run nor a file/, /the last runs: 20260202T100000-cccc, /],
    ['20260202T100000-cccc', /is no longer in the store/, /--baseline-out/],
    ['last', /is no longer in the store/, /--baseline-out/],
    ['last~1', /there is no last~1: 1 run has a report/, /status --runs/],
  ])('%s', (given, message, hint) => {
    const found = finder.find(given);
    expect(found.ok ? null : found.error).toEqual({
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  it('where there are no runs, and outside of a project', () => {
    for (const empty of [store('none', []), new ReportFinder(null)]) {
      expect(empty.find('last')).toMatchObject({
        error: { message: 'there is no run with a report, so no last' },
      });
      expect(empty.find('x')).toMatchObject({ error: { hint: expect.stringMatching(/no runs here yet/) } });
    }
  });
});

describe('a file', () => {
  const finder = new ReportFinder(null);

  it('is a report or says what it is not', () => {
    const whole = excerpt([]);
    expect(finder.find(file('good.json', JSON.stringify({ ...whole, more: 1 })))).toMatchObject({
      ok: true,
      value: { run: null, report: whole },
    });
    const { provenance: _, ...part } = whole;
    for (const [name, text, message] of [
      ['text.json', 'no JSON', /cannot be read as JSON/],
      ['null.json', 'null', /cannot be read as JSON/],
      ['other.json', '{"schema":1}', /no `schema` and no `results`/],
      ['newer.json', JSON.stringify({ ...whole, schema: 2 }), /is of another release: its `schema` is 2/],
      ['part.json', JSON.stringify(part), /not of the form of this release: provenance: /],
    ] as const)
      expect(finder.find(file(name, text))).toMatchObject({
        error: { message: expect.stringMatching(message) },
      });
  });
});
