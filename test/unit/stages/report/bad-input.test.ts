import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { JobHistory } from '../../../../pipeline/contract/worker.js';
import { run } from '../../../../stages/report/worker.js';
import { problemsOfPage } from '../../report/page-checks.js';
import { Fixture, type Shape } from './fixture.js';

afterAll(() => Fixture.removeAll());

const small: Partial<Shape> = { models: ['minilm-l3'], seeds: [1, 2], tweets: 60 };

async function reportOf(fixture: Fixture, options = {}, history: readonly JobHistory[] = []) {
  const { job, ...context } = fixture.context(options);
  const made = await run({ ...context, job: { ...job, history } });
  if (!made.ok) throw new Error(JSON.stringify(made.error));
  const read = (name: string) => readFileSync(join(job.outputs.report ?? '', name), 'utf8');
  const page = read('report.html');
  expect(problemsOfPage(page)).toEqual([]);
  return { page, json: read('report.json'), model: JSON.parse(read('report.json')) };
}

/** Rewrites every JSON document and every line of JSON among the inputs. */
function edit(fixture: Fixture, change: (value: Record<string, unknown>, file: string) => object): void {
  for (const { path } of Object.values(fixture.inputs).flat()) {
    const files = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [path];
    for (const file of files) {
      const lines = readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      const changed = lines.map((line) => JSON.stringify(change(JSON.parse(line), file)));
      writeFileSync(file, changed.map((line) => `${line}\n`).join(''));
    }
  }
}

