import { afterAll, describe, expect, it } from 'vitest';
import { buildModel, modelJson } from '../../../../stages/report/build/model.js';
import { headline } from '../../../../stages/report/headline.js';
import type { ReportModel } from '../../../../stages/report/model/report.js';
import type { LoadedEvaluation, ReportInputs } from '../../../../stages/report/read/inputs.js';
import { readInputs } from '../../../../stages/report/read/read.js';
import { renderReport } from '../../../../stages/report/render.js';
import { scoresOf } from '../../../../stages/report/statistics/descriptive.js';
import { Fixture, type Shape } from './fixture.js';

afterAll(() => Fixture.removeAll());

async function inputsOf(shape: Partial<Shape> = {}): Promise<ReportInputs> {
  const inputs = await readInputs(new Fixture(shape).context());
  if (!inputs.ok) throw new Error(JSON.stringify(inputs.error));
  return inputs.value;
}

const rowsOf = (model: ReportModel) => model.results.map((row) => [row.model, row.precision, row.device]);
const small: Partial<Shape> = { models: ['minilm-l3'], seeds: [1, 2], tweets: 60 };

/** The same evaluation with parts of its document replaced. */
function changed(
  evaluation: LoadedEvaluation,
  document: Partial<LoadedEvaluation['document']>,
): LoadedEvaluation {
  return { ...evaluation, document: { ...evaluation.document, ...document } };
}

describe('rows', () => {
  it('stand together by model and device, largest file first', async () => {
    const model = buildModel(
      await inputsOf({ ...small, models: ['minilm-l12', 'minilm-l3'], devices: ['rpi4b', 'rpi3b'] }),
    );
    expect(rowsOf(model).slice(0, 4)).toEqual([
      ['minilm-l3', 'fp32', 'rpi3b'],
      ['minilm-l3', 'fp16', 'rpi3b'],
      ['minilm-l3', 'int8', 'rpi3b'],
      ['minilm-l3', 'fp32', 'rpi4b'],
    ]);
    expect(model.results.map(({ id }) => id)).toEqual(model.results.map((_, index) => `row-${index + 1}`));
  });

  it('sum up their seeds', async () => {
    const inputs = await inputsOf(small);
    const [row] = buildModel(inputs).results;
    const own = inputs.evaluations.filter(({ source }) => source.coordinates.precision === 'fp32');
    const accuracies = own.map(({ document }) => document.accuracy);
    expect(row?.accuracy.n).toBe(2);
    expect(row?.accuracy.mean).toBeCloseTo(((accuracies[0] ?? 0) + (accuracies[1] ?? 0)) / 2, 12);
    expect(row?.accuracy.sd).toBeCloseTo(
      Math.abs((accuracies[0] ?? 0) - (accuracies[1] ?? 0)) / Math.SQRT2,
      12,
    );
    expect(row?.latency_ms.n).toBe(120);
    expect(row?.latency_quantiles_ms).toHaveLength(201);
    expect(row?.latency_quantiles_ms[100]).toBe(row?.latency_ms.median);
    expect(row?.confusion.flat().reduce((sum, count) => sum + count)).toBe(120);
    expect(scoresOf(row?.confusion ?? []).accuracy).toBeCloseTo(row?.accuracy.mean ?? 0, 12);
    expect(row?.seeds.map(({ seed }) => seed)).toEqual([1, 2]);
  });

  it('do not depend on the order of the inputs', async () => {
    const inputs = await inputsOf(small);
    const reversed: ReportInputs = {
      ...inputs,
      evaluations: [...inputs.evaluations].reverse(),
      training: [...inputs.training].reverse(),
      conversions: [...inputs.conversions].reverse(),
      deployments: [...inputs.deployments].reverse(),
      encode: [...inputs.encode].reverse(),
    };
    expect(buildModel(reversed)).toEqual(buildModel(inputs));
  });

  it.each([
    ['runtime', { runtime: { litert: '2.4.0', delegate: 'xnnpack', threads: 1 } }],
    ['threads', { runtime: { litert: '2.3.0', delegate: 'xnnpack', threads: 4 } }],
    ['delegate', { runtime: { litert: '2.3.0', delegate: null, threads: 1 } }],
    ['protocol', { protocol: { name: 'study', sample_hz: 10 } }],
    ['transport', { transport: 'ssh' }],
    ['emulation', { emulated: true }],
  ])('never mix a different %s', async (_name, difference) => {
    const inputs = await inputsOf({ ...small, precisions: ['fp32', 'int8'] });
    const evaluations = inputs.evaluations.map((evaluation) =>
      evaluation.source.coordinates.precision === 'fp32' ? changed(evaluation, difference) : evaluation,
    );
    const model = buildModel({ ...inputs, evaluations });
    expect(model.results).toHaveLength(2);
    expect(model.results.map(({ against_fp32 }) => against_fp32)).toEqual([null, null]);
    expect(model.answers).toHaveLength(2);
    const [first, ...others] = inputs.evaluations;
    if (first === undefined) throw new Error('no evaluation');
    expect(
      buildModel({ ...inputs, evaluations: [changed(first, difference), ...others] }).results,
    ).toHaveLength(3);
  });

  it('keep further axes apart', async () => {
    const inputs = await inputsOf({ ...small, seeds: [1], precisions: ['fp32'] });
    const evaluations = [1e-5, 5e-5].flatMap((learning_rate) =>
      inputs.evaluations.map((one) => ({
        ...one,
        source: { ...one.source, coordinates: { ...one.source.coordinates, learning_rate } },
      })),
    );
    const model = buildModel({ ...inputs, evaluations });
    expect(model.results.map(({ variant }) => variant)).toEqual([
      { learning_rate: 0.00001 },
      { learning_rate: 0.00005 },
    ]);
    expect(headline(model)[2]?.[0]).toBe('minilm-l3 (learning_rate=0.00001)');
  });
});

