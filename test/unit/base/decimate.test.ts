import { describe, expect, it } from 'vitest';
import { decimate, type Point } from '../../../pipeline/base/decimate.js';

const wave: Point[] = Array.from({ length: 10_000 }, (_, index) => [index, Math.sin(index / 50)] as const);

describe('decimate', () => {
  it('gives short series back as they are', () => {
    const few = wave.slice(0, 40);
    expect(decimate(few, 10)).toBe(few);
  });

  it('keeps the ends, the order and every extreme', () => {
    const spiky = wave.map(([x, y]): Point => [x, x === 4321 ? 9 : x === 7654 ? -9 : y]);
    const thin = decimate(spiky, 100);
    expect(thin.length).toBeLessThanOrEqual(400);
    expect(thin[0]).toEqual([0, 0]);
    expect(thin.at(-1)?.[0]).toBe(9_999);
    expect(thin).toContainEqual([4321, 9]);
    expect(thin).toContainEqual([7654, -9]);
    const xs = thin.map(([x]) => x);
    expect(xs).toEqual([...new Set(xs)].sort((a, b) => a - b));
  });

  it('keeps gaps', () => {
    const gapped = wave.map(([x, y]): Point => [x, x === 5_003 ? Number.NaN : y]);
    expect(decimate(gapped, 100).filter(([, y]) => Number.isNaN(y))).toEqual([[5_003, Number.NaN]]);
  });
});
