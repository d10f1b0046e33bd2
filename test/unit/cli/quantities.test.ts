import { expect, test } from 'vitest';
import { parseAge, parseSize } from '../../../pipeline/cli/quantities.js';

test.each([
  ['30d', 30 * 86_400_000],
  ['12h', 43_200_000],
  ['1.5w', 907_200_000],
  ['0d', 0],
  [' 90 m ', 5_400_000],
  ['30', null],
  ['d', null],
  ['-1d', null],
  ['30 days', null],
  ['', null],
])('an age of %j', (text, milliseconds) => expect(parseAge(text)).toBe(milliseconds));

test.each([
  ['20GB', 20e9],
  ['1.5 GiB', 1_610_612_736],
  ['500mb', 5e8],
  ['0B', 0],
  ['20', null],
  ['20G', null],
  ['GB', null],
  ['1e3GB', null],
])('a size of %j', (text, bytes) => expect(parseSize(text)).toBe(bytes));