describe('comparison with fp32', () => {
  it('pairs seeds and counts what changed', async () => {
    const inputs = await inputsOf(small);
    const model = buildModel(inputs);
    const int8 = model.results.find(({ precision }) => precision === 'int8');
    const fp32 = model.results.find(({ precision }) => precision === 'fp32');
    const against = int8?.against_fp32;
    expect(fp32?.against_fp32).toBeNull();
    expect(against?.n_seeds).toBe(2);
    expect(against?.accuracy_difference.mean).toBeCloseTo(
      (int8?.accuracy.mean ?? 0) - (fp32?.accuracy.mean ?? 0),
      12,
    );
    const net = ((against?.gained ?? 0) - (against?.lost ?? 0)) / 120;
    expect(against?.accuracy_difference.mean).toBeCloseTo(net, 12);
    expect(against?.size_ratio).toBeCloseTo(1.03 / 4, 6);
    expect(against?.speed_up).toBeGreaterThan(1.5);
  });

  it('uses only seeds that both have', async () => {
    const without = (instance: string) =>
      instance.includes('precision=fp32,seed=2') && instance.startsWith('evaluate');
    const model = buildModel(await inputsOf({ ...small, without }));
    const int8 = model.results.find(({ precision }) => precision === 'int8');
    expect(int8?.n_seeds).toBe(2);
    expect(int8?.against_fp32?.n_seeds).toBe(1);
    expect(int8?.against_fp32?.accuracy_difference.sd).toBeNull();
  });

  it('has no speed-up under emulation', async () => {
    const model = buildModel(await inputsOf({ ...small, devices: ['rpi4b'], emulated: ['rpi4b'] }));
    expect(model.emulated_devices).toEqual(['rpi4b']);
    expect(model.results.map(({ against_fp32 }) => against_fp32?.speed_up ?? null)).toEqual([
      null,
      null,
      null,
    ]);
    expect(model.answers.map(({ by }) => by)).toEqual(['size']);
  });
});

