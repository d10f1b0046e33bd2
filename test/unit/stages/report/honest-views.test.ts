import { afterAll, describe, expect, it } from 'vitest';
import { buildModel, modelJson } from '../../../../stages/report/build/model.js';
import type { ReportModel } from '../../../../stages/report/model/report.js';
import type { LoadedEvaluation, ReportInputs } from '../../../../stages/report/read/inputs.js';
import { renderReport } from '../../../../stages/report/render.js';
import { dominates } from '../../../../stages/report/statistics/pareto.js';
import { problemsOfPage } from '../../report/page-checks.js';
import { Fixture, type Shape } from './fixture.js';
import { changing, deviceOf, INVALID, inputsOf, precisionOf, withMeasurements } from './measured.js';

afterAll(() => Fixture.removeAll());

const small: Partial<Shape> = { models: ['minilm-l3'], seeds: [1, 2], devices: ['rpi4b'], tweets: 120 };
const measured = async (shape: Partial<Shape> = {}): Promise<ReportInputs> =>
  withMeasurements(await inputsOf({ ...small, ...shape }));

/** The row of a precision, with all that the new members say of it. */
function rowOf(model: ReportModel, precision: string, device = 'rpi4b') {
  const row = model.results.find((one) => one.precision === precision && one.device === device);
  if (row === undefined) throw new Error(`no row of ${precision}`);
  const efficiency = model.efficiency.find((one) => one.row === row.id);
  const flags = model.flags.find((one) => one.row === row.id)?.flags ?? [];
  return { row, efficiency, flags };
}

/** Rows that stand beside one another somewhere: on a front, in place of a choice, as row and reference. */
function comparedRows({ pareto, alternatives, efficiency, results }: ReportModel) {
  const of = (id: string) => {
    const row = results.find((one) => one.id === id);
    if (row === undefined) throw new Error(id);
    return row;
  };
  return [
    ...pareto.flatMap(({ points }) => points.map(({ row }) => [of(points[0]?.row ?? ''), of(row)] as const)),
    ...alternatives.map(({ choice, row }) => [of(choice), of(row)] as const),
    ...efficiency.flatMap(({ row, indices }) =>
      indices === null ? [] : [[of(indices.reference), of(row)] as const],
    ),
  ];
}

describe('what an inference takes', () => {
  it('is of the timed seeds: memory, processor time, operations at their length, joules', async () => {
    const model = buildModel(await measured());
    const { efficiency, row } = rowOf(model, 'int8');
    expect(efficiency).toMatchObject({
      uss_bytes: 60e6,
      cpu_s_per_inference: 0.004,
      operations: (1e9 * 24) / 32,
      mean_tokens: 24,
    });
    expect(efficiency?.operations_per_s).toBeCloseTo((1e9 * 24) / 32 / (row.latency_ms.mean / 1000), 0);
    const { gross_j_per_inference: gross, inferences_per_joule: per, edp_js: edp } = efficiency?.energy ?? {};
    expect((per?.value ?? 0) * (gross?.value ?? 0)).toBeCloseTo(1, 12);
    // Eight seconds of windows hold 1,200 inferences.
    expect(edp?.value).toBeCloseTo(((gross?.value ?? 0) * 8) / 1200, 12);
    expect((edp?.u_k2 ?? 0) / (edp?.value ?? 1)).toBeCloseTo((gross?.u_k2 ?? 1) / (gross?.value ?? 1), 12);
  });

  it('has ratios to fp32 in which more is better', async () => {
    const model = buildModel(await measured());
    const { efficiency, row } = rowOf(model, 'int8');
    const fp32 = rowOf(model, 'fp32');
    expect(efficiency?.indices?.reference).toBe(fp32.row.id);
    expect(fp32.efficiency?.indices).toBeNull();
    expect(efficiency?.indices?.speed).toBe(row.against_fp32?.speed_up);
    expect(efficiency?.indices?.memory).toBe(2);
    expect(efficiency?.indices?.quality).toBeCloseTo(row.macro_f1.mean / fp32.row.macro_f1.mean, 12);
    expect(efficiency?.indices?.energy?.value).toBeCloseTo(2, 12);
    const relative =
      (efficiency?.energy?.gross_j_per_inference.u_k2 ?? 0) /
      (efficiency?.energy?.gross_j_per_inference.value ?? 1);
    expect((efficiency?.indices?.energy?.u_k2 ?? 0) / 2).toBeCloseTo(Math.SQRT2 * relative, 3);
  });

  it('counts a file of fixed length at that length', async () => {
    const inputs = await measured();
    const fixed = {
      ...inputs,
      conversions: inputs.conversions.map((one) => ({
        ...one,
        document: { ...one.document, sequence_length: 64 },
      })),
    };
    expect(rowOf(buildModel(fixed), 'int8').efficiency?.mean_tokens).toBe(64);
  });

  it('is nothing of an emulated device and of INVALID seeds', async () => {
    const emulated = rowOf(buildModel(await measured({ emulated: ['rpi4b'] })), 'int8');
    const spoilt = rowOf(
      buildModel(
        changing(
          await measured(),
          (one) => precisionOf(one) === 'int8',
          () => INVALID,
        ),
      ),
      'int8',
    );
    for (const { efficiency } of [emulated, spoilt]) {
      expect(efficiency).toMatchObject({
        peak_rss_bytes: null,
        uss_bytes: null,
        cpu_s_per_inference: null,
        operations_per_s: null,
        energy: null,
      });
      expect(efficiency?.indices).toMatchObject({ speed: null, energy: null, memory: null });
    }
    // Answers of an emulated device count, those of a spoilt evaluation are in no comparison.
    expect(emulated.efficiency?.indices?.quality).not.toBeNull();
    expect(spoilt.efficiency?.indices?.quality).toBeNull();
  });

  it('is null where nothing but the lengths of texts was recorded', async () => {
    const { efficiency } = rowOf(buildModel(await inputsOf(small)), 'int8');
    expect(efficiency).toMatchObject({
      uss_bytes: null,
      cpu_s_per_inference: null,
      operations: null,
      mean_tokens: 25,
      operations_per_s: null,
      energy: null,
    });
    expect(efficiency?.indices).toMatchObject({ energy: null, memory: null });
    const without = buildModel(await measured({ precisions: ['int8'] }));
    expect(rowOf(without, 'int8').efficiency?.indices).toBeNull();
    expect(renderReport(without)).toContain('No index: no model has both an fp32 file and another one');
  });

  it('pairs by seed: what only one side measured is in no ratio', async () => {
    const half = changing(
      await measured(),
      (one) => precisionOf(one) === 'fp32' && one.source.coordinates.seed === 2,
      () => ({ ...INVALID, uss_bytes: 1e12 }),
    );
    const { efficiency } = rowOf(buildModel(half), 'int8');
    expect(efficiency?.indices?.memory).toBe(2);
    expect(efficiency?.indices?.energy?.value).toBeCloseTo(2, 12);
  });
});

