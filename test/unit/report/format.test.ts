import { describe, expect, it } from 'vitest';
import {
  counted,
  formatBytes,
  formatMegabytes,
  formatNumber,
  formatPercent,
  formatSeconds,
  formatShort,
  formatSigned,
  listed,
} from '../../../pipeline/report/format.js';

describe('numbers as text', () => {
  it.each([
    [formatNumber(1234567.891, 2), '1,234,567.89'],
    [formatNumber(-0.0004, 3), '0.000'],
    [formatNumber(-0.0016, 3), '−0.002'],
    [formatNumber(Number.NaN, 3), 'not a number'],
    [formatNumber(Number.POSITIVE_INFINITY), '∞'],
    [formatShort(0.41234), '0.412'],
    [formatShort(41.234), '41.2'],
    [formatShort(4123.4), '4,123'],
    [formatShort(0.0000021), '2.1e-6'],
    [formatShort(0), '0'],
    [formatSigned(0.0121, 3), '+0.012'],
    [formatSigned(-0.0121, 3), '−0.012'],
    [formatSigned(0.00001, 3), '0.000'],
    [formatSigned(Number.NaN, 3), 'not a number'],
    [formatMegabytes(25_900_000), '25.9'],
    [formatMegabytes(1_300_400_000), '1,300'],
    [formatBytes(999), '999 B'],
    [formatBytes(98_000_000), '98.0 MB'],
    [formatBytes(4_012_834_816), '4.0 GB'],
    [formatPercent(0.98765), '98.8 %'],
    [formatSeconds(12.34), '12.3 s'],
    [formatSeconds(151), '2 min 31 s'],
    [formatSeconds(64719), '17 h 58 min'],
    [counted(1, 'seed'), '1 seed'],
    [counted(2000, 'entity', 'entities'), '2,000 entities'],
    [listed([]), ''],
    [listed(['a', 'b', 'c']), 'a, b and c'],
  ])('%s', (actual, expected) => {
    expect(actual).toBe(expected);
  });

  it('rounds the seconds before it splits minutes off', () => {
    expect(formatSeconds(119.7)).toBe('2 min 0 s');
  });
});
