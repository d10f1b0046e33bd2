import { describe, expect, it } from 'vitest';
import { scaleOf, thinned, tickLength } from '../../../pipeline/report/chart-axis.js';

const axis = { label: 'x' };
const domainOf = (values: readonly number[], options = {}) => scaleOf(values, { ...axis, ...options }).domain;

describe('scaleOf', () => {
  it('goes out to round ends', () => {
    expect(domainOf([0.13, 0.97])).toEqual([0, 1]);
    expect(domainOf([3, 9_200])).toEqual([0, 10_000]);
    expect(domainOf([3, 900], { type: 'log' })).toEqual([1, 1_000]);
  });

  it('keeps an end that is given, round or not, and rounds the other', () => {
    expect(domainOf([13, 87], { maximum: 97.3 })).toEqual([0, 97.3]);
    expect(domainOf([13, 87], { minimum: 7 })).toEqual([7, 100]);
  });

  it('ends at the outermost values where it is tight', () => {
    expect(domainOf([13, 87.5], { isTight: true })).toEqual([13, 87.5]);
  });

  it('has no end at 0 on a logarithmic axis', () => {
    const scale = scaleOf([-5, 0, 2, 30, Number.NaN], { ...axis, type: 'log', minimum: 0 });
    expect(scale.domain).toEqual([1, 100]);
    expect([0, -5, Number.NaN, 2].map(scale.shows)).toEqual([false, false, false, true]);
  });

  it('asks for no more ticks than there are whole numbers, where they must be whole', () => {
    expect(scaleOf([1, 3], { ...axis, integer: true, isTight: true }).ticks).toBe(2);
    expect(scaleOf([1, 1], { ...axis, integer: true, isTight: true }).domain).toEqual([0, 2]);
  });

  it.each([
    { values: [], options: {} },
    { values: [Number.NaN], options: {} },
    { values: [7, 7, 7], options: {} },
    { values: [0], options: { minimum: 0, maximum: 0 } },
    { values: [0, 0], options: { isTight: true } },
    { values: [1e-9, 2e-9], options: {} },
    { values: [1e12, 1e12 + 1], options: {} },
    { values: [5], options: { type: 'log' } },
    { values: [0], options: { type: 'log' } },
    { values: [5], options: { type: 'log', minimum: 5, maximum: 2 } },
  ])('has room for %j', ({ values, options }) => {
    const [low, high] = domainOf(values, options);
    expect(high).toBeGreaterThan(low);
    expect(Number.isFinite(high - low)).toBe(true);
  });
});

describe('ticks', () => {
  it('are fewer where their texts are long', () => {
    const wide = scaleOf([0, 9_000_000], { ...axis, tickCount: 6 });
    expect(thinned(wide, 312).ticks).toBeLessThan(6);
    const decades = scaleOf([1e-4, 1e4], { ...axis, type: 'log', tickCount: 6 });
    expect(thinned(decades, 312).ticks).toBeLessThan(6);
    expect(thinned(scaleOf([0, 9], { ...axis, tickCount: 6 }), 312).ticks).toBe(6);
  });

  it('are as long as their longest text', () => {
    expect(tickLength(scaleOf([0, 9_200], axis))).toBe('10,000'.length);
    expect(tickLength(scaleOf([0.01, 5e8], { ...axis, type: 'log' }))).toBe('0.01'.length);
    expect(tickLength(scaleOf([-0.0012, 0.0031], axis))).toBe('−0.002'.length);
  });
});
