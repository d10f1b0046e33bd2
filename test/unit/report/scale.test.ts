import { describe, expect, it } from 'vitest';
import { linearScale } from '../../../pipeline/report/scale.js';

const texts = (values: readonly number[], options = {}) =>
  linearScale(values, options).ticks.map(({ text }) => text);

describe('linearScale', () => {
  it('ends at round ticks', () => {
    const scale = linearScale([0.13, 0.97]);
    expect([scale.minimum, scale.maximum]).toEqual([0, 1]);
    expect(scale.ticks.map(({ text }) => text)).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']);
    expect(scale.position(0.5)).toBeCloseTo(0.5);
  });

  it('keeps ends that are given and groups thousands', () => {
    expect(texts([3, 9_200], { minimum: 0, maximum: 10_000 })).toEqual([
      '0',
      '2,000',
      '4,000',
      '6,000',
      '8,000',
      '10,000',
    ]);
  });

  it('puts ticks at whole numbers only where asked to', () => {
    expect(texts([1, 3], { integer: true, isTight: true })).toEqual(['1', '2', '3']);
    expect(texts([1, 1], { integer: true })).toEqual(['0', '1', '2']);
  });

  it('writes negative ticks with a minus sign', () => {
    expect(texts([-4, 4])).toEqual(['−4', '−2', '0', '2', '4']);
  });

  it.each([
    { values: [], options: {} },
    { values: [Number.NaN], options: {} },
    { values: [7, 7, 7], options: {} },
    { values: [0], options: { minimum: 0, maximum: 0 } },
    { values: [0, 0], options: { isTight: true } },
    { values: [1e-9, 2e-9], options: {} },
    { values: [1e12, 1e12 + 1], options: {} },
  ])('has room and few ticks for %j', ({ values, options }) => {
    const scale = linearScale(values, options);
    expect(scale.maximum).toBeGreaterThan(scale.minimum);
    expect(scale.ticks.length).toBeGreaterThan(1);
    expect(scale.ticks.length).toBeLessThan(9);
    for (const { value } of scale.ticks) {
      expect(scale.position(value)).toBeGreaterThan(-1e-6);
      expect(scale.position(value)).toBeLessThan(1 + 1e-6);
    }
  });
});