describe('energy-delay products', () => {
  it('are none of a meter that saw a part, of a simulator and of an INVALID measurement', async () => {
    const inputs = await measured();
    const energyOf = (document: LoadedEvaluation['document'], change: object) => ({
      ...(document.energy === undefined ? {} : { energy: { ...document.energy, ...change } }),
    });
    const changed = [
      changing(
        inputs,
        () => true,
        (document) => energyOf(document, { power_class: 'partial' }),
      ),
      changing(
        inputs,
        () => true,
        (document) => energyOf(document, { emulated: true }),
      ),
      changing(
        inputs,
        () => true,
        () => INVALID,
      ),
    ].map(buildModel);
    for (const model of changed) {
      expect(model.energy.flatMap(({ results }) => results.map(({ edp_js }) => edp_js))).toEqual(
        new Array(6).fill(null),
      );
      expect(model.pareto.filter(({ cost }) => cost === 'energy')).toEqual([]);
      expect(model.efficiency.map(({ energy }) => energy)).toEqual([null, null, null]);
    }
    const whole = buildModel(inputs).energy.flatMap(({ results }) => results);
    expect(whole.map(({ edp_js }) => edp_js !== null)).toEqual(new Array(6).fill(true));
  });
});

describe('fronts', () => {
  it('say of each row which one dominates it, and what is clear', async () => {
    const model = buildModel(await measured({ models: ['minilm-l3', 'minilm-l6'], tweets: 400 }));
    expect(model.pareto.map(({ cost }) => cost)).toEqual(['latency', 'energy', 'size']);
    for (const { points } of model.pareto) {
      const trade = (row: string) => {
        const point = points.find((one) => one.row === row);
        return { quality: point?.macro_f1 ?? Number.NaN, cost: point?.cost ?? Number.NaN };
      };
      for (const { row, dominated_by } of points) {
        if (dominated_by === null)
          expect(points.some((other) => dominates(trade(other.row), trade(row)))).toBe(false);
        else {
          expect(dominates(trade(dominated_by), trade(row))).toBe(true);
          expect(points.find((one) => one.row === dominated_by)?.dominated_by).toBeNull();
        }
      }
    }
    // An fp16 file answers as the fp32 one and is half as large.
    const fp32 = model.results.find((row) => row.model === 'minilm-l3' && row.precision === 'fp32');
    const size = model.pareto[2]?.points.find(({ row }) => row === fp32?.id);
    expect(size?.clear_in).toContain('cost');
  });

  it('leave INVALID rows and emulated devices out of latency and energy, but not out of sizes', async () => {
    const spoilt = changing(
      await measured(),
      (one) => precisionOf(one) === 'fp16',
      () => INVALID,
    );
    const model = buildModel(spoilt);
    const fp16 = rowOf(model, 'fp16').row.id;
    expect(model.pareto).toHaveLength(3);
    for (const { cost, points, left_out } of model.pareto) {
      const isOfSize = cost === 'size';
      expect(points.some(({ row }) => row === fp16)).toBe(isOfSize);
      expect(left_out).toEqual(isOfSize ? [] : [{ row: fp16, why: 'INVALID: none of its timing counts' }]);
    }
    const emulated = buildModel(await measured({ emulated: ['rpi4b'] }));
    expect(emulated.pareto.map(({ cost, emulated: is }) => [cost, is])).toEqual([['size', true]]);
  });

  it('are none of scores that are not numbers, and of one file nothing to weigh', async () => {
    const blind = changing(
      await measured(),
      () => true,
      () => ({ macro_f1: Number.NaN }),
    );
    expect(buildModel(blind).pareto).toEqual([]);
    const page = renderReport(buildModel(await measured({ precisions: ['fp32'] })));
    expect(page).toContain('Nothing to weigh');
  });
});

