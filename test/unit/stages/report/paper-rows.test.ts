import { afterAll, describe, expect, it } from 'vitest';
import { summarizeTelemetry } from '../../../../pipeline/base/telemetry-summary.js';
import { normalize } from '../../../../stages/report/paper/attributes.js';
import {
  type LoadedEvaluation,
  type ReportInputs,
  telemetrySample,
} from '../../../../stages/report/read/inputs.js';
import { Fixture } from './fixture.js';
import { telemetryOf } from './fixture-cards.js';
import { type Change, changed, energy, modelOf, paperOf, small, withOperations } from './paper-fixture.js';

afterAll(() => Fixture.removeAll());

const SAMPLES = telemetryOf(6e7, 'local').map((sample) => telemetrySample.parse(sample));

describe('accuracy and F over seeds, as table III has them', () => {
  it('are the printed ones beside ours, with the findings about each row', async () => {
    const { published, own } = (await paperOf({ ...small, seeds: [1, 2, 3] })).scores;
    expect(published.map(({ bits }) => bits)).toEqual([32, 16, 8]);
    expect(published[0]).toEqual({
      bits: 32,
      accuracy: { mean: 0.685, pm: 0.0031, max: 0.7 },
      f_score: { mean: 0.602, pm: 0.004, max: 0.61 },
      n: 5,
      findings: ['impossible-spread-32-accuracy'],
    });
    expect(own.map(({ precision }) => precision)).toEqual(['fp32', 'fp16', 'int8']);
    const [fp32] = own;
    expect(fp32?.accuracy.n).toBe(3);
    expect(fp32?.accuracy.sd).toBeGreaterThan(0);
    expect(fp32?.accuracy.max).toBeGreaterThan(fp32?.accuracy.mean ?? 1);
  });

  it('are one line for devices that answered alike, and another for an emulated one', async () => {
    const shape = { ...small, precisions: ['fp32'], devices: ['local', 'rpi4b', 'qemu'], emulated: ['qemu'] };
    const { own } = (await paperOf(shape)).scores;
    expect(own).toMatchObject([
      { devices: ['local', 'rpi4b'], emulated: false, accuracy: { n: 1, sd: null } },
      { devices: ['qemu'], emulated: true },
    ]);
  });
});

describe('a row of ours, as table IV has it', () => {
  it('has the sum of power and its indices where a meter was, with the rate of its samples', async () => {
    const { own } = await paperOf(
      small,
      changed(({ document }) => ({ document: { ...document, energy } })),
    );
    const [row] = own;
    const time = row?.inputs.time_s ?? Number.NaN;
    const sum = (3.5 * 10 * time) / 1000;
    expect(row?.power_sample_hz).toBe(10);
    expect(row?.inputs.power_tot_kw).toBeCloseTo(sum, 9);
    expect(row?.joules_per_inference).toBe(0.05);
    const { accuracy, f_score, cpu_percent, memory_percent } = row?.inputs ?? {};
    expect(row?.paper_v1.mpi).toBeCloseTo(((accuracy ?? 0) + (f_score ?? 0)) / sum, 6);
    expect(row?.paper_v1.rer).toBeCloseTo((sum * time) / ((cpu_percent ?? 0) * (memory_percent ?? 0)), 9);
  });

  it.each(['partial', 'modelled'] as const)('has no power where the meter was %s', async (power_class) => {
    const { own } = await paperOf(
      small,
      changed(({ document }) => ({ document: { ...document, energy: { ...energy, power_class } } })),
    );
    expect(own[0]).toMatchObject({
      power_sample_hz: null,
      joules_per_inference: null,
      inputs: { power_tot_kw: null },
    });
  });

  it('has no figure of an INVALID evaluation but its answers', async () => {
    const gates = [
      { gate: 'throttling', verdict: 'failed', message: 'it was throttled at 4.0 s', samples: [] },
    ] satisfies LoadedEvaluation['document']['gates'];
    const { own, phases } = await paperOf(
      small,
      changed(({ document }) => ({ document: { ...document, verdict: 'invalid', gates, energy } })),
    );
    expect(own[0]).toMatchObject({ standing: 'invalid', normalized: null, seconds_per_inference: null });
    expect(own[0]?.missing).toEqual([
      'flops_per_s',
      'time_s',
      'power_tot_kw',
      'cpu_percent',
      'memory_percent',
    ]);
    expect(own[0]?.inputs.accuracy).toBeGreaterThan(0);
    expect(phases[0]).toMatchObject({ standing: 'invalid', during: { cpu_system: null } });
  });

  it('takes processor and memory from the windows, where one inference runs at a time', async () => {
    const { own, phases } = await paperOf(
      small,
      changed(() => ({
        telemetry: summarizeTelemetry(
          SAMPLES.flatMap((sample) =>
            sample.phase === 'during'
              ? [
                  { ...sample, cpu_percent: 95 },
                  { ...sample, phase: 'window', cpu_percent: 25, memory_used_bytes: 1e9 },
                ]
              : [sample],
          ),
          [],
          4,
        ),
      })),
    );
    expect(own[0]?.inputs.cpu_percent).toBeCloseTo(25, 9);
    expect(phases[0]?.during).toMatchObject({ memory_used: 1e9, power: null });
    expect(phases[0]?.before.cpu_system).toBeLessThan(10);
    expect(phases[0]?.after).toMatchObject({ cpu_process: null, rss: null });
  });

  it('takes the power before from the rest right before the windows, where a meter records', async () => {
    const { phases } = await paperOf(
      small,
      changed(() => ({
        telemetry: summarizeTelemetry(
          SAMPLES.map((sample) =>
            sample.phase === 'during' && sample.t_s < 12 ? { ...sample, phase: 'rest' } : sample,
          ),
          [
            { t_s: 9, power_w: 2 },
            { t_s: 11, power_w: 3 },
            { t_s: 20, power_w: 5 },
          ],
          4,
        ),
      })),
    );
    const [row] = phases;
    expect([row?.before.power, row?.during.power, row?.after.power]).toEqual([2.5, 5, null]);
  });

  it('names a score that is not a number as missing', async () => {
    const { own } = await paperOf(
      small,
      changed(({ document }) => ({ document: { ...document, accuracy: Number.NaN, energy } })),
    );
    expect(own[0]?.missing).toContain('accuracy');
    expect(own[0]?.paper_v1.mpi).toBeNull();
  });
});

