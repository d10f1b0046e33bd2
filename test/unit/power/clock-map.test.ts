import { describe, expect, it } from 'vitest';
import {
  arrivalPairs,
  composeMaps,
  fitClock,
  invertMap,
  mapTime,
  mapUncertainty,
  pairEdges,
} from '../../../pipeline/power/clock-map.js';
import { normals } from '../../../pipeline/power/random.js';

const NAMES = { from: 'meter', to: 'board', floor_s: 1e-5, rateUncertainty: 0.003 };

describe('a clock map', () => {
  it('finds drift and offset, and how well it knows them', () => {
    const normal = normals(3);
    let inside = 0;
    for (let trial = 0; trial < 200; trial += 1) {
      const pairs = Array.from({ length: 30 }, (_, index) => ({
        x_s: index * 10,
        y_s: 50 + index * 10 * 1.004 + 0.002 * normal(),
      }));
      const map = fitClock(pairs, NAMES);
      if (map === null) throw new Error('no map');
      expect(map.rate).toBeCloseTo(1.004, 4);
      if (Math.abs(mapTime(map, 600) - (50 + 602.4)) < 2 * mapUncertainty(map, 600)) inside += 1;
    }
    // 95 % of 200, give or take three standard deviations of a binomial.
    expect(inside).toBeGreaterThanOrEqual(180);
  });

  it('takes the rate as unknown where one pair is all there is', () => {
    const map = fitClock([{ x_s: 10, y_s: 110 }], NAMES);
    expect(map).toMatchObject({ rate: 1, u_rate: 0.003 });
    expect(map && mapUncertainty(map, 110)).toBeCloseTo(0.3, 2);
    expect(fitClock([], NAMES)).toBeNull();
  });

  it('takes the rate of two edges only where they are far enough apart', () => {
    const near = [
      { x_s: 0, y_s: 0 },
      { x_s: 0.001, y_s: 0.00101 },
    ];
    expect(fitClock(near, NAMES)?.rate).toBe(1);
    const far = [
      { x_s: 0, y_s: 0 },
      { x_s: 100, y_s: 100.4 },
    ];
    expect(fitClock(far, NAMES)?.rate).toBeCloseTo(1.004, 9);
  });

  it('goes on from meter to board to host, and back', () => {
    const first = fitClock(
      [0, 1, 2].map((x) => ({ x_s: x, y_s: 10 + 1.004 * x })),
      NAMES,
    );
    const second = fitClock(
      [10, 20, 30].map((x) => ({ x_s: x, y_s: 1000 + 0.99 * x })),
      {
        ...NAMES,
        from: 'board',
        to: 'host',
      },
    );
    if (first === null || second === null) throw new Error('no map');
    const both = composeMaps(first, second);
    expect(both).toMatchObject({ from: 'meter', to: 'host' });
    expect(mapTime(both, 5)).toBeCloseTo(1000 + 0.99 * (10 + 1.004 * 5), 9);
    expect(both.u_y0_s).toBeGreaterThan(first.u_y0_s * second.rate);
    expect(mapTime(invertMap(both), mapTime(both, 5))).toBeCloseTo(5, 9);
  });

  it('pairs edges also where the meter missed one or saw one before', () => {
    const made = [1, 2, 4, 7, 11].map((t_s, index) => ({ t_s, level: (index % 2) as 0 | 1 }));
    const seen = made.map(({ t_s, level }) => ({ t_s: t_s + 100, level, host_s: 0 }));
    const offsets = (pairs: readonly { x_s: number; y_s: number }[]) =>
      pairs.map(({ x_s, y_s }) => x_s - y_s);
    expect(offsets(pairEdges(seen, made))).toEqual([100, 100, 100, 100, 100]);
    expect(offsets(pairEdges(seen.slice(2), made))).toEqual([100, 100, 100]);
    const before = { t_s: 50, level: 1, host_s: 0 } as const;
    expect(offsets(pairEdges([before, ...seen], made))).toEqual([100, 100, 100, 100, 100]);
    expect(pairEdges([], made)).toEqual([]);
  });

  it('believes the quickest arrivals', () => {
    const normal = normals(5);
    const samples = Array.from({ length: 6000 }, (_, index) => ({
      t_s: index / 100,
      host_s: 500 + (index / 100) * 1.003 + 0.005 + 0.05 * Math.abs(normal()),
    }));
    const map = fitClock(arrivalPairs(samples), { ...NAMES, to: 'host', floor_s: 0.005 });
    if (map === null) throw new Error('no map');
    expect(map.rate).toBeCloseTo(1.003, 4);
    expect(Math.abs(mapTime(map, 30) - 530.09)).toBeLessThan(2 * mapUncertainty(map, 30));
  });
});