describe('answers', () => {
  it('take the fastest of those that score alike', async () => {
    const inputs = await inputsOf({ ...small, precisions: ['fp32', 'fp16', 'int8'], seeds: [1] });
    const score = (scores: Record<string, number>): ReportModel =>
      buildModel({
        ...inputs,
        evaluations: inputs.evaluations.map((one) =>
          changed(one, { macro_f1: scores[String(one.source.coordinates.precision)] ?? 0 }),
        ),
      });
    const chosen = (model: ReportModel) =>
      model.answers.map(({ row, best_row }) =>
        [row, best_row].map((id) => model.results.find((result) => result.id === id)?.precision),
      );
    expect(chosen(score({ fp32: 0.65, fp16: 0.6499, int8: 0.642 }))).toEqual([['int8', 'fp32']]);
    expect(chosen(score({ fp32: 0.65, fp16: 0.6, int8: 0.6399 }))).toEqual([['fp32', 'fp32']]);
    expect(chosen(score({ fp32: Number.NaN, fp16: 0.6, int8: 0.1 }))).toEqual([['fp16', 'fp16']]);
  });
});

describe('notices', () => {
  it('are none for a whole run', async () => {
    expect(buildModel(await inputsOf(small)).notices).toEqual([]);
  });

  it('say what is missing', async () => {
    const without = (instance: string) =>
      /^(evaluate|deploy).*(int8,seed=2|model=bert-large)/.test(instance) ||
      /^(convert|export).*bert-large/.test(instance);
    const model = buildModel(await inputsOf({ ...small, models: ['bert-large', 'minilm-l3'], without }));
    expect(model.results).toHaveLength(3);
    expect(model.results.find(({ precision }) => precision === 'int8')?.missing_seeds).toEqual([2]);
    expect(model.notices).toEqual([
      'minilm-l3 int8 on local has no evaluation of seed 2.',
      'minilm-l3 int8 (seed 2) was converted, but there is no evaluation of it in this run.',
      'bert-large (seeds 1 and 2) was trained, but there is no conversion and no evaluation of it in this run.',
    ]);
  });

  it('say what does not add up', async () => {
    const inputs = await inputsOf({ ...small, seeds: [1], precisions: ['fp32'] });
    const [one] = inputs.evaluations;
    if (one === undefined) throw new Error('no evaluation');
    const { accuracy } = one.document;
    const wrong = changed(one, { accuracy: accuracy + 0.1 });
    expect(buildModel({ ...inputs, evaluations: [wrong] }).notices).toEqual([
      expect.stringMatching(/^evaluate@.* states accuracy .*, but its predictions give /),
    ]);
    const lacking = {
      ...one,
      windows: [new Float64Array(60).fill(Number.NaN)],
    };
    expect(buildModel({ ...inputs, evaluations: [lacking] }).notices).toEqual([
      'minilm-l3 fp32 on local: 60 of 60 inferences have no latency.',
    ]);
    const [split] = inputs.split;
    if (split === undefined) throw new Error('no split card');
    const larger = { ...split, document: { ...split.document, counts: { test: { A: 100, B: 20 } } } };
    expect(buildModel({ ...inputs, split: [larger] }).notices).toEqual([
      'All rows: scored on 60 of the 120 tweets of the test split.',
    ]);
  });

  it('say that a device was busy with other work', async () => {
    const inputs = await inputsOf({ ...small, seeds: [1], precisions: ['fp32', 'int8'] });
    const evaluations = inputs.evaluations.map((one) => {
      const isBusy = one.source.coordinates.precision === 'int8';
      const phases = one.telemetry.phases.map((phase) =>
        isBusy && phase.name === 'before' ? { ...phase, cpu_system: 85 } : phase,
      );
      return { ...one, telemetry: { ...one.telemetry, phases } };
    });
    expect(buildModel({ ...inputs, evaluations }).notices).toEqual([
      'local was busy with other work (up to 85 % of its cores) before or during the measurement of 1 of its 2 rows: those latencies are not to be trusted.',
    ]);
  });

  it('say what is invalid, and no comparison has it', async () => {
    const inputs = await inputsOf(small);
    const gate: LoadedEvaluation['document']['gates'][number] = {
      gate: 'under-voltage',
      verdict: 'failed',
      message: 'its supply fell below 4.63 V at 12.3 s (mask 0x1)',
      samples: [{ t_s: 12.3, value: 1 }],
    };
    const spoilt = (precision: string, seeds: readonly number[]): ReportModel =>
      buildModel({
        ...inputs,
        evaluations: inputs.evaluations.map((one) => {
          const { precision: own, seed } = one.source.coordinates;
          const isSpoilt = own === precision && seeds.includes(Number(seed));
          return changed(one, isSpoilt ? { verdict: 'invalid', gates: [gate] } : { verdict: 'valid' });
        }),
      });
    const rowOf = (model: ReportModel) => model.results.find(({ precision }) => precision === 'int8');
    const whole = rowOf(spoilt('none', []));
    const one = spoilt('int8', [2]);
    expect(one.notices).toEqual([
      'INVALID: the timing of minilm-l3 int8 on local (seed 2) is in no comparison. under-voltage: its supply fell below 4.63 V at 12.3 s (mask 0x1).',
    ]);
    expect(one.validity.filter(({ verdict }) => verdict === 'invalid')).toMatchObject([
      { seed: 2, gates: [{ gate: 'under-voltage', samples: [{ t_s: 12.3, value: 1 }] }] },
    ]);
    expect(rowOf(one)).toMatchObject({ n_seeds: 2, n_invalid: 1, against_fp32: { n_seeds: 1 } });
    expect(rowOf(one)?.latency_ms.n).toBe((whole?.latency_ms.n ?? 0) / 2);
    // What the model answers does not depend on the voltage.
    expect(rowOf(one)?.accuracy).toEqual(whole?.accuracy);

    const both = spoilt('int8', [1, 2]);
    expect(rowOf(both)).toMatchObject({ n_invalid: 2, against_fp32: null, latency_ms: { n: 0 } });
    expect(whole?.id).toBe(spoilt('none', []).answers[0]?.row);
    expect(both.answers.map(({ row }) => row)).not.toContain(rowOf(both)?.id);
    expect(headline(both).find((cells) => cells[1] === 'int8')).toContain('INVALID');
    const page = renderReport(both);
    expect(page).toContain('12.3 s');
    expect(page).toContain('FAILED');
    expect(page).not.toContain('No choice');
    const none = buildModel({
      ...inputs,
      evaluations: inputs.evaluations.map((one) => changed(one, { verdict: 'invalid', gates: [gate] })),
    });
    expect(none.answers).toEqual([]);
    expect(renderReport(none)).toContain('No choice');
  });

  it('say that a model is no better than no model', async () => {
    const inputs = await inputsOf({ ...small, seeds: [1], precisions: ['fp32'] });
    const [one] = inputs.evaluations;
    if (one === undefined) throw new Error('no evaluation');
    const constant = { ...one, predictions: { ...one.predictions, predicted: new Uint8Array(60).fill(2) } };
    const document = { accuracy: 34 / 60, macro_f1: 0.24113475177304963 };
    expect(buildModel({ ...inputs, evaluations: [changed(constant, document)] }).notices).toEqual([
      'minilm-l3 fp32 on local is no more accurate than always answering POSITIVE (0.567).',
    ]);
  });
});

