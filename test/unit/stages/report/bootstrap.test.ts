import { describe, expect, it } from 'vitest';
import { randomFrom, seedOfText } from '../../../../pipeline/base/random.js';
import {
  holm,
  latencyIntervals,
  mcnemar,
  ratioOfMedians,
  resampledQuantiles,
} from '../../../../stages/report/statistics/bootstrap.js';
import { quantile } from '../../../../stages/report/statistics/descriptive.js';

const medianInterval = (windows: readonly Float64Array[], seed: string) =>
  latencyIntervals(windows, seed).median;

/** Windows whose level varies by `spread` (standard deviation of a uniform draw), with inferences around it. */
function windowsAround(level: number, spread: number, count: number, seed: number): Float64Array[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => {
    const own = level + spread * Math.sqrt(12) * (random() - 0.5);
    return Float64Array.from({ length: 100 }, () => own * (0.95 + 0.1 * random()));
  });
}

describe('the interval of a median', () => {
  it('holds the truth about as often as it says, and is none for one window', () => {
    let held = 0;
    for (let seed = 0; seed < 25; seed += 1) {
      const [low, high] = medianInterval(windowsAround(10, 0.3, 10, seed), `${seed}`) ?? [0, 0];
      if (low <= 10 && 10 <= high) held += 1;
    }
    // Ten windows: such intervals are a little too narrow, as is known of them.
    expect(held).toBeGreaterThanOrEqual(20);
    expect(medianInterval(windowsAround(10, 0.3, 1, 1), 'one')).toBeNull();
  });

  it('is as wide as windows differ, not as inferences are many', () => {
    const width = (spread: number) => {
      const [low, high] = medianInterval(windowsAround(10, spread, 5, 3), 'x') ?? [0, 0];
      return high - low;
    };
    expect(width(0.5)).toBeGreaterThan(3 * width(0));
  });

  it('is as wide as when each resample draws the inferences of its windows anew', () => {
    const widths = { ours: 0, anew: 0 };
    for (let seed = 0; seed < 10; seed += 1) {
      // All windows alike: what inferences differ by is all that there is.
      const windows = windowsAround(10, 0, 5, seed);
      const random = randomFrom(seed + 100);
      const drawOf = (own: Float64Array): number => own[Math.floor(random() * own.length)] ?? 0;
      const medians = Float64Array.from({ length: 1000 }, () => {
        const values = windows.flatMap(() => {
          const own = windows[Math.floor(random() * windows.length)] ?? new Float64Array();
          return Array.from({ length: own.length }, () => drawOf(own));
        });
        return quantile(Float64Array.from(values).sort(), 0.5);
      }).sort();
      widths.anew += quantile(medians, 0.975) - quantile(medians, 0.025);
      const [low, high] = medianInterval(windows, `${seed}`) ?? [0, 0];
      widths.ours += high - low;
    }
    expect(widths.ours / widths.anew).toBeGreaterThan(0.9);
    expect(widths.ours / widths.anew).toBeLessThan(1.1);
  });

  it('is the same each time', () => {
    const windows = windowsAround(10, 0.3, 5, 7);
    expect(medianInterval(windows, 'a')).toEqual(medianInterval(windows, 'a'));
  });
});

