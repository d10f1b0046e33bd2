import { describe, expect, it } from 'vitest';
import { constraintsOf } from '../../../../pipeline/cli/commands/recommend.js';
import { recommendationLines } from '../../../../pipeline/ui/recommendation-text.js';
import { recommend } from '../../../../stages/report/recommend/recommend.js';
import { type RecommendRow, recommendSchema } from '../../../../stages/report/recommend/schema.js';

function row(
  id: string,
  given: Partial<RecommendRow> & { f1?: number; ms?: number; p90?: number | null } = {},
) {
  const { f1 = 0.65, ms = 20, p90 = 1.5 * ms, ...rest } = given;
  const [model = '', precision = '', device = ''] = id.split(' ');
  return {
    ...{ id, model, precision, device, conditions: { emulated: false } },
    ...{ accuracy: { mean: f1 + 0.06 }, macro_f1: { mean: f1 } },
    latency_ms: { median: ms, p90, n: 1000 },
    ...{ peak_rss_bytes: 100e6, model_bytes: 20e6 },
    ...rest,
  } satisfies RecommendRow;
}

const UNTIMED = { median: Number.NaN, p90: null, n: 0 };

describe('what to ship', () => {
  const rows = [
    row('l6 fp32 pi4', { f1: 0.655, ms: 60, model_bytes: 90e6, peak_rss_bytes: 220e6 }),
    row('l6 int8 pi4', { f1: 0.65, ms: 20 }),
    row('l6 int8 pi3', { f1: 0.65, ms: 80 }),
    row('l3 int8 pi3', { f1: 0.6, ms: 8, model_bytes: 10e6 }),
  ];

  it('is the fastest within the tolerance of the best that keeps the constraints', () => {
    const free = recommend(rows, {}, 0.01);
    expect(free.recommended).toMatchObject({
      row: 'l6 int8 pi4',
      latency_ms: 30,
      latency_is: 'p90',
      costs: null,
    });
    expect(free.alternatives.map((one) => one.row)).toEqual(['l6 fp32 pi4', 'l6 int8 pi3', 'l3 int8 pi3']);
    expect(free.alternatives[0]?.costs).toEqual({
      macro_f1_difference: expect.closeTo(0.005, 12),
      latency_ratio: 3,
      memory_ratio: 2.2,
      size_ratio: 4.5,
    });
    // Without a tolerance the best one stands, whatever it takes.
    expect(recommend(rows, {}, 0).recommended?.row).toBe('l6 fp32 pi4');
    const tight = recommend(rows, { max_latency_ms: 25 }, 0.01);
    expect(tight.recommended?.row).toBe('l3 int8 pi3');
    expect(tight.alternatives.map(({ misses }) => misses)).toEqual([
      ['latency is 3.60 times the limit'],
      ['latency is 1.20 times the limit'],
      ['latency is 4.80 times the limit'],
    ]);
  });

  it('names every constraint that is not kept, and recommends nothing where none keeps all', () => {
    const none = recommend(rows, { max_latency_ms: 25, min_macro_f1: 0.64, max_size_bytes: 15e6 }, 0.01);
    expect(none.recommended).toBeNull();
    expect(none.alternatives.find((one) => one.row === 'l6 fp32 pi4')).toMatchObject({
      misses: ['latency is 3.60 times the limit', 'size is 6.00 times the limit'],
      costs: null,
    });
    expect(none.alternatives.find((one) => one.row === 'l3 int8 pi3')?.misses).toEqual([
      'macro-F1 is 0.040 too low',
    ]);
    expect(recommend(rows, { max_memory_bytes: 50e6 }, 0.01).recommended).toBeNull();
    expect(recommendationLines(none, 100)[0]).toBe('nothing keeps these constraints');
  });

  it('takes no latency from an INVALID or an emulated row, and does not ship a SavedModel', () => {
    const odd = [
      row('a int8 pi', { latency_ms: UNTIMED, f1: 0.7 }),
      row('b int8 lab', { conditions: { emulated: true }, f1: 0.7 }),
      row('c SavedModel here', { f1: 0.8 }),
      row('d int8 pi', { f1: Number.NaN }),
      row('e int8 pi', { p90: null }),
    ];
    const { recommended, alternatives, not_considered } = recommend(odd, { max_latency_ms: 20 }, 0.01);
    expect(recommended).toMatchObject({ row: 'e int8 pi', latency_ms: 20, latency_is: 'median' });
    expect(
      alternatives.map(({ latency_ms, misses, costs }) => [latency_ms, misses, costs?.latency_ratio]),
    ).toEqual([
      [null, ['no latency: none of its timing counts'], null],
      [null, ['no latency: an emulated device has no timing'], null],
    ]);
    expect(not_considered.map(({ name }) => name)).toEqual(['c SavedModel, here', 'd int8, pi']);
    // Where latency is no constraint, they may be shipped all the same: the smaller, then the first.
    expect(recommend(odd, {}, 0.01).recommended?.row).toBe('a int8 pi');
  });

  it('reads figures that are no numbers as report.json has them', () => {
    const json = { schema: 1, results: [row('a int8 pi', { latency_ms: { ...UNTIMED, median: 0 } })] };
    const text = JSON.stringify(json).replace('"median":0', '"median":"NaN"');
    expect(recommendSchema.parse(JSON.parse(text)).results[0]?.latency_ms.median).toBeNaN();
  });

  it('is told in a table, the recommended one first', () => {
    const lines = recommendationLines(recommend(rows, { max_latency_ms: 40 }, 0.01), 120);
    expect(lines[0]).toContain('l6 int8 on pi4');
    expect(lines[4]).toMatch(/^l6 int8 +pi4 +0\.650 +30\.00 ms +100 MB +20\.0 MB$/);
    const reasons = lines.filter((line) => /^l\d \w+ on pi\d:/.test(line));
    expect(reasons.slice(-3)).toEqual([
      'l3 int8 on pi3: macro-F1 -0.050, 0.40 times the latency, 0.50 times the size',
      'l6 fp32 on pi4: latency is 2.25 times the limit',
      'l6 int8 on pi3: latency is 3.00 times the limit',
    ]);
  });
});

it('constraints have units', () => {
  expect(constraintsOf({ maxLatency: '0.2s', maxMemory: '300MB', maxSize: '30 MiB', minF1: '0.6' })).toEqual({
    ok: true,
    value: { max_latency_ms: 200, max_memory_bytes: 300e6, max_size_bytes: 31_457_280, min_macro_f1: 0.6 },
  });
  expect(constraintsOf({})).toEqual({ ok: true, value: {} });
  for (const [given, message] of [
    [{ maxLatency: '50' }, '--max-latency 50 is no time'],
    [{ maxMemory: '300' }, '--max-memory 300 is no size'],
    [{ minF1: '60' }, '--min-f1 60 is no macro-F1'],
    [{ minF1: 'high' }, '--min-f1 high is no macro-F1'],
  ] as const) {
    expect(constraintsOf(given)).toMatchObject({ ok: false, error: { message } });
  }
});
