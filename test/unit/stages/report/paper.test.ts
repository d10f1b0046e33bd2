import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tablesSchema } from '../../../../stages/report/audit/tables-schema.js';
import { buildModel } from '../../../../stages/report/build/model.js';
import { corrected, paperV1 } from '../../../../stages/report/paper/indices.js';
import { readInputs } from '../../../../stages/report/read/read.js';
import { renderReport } from '../../../../stages/report/render.js';
import { INSTALLATION } from '../../../rig/pipeline-rig.js';
import { problemsOfPage } from '../../report/page-checks.js';
import { Fixture } from './fixture.js';
import { modelOf, small, TABLES, withOperations } from './paper-fixture.js';

afterAll(() => Fixture.removeAll());

describe('the published indices', () => {
  it.each([
    ['rpi3b-32', 105.3, 4.408e-4, 35_137],
    ['rpi3b-16', 220.5, 4.513e-4, 28_609],
    ['rpi3b-8', 1031, 6.952e-4, 13_625],
    ['rpi3bplus-32', 142.5, 3.344e-4, 117_668],
    ['rpi3bplus-16', 357.0, 3.517e-4, 75_445],
    ['rpi3bplus-8', 1407, 5.207e-4, 43_137],
    ['rpi4b-32', 761.4, 7.681e-4, 73_194],
    ['rpi4b-16', 1565, 7.764e-4, 61_510],
    ['rpi4b-8', 8265, 1.223e-3, 26_294],
  ])('%s: SI %d, MPI %d, RER %d', async (row, si, mpi, rer) => {
    const { paper } = await modelOf({ ...small, models: [] });
    const found = paper?.published.find((one) => one.row === row)?.paper_v1;
    expect(found?.si).toBeCloseTo(si, si < 1000 ? 1 : 0);
    expect(found?.mpi).toBeCloseTo(mpi, 6);
    expect(found?.rer).toBeCloseTo(rer, 0);
  });

  it('are what the text says of them: SI and MPI best on RP4B at 8 bits, RER on RP3B+ at every precision', async () => {
    const rows = (await modelOf({ ...small, models: [] })).paper?.published ?? [];
    const best = (pick: 'si' | 'mpi' | 'rer', among = rows): string | undefined =>
      [...among].sort((a, b) => (b.paper_v1[pick] ?? 0) - (a.paper_v1[pick] ?? 0))[0]?.row;
    expect([best('si'), best('mpi')]).toEqual(['rpi4b-8', 'rpi4b-8']);
    for (const bits of [32, 16, 8]) {
      expect(
        best(
          'rer',
          rows.filter((row) => row.bits === bits),
        ),
      ).toBe(`rpi3bplus-${bits}`);
    }
  });

  it('are nothing where an input is missing, or is 0 below the line', () => {
    const inputs = {
      flops_per_s: 10,
      bits: 8,
      time_s: 2,
      accuracy: 0.5,
      f_score: 0.25,
      power_tot_kw: 3,
      cpu_percent: 10,
      memory_percent: 4,
    };
    expect(paperV1(inputs)).toEqual({ si: 0.625, mpi: 0.25, rer: 0.15 });
    expect(paperV1({ ...inputs, power_tot_kw: null })).toEqual({ si: 0.625, mpi: null, rer: null });
    expect(paperV1({ ...inputs, time_s: 0 }).si).toBeNull();
  });

  it('have others beside them that rise with what is better', () => {
    const inputs = {
      seconds_per_inference: 0.5,
      accuracy: 0.8,
      joules_per_inference: 2,
      cpu_percent: 25,
      memory_gb: 0.4,
    };
    expect(corrected(inputs)).toEqual({
      inferences_per_s: 2,
      right_answers_per_j: 0.4,
      inferences_per_j_s_gb: 10,
      board_s: 0.125,
      memory_gb: 0.4,
    });
    const thrifty = corrected({ ...inputs, joules_per_inference: 1 });
    expect(thrifty.inferences_per_j_s_gb).toBeGreaterThan(corrected(inputs).inferences_per_j_s_gb ?? 0);
  });
});

describe('the section of the report', () => {
  it('names which published rows cannot be right', async () => {
    const { paper } = await modelOf();
    const doubted = paper?.published.find(({ row }) => row === 'rpi3bplus-16')?.findings;
    expect(doubted).toContain('run-time-rpi3bplus-16');
    expect(paper?.published.find(({ row }) => row === 'rpi3b-16')?.findings).toEqual([]);
  });

  it('gives our own rows what their inputs allow, and says what is missing', async () => {
    const { paper, results } = await modelOf(small, withOperations);
    const [row] = results;
    const own = paper?.own[0];
    const seconds = (row?.latency_ms.mean ?? 0) / 1000;
    // Each text of the fixture has 25 tokens.
    const operations = 2 * (1000 + 25 * 4_000_000 + 625 * 2000);
    expect(own?.work).toMatchObject({ tokens: 25, is_padded: false, is_upper_bound: false, operations });
    expect(own?.inputs.flops_per_s).toBeCloseTo(operations / seconds, 0);
    expect(own?.paper_v1.si).toBeCloseTo(operations / seconds / (32 * 60 * seconds), 0);
    expect(own?.corrected.inferences_per_s).toBeCloseTo(1 / seconds, 9);
    expect(own).toMatchObject({ row: 'row-1', n_tweets: 60, paper_v1: { mpi: null, rer: null } });
    expect(own?.missing).toEqual(['power_tot_kw']);
  });

  it('gives an emulated device no time', async () => {
    const { paper } = await modelOf({ ...small, devices: ['qemu'], emulated: ['qemu'] });
    expect(paper?.own[0]?.corrected.inferences_per_s).toBeNull();
    expect(paper?.own[0]?.missing).toEqual(expect.arrayContaining(['time_s', 'cpu_percent']));
  });

  it('marks the numbers as those of other tweets, on a whole page', async () => {
    const page = renderReport(await modelOf());
    expect(problemsOfPage(page)).toEqual([]);
    expect(page).toContain('other tweets: 38,983 or 38,984 there against 60 here');
    expect(page).toContain('as published: not recommended');
  });

  it('is not there without published tables', async () => {
    const inputs = await readInputs(new Fixture(small).context());
    if (!inputs.ok) throw new Error(JSON.stringify(inputs.error));
    const model = buildModel(inputs.value);
    expect(model.paper).toBeNull();
    expect(renderReport(model)).not.toContain('id="paper"');
  });

  it('fails with the member that is wrong', async () => {
    const fixture = new Fixture(small);
    const { job, ...context } = fixture.context();
    const read = await readInputs({
      ...context,
      job: { ...job, external: { published: join(INSTALLATION, 'package.json') } },
    });
    expect(read.ok ? null : read.error).toMatchObject({
      code: 'unreadable-published',
      message: expect.stringContaining('table4'),
    });
    expect(tablesSchema.safeParse(JSON.parse(readFileSync(TABLES, 'utf8'))).success).toBe(true);
  });
});
