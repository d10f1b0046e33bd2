import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TELEMETRY_SUMMARY, telemetrySummaryText } from '../../../../pipeline/base/telemetry-summary.js';
import { writeReportStudy } from '../../../../pipeline/bench/report-study.js';
import { readInputs } from '../../../../stages/report/read/read.js';
import { run } from '../../../../stages/report/worker.js';
import { Fixture } from './fixture.js';

afterAll(() => Fixture.removeAll());

const TINY = {
  ...{ models: 1, seeds: 1, precisions: 2, boards: 1, tweets: 60, validationTweets: 40 },
  ...{ seconds: 90, windows: 2 },
};

/** A made-up study of two evaluations with summaries; the folders of these. */
function madeUp() {
  const fixture = new Fixture({ without: () => true });
  const { study, inputs } = writeReportStudy(join(fixture.folder, 'study'), TINY);
  const context = fixture.context();
  const folders = (inputs.evaluation ?? []).map(({ path }) => path);
  return { folders, context: { ...context, job: { ...context.job, study, inputs } } };
}

describe('what is shown of telemetry', () => {
  it('is the same from the summary that the measuring stage left and from the samples themselves', async () => {
    const { folders, context } = madeUp();
    expect(folders).toHaveLength(2);
    const summarized = await readInputs(context);
    for (const folder of folders) rmSync(join(folder, TELEMETRY_SUMMARY));
    const raw = await readInputs(context);
    if (!summarized.ok || !raw.ok) throw new Error('unreadable');
    expect(raw.value.evaluations.map(({ telemetry }) => telemetry)).toEqual(
      summarized.value.evaluations.map(({ telemetry }) => telemetry),
    );
    const [first] = raw.value.evaluations;
    expect(first?.telemetry.phases.map(({ name }) => name)).toEqual([
      ...['before', 'during', 'rest', 'window', 'after'],
    ]);
    expect(first?.telemetry.cpu_system.samples).toBe(900);
    expect(first?.telemetry.power?.points.length).toBeGreaterThan(100);
  });

  it('has a gap where a sensor gave no number, from either', async () => {
    const { folders, context } = madeUp();
    const [folder = ''] = folders;
    const path = join(folder, 'telemetry.jsonl');
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(/"temperature_c":[0-9.]+/, '"temperature_c":null'),
    );
    rmSync(join(folder, TELEMETRY_SUMMARY));
    const read = async () => {
      const inputs = await readInputs(context);
      if (!inputs.ok) throw new Error(inputs.error.message);
      return inputs.value.evaluations[0]?.telemetry;
    };
    const raw = await read();
    if (raw === undefined) throw new Error('no evaluation');
    expect(raw.temperature?.points[0]?.[1]).toBeNaN();
    writeFileSync(join(folder, TELEMETRY_SUMMARY), telemetrySummaryText(raw));
    expect(await read()).toEqual(raw);
  });

  it('is unreadable where the summary is none', async () => {
    const { folders, context } = madeUp();
    const path = join(folders[0] ?? '', TELEMETRY_SUMMARY);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"samples":900', '"samples":-1'));
    const result = await run(context);
    if (result.ok) throw new Error('it was read');
    expect(result.error).toMatchObject({ code: 'unreadable-input', file: path });
    expect(result.error.message).toContain('telemetry-summary.json of evaluate@');
  });
});