describe('what one inference takes', () => {
  it('is counted for the published model beside what its speeds say', async () => {
    const { published_work: work } = await paperOf({ ...small, models: [] });
    expect(work?.operations[0]).toBeCloseTo(296.7e6, -5);
    expect(work?.operations[1]).toBeCloseTo(374.1e6, -5);
    expect(work?.counted?.operations).toBeCloseTo(5.39e9, -7);
    expect(work?.counted).toMatchObject({ length: 128, implied_length: 9 });
  });

  /** Files that take 128 tokens, made and measured by stages of other names, 3 times as slow. */
  const padded: Change = (inputs) => {
    const again = <T extends ReportInputs['evaluations' | 'conversions'][number]>(one: T): T => ({
      ...one,
      source: { ...one.source, stage: `${one.source.stage}-128`, instance: `${one.source.instance}-128` },
    });
    return {
      ...withOperations(inputs),
      conversions: [
        ...inputs.conversions.map((one) => ({
          ...one,
          document: { ...one.document, sha256: `dynamic ${one.source.instance}` },
        })),
        ...inputs.conversions.map(again).map((one) => ({
          ...one,
          document: { ...one.document, sequence_length: 128, sha256: `fixed ${one.document.precision}` },
        })),
      ],
      evaluations: [
        ...inputs.evaluations.map((one) => ({
          ...one,
          document: {
            ...one.document,
            model_sha256: `dynamic ${one.source.instance.replace('evaluate', 'convert').replace('device=local,', '')}`,
          },
        })),
        ...inputs.evaluations.map(again).map((one) => ({
          ...one,
          document: { ...one.document, model_sha256: `fixed ${one.source.coordinates.precision}` },
          windows: one.windows.map((window) => window.map((latency) => 3 * latency)),
        })),
      ],
    };
  };

  it('has a time at 128 tokens where that was measured, and none that is reckoned from another', async () => {
    const [plain] = (await paperOf(small, withOperations)).own;
    const at_128 = 2 * (1000 + 128 * 4_000_000 + 128 ** 2 * 2000);
    expect(plain?.work.padded).toEqual({
      length: 128,
      operations: at_128,
      row: null,
      seconds: null,
    });
    const { own } = await paperOf(small, padded);
    const [fixed, exact] = [true, false].map((is) => own.filter(({ work }) => work.is_padded === is));
    expect([fixed?.length, exact?.length]).toEqual([3, 3]);
    expect(exact?.[0]?.work.tokens).toBe(25);
    expect(exact?.[0]?.work.padded.row).toBe(fixed?.[0]?.row);
    expect(exact?.[0]?.work.padded.seconds).toBeCloseTo(3 * (exact?.[0]?.seconds_per_inference ?? 0), 9);
    expect(fixed?.[0]?.work).toMatchObject({ tokens: 128, operations: at_128 });
  });

  it('is at most the count where the file leaves some out, and not known without a count', async () => {
    const first: Change = (inputs) => ({
      ...withOperations(inputs),
      conversions: inputs.conversions.map((one) => ({
        ...one,
        document: { ...one.document, rewrites: ['first_row'] },
      })),
    });
    expect((await paperOf(small, first)).own[0]?.work.is_upper_bound).toBe(true);
    const [bare] = (await paperOf()).own;
    expect(bare?.work).toMatchObject({ operations: null, is_upper_bound: false, tokens: 25 });
    expect(bare?.missing).toContain('flops_per_s');
  });
});

