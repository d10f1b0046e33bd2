import { afterAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../../../pipeline/base/canonical.js';
import { auditReport } from '../../../../../stages/report/audit/audit.js';
import { type ReportDocument, reportSchema } from '../../../../../stages/report/audit/report-schema.js';
import { buildModel, modelJson } from '../../../../../stages/report/build/model.js';
import { readInputs } from '../../../../../stages/report/read/read.js';
import { Fixture, type Shape } from '../fixture.js';

afterAll(() => Fixture.removeAll());

/** A report as it stands in a file. */
async function reportOf(shape: Partial<Shape>): Promise<ReportDocument> {
  const inputs = await readInputs(new Fixture(shape).context());
  if (!inputs.ok) throw new Error(JSON.stringify(inputs.error));
  return reportSchema.parse(JSON.parse(canonicalJson(modelJson(buildModel(inputs.value)))));
}

const SMALL: Partial<Shape> = { models: ['minilm-l3'], seeds: [1, 2, 3], tweets: 60 };
type Row = ReportDocument['results'][number];

const small = reportOf(SMALL);

async function withRow(change: (row: Row) => Partial<Row>): Promise<string[]> {
  const report = await small;
  const results = report.results.map((row, index) => (index === 1 ? { ...row, ...change(row) } : row));
  return auditReport({ ...report, results }).findings.map(({ id }) => id);
}

describe('a report of ours', () => {
  it.each([
    ['of three seeds', SMALL],
    ['of one seed', { ...SMALL, seeds: [7] }],
    ['of two models on two devices', { tweets: 700, seeds: [1, 2], devices: ['rpi4b', 'rpi3b'] }],
    ['of an emulated device', { ...SMALL, devices: ['qemu'], emulated: ['qemu'] }],
    ['of nothing', { models: [] }],
  ])('%s has no finding', async (_, shape) => {
    const audit = auditReport(await reportOf(shape));
    expect(audit.findings.map(({ id, what }) => `${id}: ${what}`)).toEqual([]);
    expect(audit.kind).toBe('report');
  });

  it.each<[string, (row: Row) => Partial<Row>]>([
    [
      'score-of-seeds-row-2-minilm-l3-fp16-macro-f1-sd',
      ({ macro_f1 }) => ({ macro_f1: { ...macro_f1, sd: 0.2 } }),
    ],
    [
      'accuracy-of-confusion-row-2-minilm-l3-fp16',
      ({ confusion }) => ({ confusion: confusion.map((counts) => [...counts].reverse()) }),
    ],
    ['tweets-of-confusion-row-2-minilm-l3-fp16', () => ({ n_tweets: 61 })],
    [
      'support-of-confusion-row-2-minilm-l3-fp16-negative',
      ({ per_class }) => ({ per_class: per_class.map((one) => ({ ...one, support: one.support + 1 })) }),
    ],
    [
      'difference-from-fp32-row-2-minilm-l3-fp16-changed-answers',
      ({ against_fp32: one }) => ({ against_fp32: one && { ...one, gained: one.gained + 3 } }),
    ],
    [
      'difference-from-fp32-row-2-minilm-l3-fp16-size',
      ({ against_fp32: one }) => ({ against_fp32: one && { ...one, size_ratio: 0.25 } }),
    ],
    [
      'difference-from-fp32-row-2-minilm-l3-fp16-speed',
      ({ against_fp32: one }) => ({ against_fp32: one && { ...one, speed_up: 4 } }),
    ],
    [
      'latency-order-row-2-minilm-l3-fp16-median-p90',
      ({ latency_ms }) => ({ latency_ms: { ...latency_ms, median: (latency_ms.p90 ?? 0) + 0.1 } }),
    ],
    [
      'percentile-of-too-few-row-2-minilm-l3-fp16-p99',
      ({ latency_ms }) => ({ latency_ms: { ...latency_ms, p99: latency_ms.max } }),
    ],
    [
      'mean-outside-of-extremes-row-2-minilm-l3-fp16-accuracy',
      ({ accuracy }) => ({ accuracy: { ...accuracy, mean: accuracy.max + 0.1 } }),
    ],
  ])('%s is found', async (id, change) => {
    expect(await withRow(change)).toContain(id);
  });

  it('chooses within the tolerance that it states', async () => {
    const report = await small;
    const answers = report.answers.map((answer) => ({ ...answer, tolerance: -1 }));
    const found = auditReport({ ...report, answers }).findings.map(({ rule }) => rule);
    expect(found).toContain('choice-outside-of-tolerance');
  });
});
