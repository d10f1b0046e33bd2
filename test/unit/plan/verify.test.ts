import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../pipeline/base/canonical.js';
import type { FileDifference, Repeatability } from '../../../pipeline/contract/verify.js';
import { verdict } from '../../../pipeline/plan/verify.js';

const differing = (output: string): FileDifference => ({
  output,
  path: `${output}.json`,
  before: { digest: digestOf('a'), size: 1 },
  after: { digest: digestOf('b'), size: 1 },
  first_difference: 0,
});
const DECLARED: Repeatability = {
  measured: ['evaluation'],
  figures: { accuracy: {}, latency_ms: { absolute: 0.5, relative: 0.1 } },
};

describe('verdict', () => {
  test('no file that differs is identical, whatever the figures are', () => {
    expect(verdict([], { rows_per_s: 1 }, { rows_per_s: 2 })).toEqual({
      outcome: 'identical',
      files: [],
      figures: [],
    });
  });

  test('without a declaration one byte differs, and figures are told but not judged', () => {
    const files = [differing('model')];
    expect(verdict(files, { rows: 1, loss: 0.5 }, { rows: 1, loss: 0.6 })).toEqual({
      outcome: 'differs',
      files,
      figures: [{ name: 'loss', before: 0.5, after: 0.6, tolerance: null, within: false }],
    });
  });

  test.each([
    ['equal where nothing is allowed', { accuracy: 0.7, latency_ms: 10 }, 'within-tolerance'],
    ['within the larger limit', { accuracy: 0.7, latency_ms: 11 }, 'within-tolerance'],
    ['beyond both limits', { accuracy: 0.7, latency_ms: 11.1 }, 'differs'],
    ['not equal where nothing is allowed', { accuracy: 0.7001, latency_ms: 10 }, 'differs'],
    ['not given', { latency_ms: 10 }, 'differs'],
  ] as const)('declared figures %s', (_, after, outcome) => {
    const before = { accuracy: 0.7, latency_ms: 10 };
    expect(verdict([differing('evaluation')], before, after, DECLARED).outcome).toBe(outcome);
  });

  test('close figures do not excuse other bytes in what holds no measurements, which is named first', () => {
    const figures = { accuracy: 0.7, latency_ms: 10 };
    const files = [differing('evaluation'), differing('model')];
    const found = verdict(files, figures, figures, DECLARED);
    expect(found.outcome).toBe('differs');
    expect(found.files[0]?.output).toBe('model');
  });
});