describe('nothing is compared across conditions', () => {
  const RUNTIME = { litert: '2.4.0', delegate: 'xnnpack', threads: 4 };

  it.each<[string, Partial<LoadedEvaluation['document']>]>([
    ['runtimes', { runtime: RUNTIME }],
    ['protocols', { protocol: { name: 'study', sample_hz: 10 } }],
    ['emulated and real devices', { emulated: true }],
  ])('neither fronts nor choices nor indices mix %s', async (_name, change) => {
    const inputs = await measured({ seeds: [1, 2] });
    const others = inputs.evaluations.map((one) => ({
      ...one,
      document: { ...one.document, ...change },
    }));
    const mixed = buildModel({ ...inputs, evaluations: [...inputs.evaluations, ...others] });
    expect(mixed.results).toHaveLength(6);
    const pairs = comparedRows(mixed);
    expect(pairs.length).toBeGreaterThan(12);
    for (const [a, b] of pairs) expect(b.conditions).toEqual(a.conditions);
    expect(new Set(mixed.pareto.flatMap(({ points }) => points.map(({ row }) => row))).size).toBe(6);
  });

  it('neither do they mix devices or test sets', async () => {
    const inputs = await measured({ devices: ['rpi4b', 'rpi3b'] });
    const cut = {
      ...inputs,
      evaluations: inputs.evaluations.map((one) =>
        deviceOf(one) === 'rpi3b' && precisionOf(one) === 'int8'
          ? {
              ...one,
              predictions: { ...one.predictions, tweets: { ...one.predictions.tweets, digest: 'other' } },
            }
          : one,
      ),
    };
    const pairs = comparedRows(buildModel(cut));
    expect(pairs.length).toBeGreaterThan(8);
    for (const [a, b] of pairs) expect(b.conditions).toEqual(a.conditions);
  });
});

describe('what stands in place of a choice', () => {
  it('has its price, but none in time on an emulated device', async () => {
    const model = buildModel(await measured());
    const [answer] = model.answers;
    expect(model.alternatives).toHaveLength(2);
    for (const { choice, row, latency_ratio, energy_ratio, size_ratio } of model.alternatives) {
      const [own, chosen] = [row, choice].map((id) => model.results.find((one) => one.id === id));
      expect(choice).toBe(answer?.row);
      expect(latency_ratio).toBe((own?.latency_ms.median ?? 0) / (chosen?.latency_ms.median ?? 1));
      expect(size_ratio).toBe((own?.model_bytes ?? 0) / (chosen?.model_bytes ?? 1));
      expect(energy_ratio).not.toBeNull();
    }
    const emulated = buildModel(await measured({ emulated: ['rpi4b'] }));
    expect(
      emulated.alternatives.map((one) => [one.latency_ratio, one.energy_ratio, one.memory_ratio]),
    ).toEqual([
      [null, null, null],
      [null, null, null],
    ]);
    expect(renderReport(model)).toContain('npx pipeline report --recommend --max-latency 200ms');
  });
});