describe('the rest of the model', () => {
  it('summarises phases and keeps the envelope of each series', async () => {
    const model = buildModel(
      await inputsOf({ ...small, seeds: [1], precisions: ['int8'], devices: ['rpi4b'] }),
    );
    const [telemetry] = model.telemetry;
    expect(telemetry?.phases.map(({ name, samples }) => [name, samples])).toEqual([
      ['before', 80],
      ['during', 520],
      ['after', 100],
    ]);
    expect(telemetry?.phases[1]?.cpu_process).toBeCloseTo(24, 0);
    expect(telemetry?.phases[1]?.frequency).toBe(1500);
    expect(telemetry?.rss.samples).toBe(700);
    // Looked at once a second: the nine samples between are no gaps.
    expect(telemetry?.memory_used?.samples).toBe(70);
    expect(telemetry?.memory_used?.points.every(([, bytes]) => bytes > 1e9)).toBe(true);
    expect(telemetry?.phases[1]?.memory_used).toBeGreaterThan(1e9);
    expect(telemetry?.temperature?.points.length).toBeLessThanOrEqual(480);
  });

  it('has a null sensor where the device tells nothing', async () => {
    const model = buildModel(await inputsOf({ ...small, seeds: [1], precisions: ['int8'] }));
    expect(model.telemetry[0]?.temperature).toBeNull();
    expect(model.telemetry[0]?.phases[0]?.temperature).toBeNull();
  });

  it('never passes real tweets on', async () => {
    const sampleTexts = ['a real tweet'];
    const real = buildModel(await inputsOf({ ...small, synthetic: false, sampleTexts }));
    expect(real.synthetic).toBe(false);
    expect(JSON.stringify(real)).not.toContain('a real tweet');
    expect(real.data.clean[0]?.withheld_samples).toBe(1);
    expect(real.data.clean[0]?.steps[0]).toMatchObject({ name: 'urls', changed: 42, samples: [] });
    const madeUp = buildModel(await inputsOf({ ...small, sampleTexts }));
    expect(madeUp.data.clean[0]?.samples[0]?.before).toBe('a real tweet');
    expect(madeUp.data.clean[0]?.steps[0]?.samples[0]?.after).toBe('a real tweet ');
  });

  it('names each artifact with the command that makes it again', async () => {
    const inputs = await inputsOf({ ...small, models: ["it's"], seeds: [1], precisions: ['fp32'] });
    const { provenance } = buildModel({ ...inputs, profile: ['study', 'slurm'] });
    expect(provenance).toHaveLength(10);
    expect(provenance.find(({ artifact }) => artifact === 'split-card')?.command).toBe(
      'npx pipeline run split --profile study,slurm',
    );
    expect(provenance[0]?.command).toBe(
      "npx pipeline run 'evaluate@device=local,model=it'\\''s,precision=fp32,seed=1' --profile study,slurm",
    );
  });

  it('tells devices apart by what does not change from look to look', async () => {
    const model = buildModel(await inputsOf({ ...small, devices: ['rpi3b', 'rpi4b'] }));
    expect(model.devices.map(({ device }) => device)).toEqual(['rpi3b', 'rpi4b']);
    expect(model.devices[0]?.facts).not.toHaveProperty('clock_offset_s');
  });

  it('says in JSON what is not a number', () => {
    expect(modelJson({ a: [Number.NaN, 1], b: Number.NEGATIVE_INFINITY, c: undefined, d: null })).toEqual({
      a: ['NaN', 1],
      b: '-Infinity',
      d: null,
    });
  });
});

