import { describe, expect, it } from 'vitest';
import { columnCells, consensusOf, gap } from '../../../../../stages/report/audit/interval.js';

const widths = (values: readonly number[]): number[] =>
  columnCells(values).map(({ low, high }) => Number((high - low).toPrecision(6)));

describe('how precisely a column was printed', () => {
  it.each([
    ['decimals, of which JSON dropped zeros', [1.66, 0.6, 0.38, 27], [0.01, 0.01, 0.01, 0.01]],
    ['whole numbers', [64_719, 9, 41_449], [1, 1, 1]],
    ['significant digits of any size', [1.66, 0.615, 12.7], [0.01, 0.001, 0.1]],
    ['powers of ten', [2.18e8, 4e8, 9.82e8, 1.02e9], [1e6, 1e6, 1e6, 1e7]],
    ['one round number', [4000], [1000]],
  ])('%s', (_, values, expected) => {
    expect(widths(values)).toEqual(expected);
  });
});

describe('ranges', () => {
  it('have in common what the most of them hold', () => {
    const ranges = [
      { low: 1, high: 4 },
      { low: 3, high: 6 },
      { low: 3.5, high: 3.8 },
      { low: 9, high: 10 },
    ];
    expect(consensusOf(ranges)).toEqual({ range: [3.5, 3.8], covering: 3 });
    expect(consensusOf([])).toBeNull();
  });

  it('are apart by what rounding leaves', () => {
    expect(gap({ value: 10, low: 9.5, high: 10.5 }, { low: 12.5, high: 14 })).toBeCloseTo(0.2, 12);
    expect(gap({ value: 10, low: 9.5, high: 10.5 }, { low: 10.5, high: 14 })).toBe(0);
  });
});