describe('flags', () => {
  const kinds = (model: ReportModel, precision: string) =>
    rowOf(model, precision).flags.map(({ kind, text }) => [kind, text]);

  it('say what is INVALID, emulated, partial or of one seed, and stand before the first figure', async () => {
    const inputs = changing(
      await measured({ tweets: 120 }),
      (one) => precisionOf(one) === 'fp16' && one.source.coordinates.seed === 1,
      () => INVALID,
    );
    const model = buildModel({
      ...inputs,
      split: inputs.split.map((card) => ({
        ...card,
        document: { ...card.document, counts: { ...card.document.counts, test: { POSITIVE: 47_390 } } },
      })),
    });
    expect(kinds(model, 'fp16')).toEqual([
      ['invalid', 'INVALID timing (1 of 2 seeds)'],
      ['partial-test', 'partial: 120 of 47,390 tweets'],
      ['short-energy', 'short energy (1 of 2 seeds)'],
    ]);
    const page = renderReport(model);
    const flags = page.indexOf('Before any figure.');
    expect(flags).toBeGreaterThan(0);
    expect(flags).toBeLessThan(page.indexOf('class="answer"'));
    expect(flags).toBeLessThan(page.indexOf('id="result-table"'));
    expect(page.slice(flags, flags + 400)).toContain('6 evaluations: 5 valid and 1 INVALID');
    expect(page.indexOf('<th scope="col">Flags</th>')).toBeLessThan(page.indexOf('Accuracy</th>'));
    const one = buildModel(await measured({ seeds: [1], emulated: ['rpi4b'] }));
    expect(kinds(one, 'int8')).toEqual([
      ['emulated', 'EMULATED device'],
      ['one-seed', 'one seed'],
    ]);
    expect(kinds(buildModel(await inputsOf(small)), 'int8')).toEqual([['not-judged', 'not judged']]);
  });

  it('tell INVALID energy from INVALID timing', async () => {
    const findings = [{ gate: 'meter-dropped', message: 'samples are missing' }];
    const model = buildModel(
      changing(
        await measured(),
        (one) => precisionOf(one) === 'int8',
        ({ energy }) => (energy === undefined ? {} : { energy: { ...energy, findings } }),
      ),
    );
    expect(kinds(model, 'int8').map(([kind]) => kind)).toEqual(['invalid-energy']);
  });
});

describe('the page', () => {
  it.each<[string, Partial<Shape>]>([
    ['two devices, one emulated', { devices: ['rpi4b', 'qemu'], emulated: ['qemu'] }],
    ['one file with one seed', { seeds: [1], precisions: ['int8'] }],
  ])('is whole with %s', async (_name, shape) => {
    const model = buildModel(await measured(shape));
    const page = renderReport(model);
    expect(problemsOfPage(page)).toEqual([]);
    expect(page).not.toMatch(/undefined|NaN|\[object|Infinity/);
    expect(JSON.parse(JSON.stringify(modelJson(model)))).toMatchObject({ pareto: expect.any(Array) });
  });

  it('says not a number where scores are none', async () => {
    const page = renderReport(
      buildModel(
        changing(
          await measured(),
          () => true,
          () => ({ macro_f1: Number.NaN, uss_bytes: Number.NaN }),
        ),
      ),
    );
    expect(problemsOfPage(page)).toEqual([]);
    expect(page).not.toMatch(/>[^<]*NaN/);
  });

  it('has paired intervals beside McNemar, and none where no answer changed', async () => {
    const model = buildModel(await measured({ tweets: 400 }));
    const int8 = rowOf(model, 'int8').row.against_fp32;
    const [low, high] = int8?.macro_f1_difference_interval ?? [Number.NaN, Number.NaN];
    expect(low).toBeLessThanOrEqual(int8?.macro_f1_difference.mean ?? Number.NaN);
    expect(high).toBeGreaterThanOrEqual(int8?.macro_f1_difference.mean ?? Number.NaN);
    expect(rowOf(model, 'fp16').row.against_fp32).toMatchObject({
      same_prediction: 1,
      accuracy_difference_interval: null,
      macro_f1_difference_interval: null,
    });
    expect(renderReport(model)).toContain('same answers');
  });
});

it('a chart of latencies holds one device, runtime and protocol, and names what tells it from others', async () => {
  const inputs = await measured();
  const others = inputs.evaluations.map((one) => ({
    ...one,
    document: { ...one.document, protocol: { name: 'study', sample_hz: 10 } },
  }));
  const model = buildModel({ ...inputs, evaluations: [...inputs.evaluations, ...others] });
  const titles = renderReport(model).match(/Latency with its intervals on [^<]*/g) ?? [];
  expect(titles).toHaveLength(4);
  expect(titles.filter((title) => title.includes('study'))).toHaveLength(2);
  expect(titles.filter((title) => title.includes('quick'))).toHaveLength(2);
});
