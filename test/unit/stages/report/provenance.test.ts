import { afterAll, describe, expect, it } from 'vitest';
import type { JobHistory } from '../../../../pipeline/contract/worker.js';
import { buildModel } from '../../../../stages/report/build/model.js';
import type { ReportInputs } from '../../../../stages/report/read/inputs.js';
import { readInputs } from '../../../../stages/report/read/read.js';
import { renderReport } from '../../../../stages/report/render.js';
import { problemsOfPage } from '../../report/page-checks.js';
import { Fixture } from './fixture.js';
import { problemsOfReport } from './report-schema.js';

afterAll(() => Fixture.removeAll());

async function inputsOf(): Promise<ReportInputs> {
  const inputs = await readInputs(
    new Fixture({ models: ['minilm-l3'], seeds: [1], precisions: ['int8'], tweets: 60 }).context(),
  );
  if (!inputs.ok) throw new Error(JSON.stringify(inputs.error));
  return inputs.value;
}

/** The record of one of the inputs, as the engine tells it. */
function historyOf({ source }: ReportInputs['evaluations'][number]): JobHistory {
  return {
    instance: source.instance,
    stage: source.stage,
    key: source.key,
    run: '20260102T030405-abcd',
    started_at: '2026-01-02T03:04:05.000Z',
    wall_seconds: 12,
    host: 'desk',
    executor: 'cluster',
    attempts: 1,
    usage: null,
    device: 'rpi4b',
    accepted: 'only a comment changed',
    made_from: {
      inputs: [{ name: 'bundle', instance: 'deploy@seed=1', output: 'bundle', digest: 'sha256:abc' }],
      external: { package: 'sha256:def' },
      environment: { python: '3.11', 'board rpi4b': 'Raspberry Pi 4', 'env DATA_FOLDER': '"/srv/data"' },
    },
  };
}

describe('provenance', () => {
  it('is where rows of trainings, files and evaluations lead to', async () => {
    const inputs = await inputsOf();
    const page = renderReport(buildModel(inputs));
    const linked = (table: string): string[] => {
      const rows = page.match(new RegExp(`<table id="${table}">.*?</table>`, 's'))?.[0] ?? '';
      return [...rows.matchAll(/href="#(made-[^"]+)"/g)].map(([, id = '']) => id);
    };
    for (const table of ['training-table', 'conversion-table', 'parity-table']) {
      const ids = linked(table);
      expect(ids.length, table).toBe(1);
      for (const id of ids) expect(page).toContain(`id="${id}"`);
    }
  });

  it('leads from a number to its run, host, device, inputs and versions', async () => {
    const inputs = await inputsOf();
    const [evaluation] = inputs.evaluations;
    if (evaluation === undefined) throw new Error('no evaluation');
    const call = { version: '9.8.7', options: '--profile quickstart --set data.texts="$DATA_TEXTS"' };
    const model = buildModel({ ...inputs, history: [historyOf(evaluation)], call });
    const [first, second] = model.provenance;
    expect(first).toEqual({
      instance: evaluation.source.instance,
      artifact: 'evaluation',
      key: evaluation.source.key,
      digest: evaluation.source.digest,
      command: `npx pipeline run ${evaluation.source.instance} ${call.options}`,
      record: {
        run: '20260102T030405-abcd',
        started_at: '2026-01-02T03:04:05.000Z',
        host: 'desk',
        executor: 'cluster',
        device: 'rpi4b',
        accepted: 'only a comment changed',
        inputs: [{ name: 'bundle', instance: 'deploy@seed=1', output: 'bundle', digest: 'sha256:abc' }],
        external: { package: 'sha256:def' },
        environment: { python: '3.11', 'board rpi4b': 'Raspberry Pi 4' },
      },
    });
    expect(second?.record).toBeNull();
    expect(model.made_with).toBe('9.8.7');
    expect(problemsOfReport(model)).toEqual([]);
    const page = renderReport(model);
    expect(problemsOfPage(page)).toEqual([]);
    const [, id] = /<a href="#(made-[0-9a-f]{12})">How it was made<\/a>/.exec(page) ?? [];
    expect(page).toContain(`<code id="${id}">evaluate@`);
    for (const text of [
      '20260102T030405-abcd',
      'desk',
      'only a comment changed',
      'python: 3.11',
      'set it to yours first',
    ])
      expect(page).toContain(text);
    expect(page).not.toContain('/srv/data');
  });

  it('has one row for each instance, whatever it made', async () => {
    const model = buildModel(await inputsOf());
    const [, table = ''] = renderReport(model).split('<table id="provenance-table">');
    const rows = table.slice(0, table.indexOf('</table>')).split('<tr>').length - 2;
    expect(rows).toBe(new Set(model.provenance.map(({ key }) => key)).size);
    expect(rows).toBeLessThan(model.provenance.length);
  });
});