describe('the intervals of percentiles', () => {
  it('hold the truth about as often as they say', () => {
    const held = { p90: 0, p99: 0 };
    for (let seed = 0; seed < 25; seed += 1) {
      const { p90, p99 } = latencyIntervals(windowsAround(10, 0.3, 10, seed), `${seed}`);
      // Of level times 0.95 + 0.1 u, the level uniform around 10: 10.57 and 10.9 in half a million draws.
      if (p90 !== null && p90[0] <= 10.57 && 10.57 <= p90[1]) held.p90 += 1;
      if (p99 !== null && p99[0] <= 10.9 && 10.9 <= p99[1]) held.p99 += 1;
    }
    expect(held.p90).toBeGreaterThanOrEqual(20);
    // Ten windows say little of the slowest hundredth: such intervals are too narrow, as is known of them.
    expect(held.p99).toBeGreaterThanOrEqual(15);
  });

  it('are none where the percentile is of too few inferences', () => {
    const of = (count: number) =>
      latencyIntervals([new Float64Array(count).fill(1), new Float64Array(1).fill(2)], 'a');
    expect([of(62).p90, of(63).p90]).toEqual([null, expect.anything()]);
    expect([of(660).p99, of(661).p99]).toEqual([null, expect.anything()]);
    expect(latencyIntervals([new Float64Array(700).fill(1)], 'a')).toEqual({
      median: null,
      p90: null,
      p99: null,
    });
  });

  it('leave out what is not a number, and are none of nothing', () => {
    const [gap, whole] = [Float64Array.of(1, Number.NaN, 3), Float64Array.of(2, 2)];
    const [medians] = resampledQuantiles([gap, whole], [0.5], 'a');
    expect(medians?.every(Number.isFinite)).toBe(true);
    expect(
      latencyIntervals([Float64Array.of(Number.NaN), Float64Array.of(Number.NaN)], 'a').median,
    ).toBeNull();
  });

  it.each([
    ['small', 3, 40],
    ['larger than what is drawn of them', 2, 9_000],
  ])('are those of resamples that are sorted one by one, for %s windows', (_name, count, size) => {
    const windows = windowsAround(10, 0.3, count, 1).map((window) =>
      Float64Array.from({ length: size }, (_, index) => (window[index % 100] ?? 0) + (index % 7) * 1e-3),
    );
    const random = randomFrom(seedOfText('a'));
    const draw = (count: number): number => Math.floor(random() * count);
    const samples = windows.map((own) =>
      Array.from({ length: 64 }, () =>
        Array.from({ length: Math.min(own.length, 512) }, () => own[draw(own.length)] ?? 0),
      ),
    );
    const sorted = Array.from({ length: 20 }, () => {
      const values = windows.flatMap(() => samples[draw(windows.length)]?.[draw(64)] ?? []);
      return Float64Array.from(values).sort();
    });
    const [medians, high] = resampledQuantiles(windows, [0.5, 0.9], 'a');
    expect([...(medians ?? [])].slice(0, 20)).toEqual(sorted.map((values) => quantile(values, 0.5)));
    expect([...(high ?? [])].slice(0, 20)).toEqual(sorted.map((values) => quantile(values, 0.9)));
  });
});

it('the ratio of medians tells a difference from none', () => {
  const slow = windowsAround(15, 0.1, 5, 1);
  const fast = windowsAround(10, 0.1, 5, 2);
  const different = ratioOfMedians(slow, fast, { above: 'a', below: 'b' });
  expect(different?.interval[0]).toBeGreaterThan(1.4);
  expect(different?.interval[1]).toBeLessThan(1.6);
  expect(different?.p).toBeLessThan(0.01);
  expect(
    ratioOfMedians(windowsAround(10, 0.5, 5, 4), windowsAround(10, 0.5, 5, 5), { above: 'a', below: 'b' })?.p,
  ).toBeGreaterThan(0.05);
  expect(ratioOfMedians(slow.slice(0, 1), fast, { above: 'a', below: 'b' })).toBeNull();
});

it('corrects p values as R does: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")', () => {
  const corrected = holm([0.01, null, 0.04, 0.03, 0.005]);
  expect(corrected[1]).toBeNull();
  expect(corrected.filter((p) => p !== null).map((p) => Number(p.toFixed(6)))).toEqual([
    0.03, 0.06, 0.06, 0.02,
  ]);
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
});

it.each([
  [0, 0, 1],
  [5, 5, 1],
  [1, 9, 0.021484],
  [0, 6, 0.03125],
  [120, 80, 0.005685],
])('the exact McNemar test of %i against %i', (gained, lost, p) => {
  // scipy.stats.binomtest(min, sum, 0.5).pvalue
  expect(mcnemar(gained, lost)).toBeCloseTo(p, 5);
});