describe('headline', () => {
  it('is a rectangle with the baseline first', async () => {
    const lines = headline(buildModel(await inputsOf(small)));
    expect(new Set(lines.map((line) => line.length))).toEqual(new Set([10]));
    expect(lines[1]?.slice(0, 6)).toEqual(['always POSITIVE', '–', '–', '–', '0.567', '0.241']);
    expect(lines[2]?.slice(0, 4)).toEqual(['minilm-l3', 'fp32', 'local', '2']);
    expect(lines[2]?.[4]).toMatch(/^0\.\d{3} ± 0\.\d{3}$/);
    expect(lines[2]?.[9]).toBe('69.6');
  });

  it('gives no deviation for one seed and names what differs', async () => {
    const inputs = await inputsOf({ ...small, seeds: [1], precisions: ['fp32'] });
    const [one] = inputs.evaluations;
    if (one === undefined) throw new Error('no evaluation');
    const other = changed(one, { protocol: { name: 'study' }, emulated: true });
    const lines = headline(buildModel({ ...inputs, evaluations: [one, other] }));
    expect(lines[2]?.[4]).toMatch(/^0\.\d{3}$/);
    expect(
      lines
        .slice(2)
        .map((line) => line[2])
        .sort(),
    ).toEqual(['local (emulated) [study, one pass]', 'local [quick, one pass]']);
  });

  it('reads a model back from its JSON', async () => {
    const inputs = await inputsOf({ ...small, seeds: [1], precisions: ['fp32'] });
    const evaluations = inputs.evaluations.map((one) => changed(one, { macro_f1: Number.NaN }));
    const model = buildModel({ ...inputs, evaluations });
    const read: ReportModel = JSON.parse(JSON.stringify(modelJson(model)));
    expect(headline(read)).toEqual(headline(model));
    expect(headline(read)[2]?.[5]).toBe('not a number');
  });

  it('is empty without results', async () => {
    expect(headline(buildModel(await inputsOf({ precisions: [] })))).toEqual([]);
  });
});
