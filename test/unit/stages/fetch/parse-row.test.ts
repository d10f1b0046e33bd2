import { describe, expect, it } from 'vitest';
import { parseRow } from '../../../../stages/fetch/parse-row.js';

describe('parseRow', () => {
  it.each([
    ['"a"\t"b"', ['a', 'b']],
    ['"say ""hi"""\t"b"', ['say "hi"', 'b']],
    ['""""\t""', ['"', '']],
    ['"a\tb"\t"c"', ['a\tb', 'c']],
    ['"a"\tNA\t"-1"', ['a', 'NA', '-1']],
    ['"a"\t', ['a', '']],
    ['', ['']],
  ])('splits %j', (line, fields) => {
    expect(parseRow(line)).toEqual(fields);
  });

  it.each([
    ['"a"\t"b', 'unterminated-quote'],
    ['"a"\t"b""', 'unterminated-quote'],
    ['"a"b\t"c"', 'text-after-quote'],
  ])('says what is wrong with %j', (line, problem) => {
    expect(parseRow(line)).toBe(problem);
  });
});