/** What the links to a chart's values hold, as a reader's program would get it. */
const linkedData = (page: string): string[] =>
  [...page.matchAll(/href="data:[^,"]*,([^"]*)"/g)].map(([, text]) =>
    decodeURIComponent((text ?? '').replaceAll('&#39;', "'").replaceAll('&amp;', '&')),
  );

describe('a study of which parts are missing', () => {
  it('says what it has and what it has not, whichever branch is gone', async () => {
    const without = (instance: string) =>
      /^(evaluate|deploy)@device=rpi3b.*minilm-l3.*int8/.test(instance) ||
      /^(evaluate|deploy)@.*model=minilm-l6.*fp32,seed=2/.test(instance);
    const { page, model } = await reportOf(
      new Fixture({
        ...small,
        models: ['minilm-l3', 'minilm-l6'],
        devices: ['rpi3b', 'rpi4b'],
        precisions: ['fp32', 'int8'],
        without,
      }),
    );
    const rows = model.results.map(({ model: name, precision, device }: Record<string, string>) =>
      [name, precision, device].join(' '),
    );
    expect(rows).not.toContain('minilm-l3 int8 rpi3b');
    expect(rows).toContain('minilm-l3 int8 rpi4b');
    expect(model.notices).toEqual(
      expect.arrayContaining([
        'minilm-l3 int8 has no evaluation on rpi3b.',
        'minilm-l6 fp32 on rpi3b has no evaluation of seed 2.',
        'minilm-l6 fp32 on rpi4b has no evaluation of seed 2.',
      ]),
    );
    for (const notice of model.notices) expect(page).toContain(notice);
  });

  it('gives no spread of one seed, and warns of it', async () => {
    const { page, model } = await reportOf(new Fixture({ ...small, seeds: [1] }));
    expect(page).toContain('One seed: a small difference may be chance.');
    for (const row of model.results) expect(row).toMatchObject({ n_seeds: 1, macro_f1: { sd: null } });
    const [, results] = /id="result-table"[\s\S]*?<tbody>([\s\S]*?)<\/tbody>/.exec(page) ?? [];
    expect(results).not.toContain('±');
    expect(results).toContain('(n = 1)');
  });

  it('says that no meter recorded', async () => {
    const { page, model } = await reportOf(new Fixture({ ...small, seeds: [1] }));
    expect(model.energy).toEqual([]);
    expect(page).toContain('No power meter recorded an evaluation of this run.');
  });
});

describe('figures that are no numbers', () => {
  it('are said to be none, and are drawn nowhere', async () => {
    const fixture = new Fixture({ ...small, seeds: [1] });
    edit(fixture, (value, file) => {
      if (file.endsWith('telemetry.jsonl')) return { ...value, cpu_percent: null, rss_bytes: null };
      if (file.endsWith('evaluation.json')) {
        return { ...value, accuracy: null, macro_f1: 'NaN', peak_rss_bytes: null, wall_s: null };
      }
      return value;
    });
    const { page, json } = await reportOf(fixture);
    expect(page).toContain('not a number');
    const shown = page.replace(/href="data:[^"]*"/g, '');
    expect(shown).not.toMatch(/[^a-z]NaN|undefined|Infinity/);
    const drawn = page.match(/ (d|transform|points|[xy][12]?|cx|cy|r)="[^"]*"/g) ?? [];
    expect(drawn.length).toBeGreaterThan(100);
    expect(drawn.filter((attribute) => /NaN|null/.test(attribute))).toEqual([]);
    expect(json).toContain('"NaN"');
  });
});

describe('looks at one device', () => {
  it('are one device, though its memory and temperature change between them', async () => {
    const fixture = new Fixture({ ...small, seeds: [1] });
    let looks = 0;
    edit(fixture, (value) => {
      if (typeof value.probe !== 'object') return value;
      looks += 1;
      const now = { available_memory_bytes: 1e9 + looks, temperature_c: 40 + looks, throttled: looks };
      return { ...value, probe: { ...value.probe, ...now } };
    });
    const { model } = await reportOf(fixture);
    expect(looks).toBeGreaterThan(3);
    expect(model.devices).toHaveLength(1);
  });
});

describe('evaluations under other conditions', () => {
  it.each([
    ['protocol', { protocol: { name: 'study', before_s: 60, warmup: 50, sample_hz: 10 } }],
    ['runtime', { runtime: { litert: '2.4.0', delegate: 'xnnpack', threads: 1 } }],
  ])('are in no comparison with each other, and the table says their %s', async (name, difference) => {
    const fixture = new Fixture({ ...small, precisions: ['fp32', 'int8'] });
    edit(fixture, (value, file) =>
      file.endsWith('evaluation.json') && Number(value.model_bytes) < 20e6
        ? { ...value, ...difference }
        : value,
    );
    const { page, model } = await reportOf(fixture);
    expect(model.results).toHaveLength(2);
    expect(model.results.map((row: { against_fp32: object | null }) => row.against_fp32)).toEqual([
      null,
      null,
    ]);
    expect(model.answers).toHaveLength(2);
    expect(page).toContain('Nothing to compare');
    expect(page.toLowerCase()).toContain(`<th scope="col">${name}</th>`);
  });
});

describe('names and texts of others', () => {
  const HOSTILE = `</title></svg></style><script>alert(1)</script>"'><img src=x onerror=alert(1)>=1+1`;

  it('are text in the page, in its drawings and in the links to their values', async () => {
    const fixture = new Fixture({
      ...small,
      seeds: [1],
      models: [HOSTILE],
      devices: [HOSTILE],
      precisions: ['fp32', HOSTILE],
      labels: [HOSTILE, 'B'],
      study: HOSTILE,
      sampleTexts: [HOSTILE],
    });
    edit(fixture, (value, file) => {
      if (/\/(test|validation)\.jsonl$/.test(file)) return { ...value, entity_name: HOSTILE };
      if (!file.endsWith('evaluation.json')) return value;
      const message = `most of it ${HOSTILE}`;
      const gate = { gate: 'neighbours', verdict: 'failed', message, samples: [{ t_s: 1, value: 1 }] };
      return { ...value, gates: [gate], sampler: HOSTILE, verdict: 'valid' };
    });
    const { page, model } = await reportOf(fixture, { title: HOSTILE });
    expect(page).not.toMatch(/<script|<img|onerror=alert\(1\)>/);
    expect(page.match(/<\/title>\s*<style>/g)).toHaveLength(1);
    expect(page.match(/<\/style>/g)).toHaveLength(1);
    expect(model.title).toBe(HOSTILE);
    const escaped = '&lt;script&gt;alert(1)&lt;/script&gt;';
    const drawings = [...page.matchAll(/<svg[^>]*role="img"[\s\S]*?<\/svg>/g)].map(([svg]) => svg);
    expect(drawings.filter((svg) => svg.includes(escaped)).length).toBeGreaterThan(0);
    const data = linkedData(page);
    expect(data.length).toBeGreaterThan(0);
    const naming = data.filter((csv) => csv.includes('<script>'));
    expect(naming.length).toBeGreaterThan(0);
    // A quote in a name ends neither the link nor the field.
    for (const csv of naming) expect(csv).toContain('<script>alert(1)</script>""\'');
  });
});

describe('what workers wrote besides', () => {
  const SECRET = 'hunter2-hunter2-hunter2';

  it('never gets into a report: it takes members by name, and no log and no failure is among them', async () => {
    const fixture = new Fixture({ ...small, seeds: [1] });
    const said = {
      log: SECRET,
      stderr: [SECRET],
      failure: { message: SECRET },
      environment: { TOKEN: SECRET },
    };
    // The plain figures of an export card and of a look at a device are shown, whatever they are called: no text of these.
    edit(fixture, (value) => ('signature' in value ? value : { ...value, ...said }));
    const history = Object.values(fixture.inputs)
      .flat()
      .map(({ instance, stage, key }) => ({
        ...{ instance, stage, key, run: 'one', started_at: '2026-01-05T08:00:00.000Z', wall_seconds: 1 },
        ...{ host: 'h', executor: null, attempts: 2, usage: null },
        ...{ failures: [{ message: SECRET }], log: SECRET },
      }));
    const { page, json, model } = await reportOf(fixture, {}, history);
    expect(model.timeline[0].instances[0].attempts).toBe(2);
    expect(page).not.toContain(SECRET);
    expect(json).not.toContain(SECRET);
  });
});
