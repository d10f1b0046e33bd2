import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../../pipeline/base/random.js';
import { holm, mcnemar, medianInterval, ratioOfMedians } from '../../../../stages/report/bootstrap.js';

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

  it('is the same each time', () => {
    const windows = windowsAround(10, 0.3, 5, 7);
    expect(medianInterval(windows, 'a')).toEqual(medianInterval(windows, 'a'));
  });
});

it('the ratio of medians tells a difference from none', () => {
  const slow = windowsAround(15, 0.1, 5, 1);
  const fast = windowsAround(10, 0.1, 5, 2);
  const different = ratioOfMedians(slow, fast, 'a');
  expect(different?.interval[0]).toBeGreaterThan(1.4);
  expect(different?.interval[1]).toBeLessThan(1.6);
  expect(different?.p).toBeLessThan(0.01);
  expect(ratioOfMedians(windowsAround(10, 0.5, 5, 4), windowsAround(10, 0.5, 5, 5), 'b')?.p).toBeGreaterThan(
    0.05,
  );
  expect(ratioOfMedians(slow.slice(0, 1), fast, 'c')).toBeNull();
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