describe('normalised values', () => {
  const inputs = { bits: 8, flops_per_s: 10, power_tot_kw: null, cpu_percent: 0, memory_percent: 20 };

  it('are ratios to the best, with more outside', () => {
    const [slow, fast] = normalize([
      { row: 'slow', inputs: { ...inputs, time_s: 8, accuracy: 0.8, f_score: 0 } },
      { row: 'fast', inputs: { ...inputs, time_s: 2, accuracy: 0.6, f_score: 0.4 } },
    ]);
    expect(slow).toEqual({ among: ['slow', 'fast'], values: [1, 0, 0.25, 1, null, null, 1] });
    expect(fast?.values[0]).toBeCloseTo(0.75, 12);
    expect(fast?.values.slice(1, 3)).toEqual([1, 1]);
  });

  it('compare rows that were measured alike, and no emulated one', async () => {
    const shape = { ...small, devices: ['local', 'rpi4b', 'qemu'], emulated: ['qemu'] };
    const { own, published } = await paperOf(shape, withOperations);
    expect(published.map(({ normalized }) => normalized?.among.length)).toEqual(new Array(9).fill(9));
    expect(own.map(({ normalized }) => normalized?.among.length ?? null)).toEqual([
      ...[6, 6, 6],
      ...[null, null, null],
      ...[6, 6, 6],
    ]);
  });
});

describe('sizes', () => {
  it('are those of files, over fp32, and against models that the run has', async () => {
    const { sizes } = await paperOf({ ...small, models: ['minilm-l3', 'minilm-l6'] });
    expect(sizes.published.find(({ name }) => name === 'tflite_8')?.against_fp32).toBeCloseTo(25 / 98, 9);
    expect(sizes.findings.map(({ id }) => id)).toEqual(['size-ratio-copies-bert-large']);
    const int8 = sizes.own.find(({ model, precision }) => model === 'minilm-l3' && precision === 'int8');
    expect(int8?.against_fp32).toBeCloseTo(1.03 / 4, 3);
    expect(int8?.weights_bytes).toBe(Math.floor((int8?.bytes ?? 0) / 2));
    expect(int8?.saved_model).toMatchObject({ name: 'minilm-l3', bytes: 91_000_000 });
    expect(int8?.largest_other?.name).toBe('minilm-l6');
    expect(int8?.largest_other?.times).toBeCloseTo(91_000_000 / (int8?.bytes ?? 1), 9);
    expect(int8?.teacher).toBeNull();
  });

  it('say nothing of fp32 where that is missing', async () => {
    const { sizes } = await paperOf({ ...small, precisions: ['int8'] });
    expect(sizes.own).toMatchObject([{ precision: 'int8', against_fp32: null }]);
  });

  it('stand beside the weights of a teacher', async () => {
    const taught: Change = (inputs) => ({
      ...inputs,
      training: inputs.training.map((one) =>
        one.source.coordinates.model === 'minilm-l3'
          ? {
              ...one,
              document: {
                ...one.document,
                distilled: { from: ['fine-tune@model=minilm-l6,seed=1'], temperature: 2, alpha: 0.5 },
              },
            }
          : one,
      ),
    });
    const { sizes } = await paperOf({ ...small, models: ['minilm-l3', 'minilm-l6'] }, taught);
    expect(sizes.own.find(({ model }) => model === 'minilm-l3')?.teacher).toMatchObject({
      name: 'fine-tune@model=minilm-l6,seed=1',
      bytes: 4 * 22_713_216,
    });
    expect(sizes.own.find(({ model }) => model === 'minilm-l6')?.teacher).toBeNull();
  });
});

describe('without any evaluation', () => {
  it('the published side stands alone', async () => {
    const { results, paper } = await modelOf({ ...small, models: [] });
    expect(results).toEqual([]);
    expect(paper).toMatchObject({ own: [], phases: [], scores: { own: [] }, sizes: { own: [] } });
  });
});
