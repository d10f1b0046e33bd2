import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../pipeline/base/canonical.js';

describe('canonicalJson', () => {
  test('orders keys by code unit at every depth and leaves out what is undefined', () => {
    const value = { b: [{ z: 1, Z: 2 }], '\u{1f600}': 3, '\uffee': 4, a: undefined, '10': 5, '9': 6 };
    expect(canonicalJson(value)).toBe('{"10":5,"9":6,"b":[{"Z":2,"z":1}],"\u{1f600}":3,"\uffee":4}');
  });

  test('writes what JSON.stringify reads back, escapes included', () => {
    const value = { text: 'a"b\\c\n\u0000\ud800', numbers: [0, -0, 1e21, 0.1], nothing: null };
    expect(JSON.parse(canonicalJson(value))).toEqual({ ...value, numbers: [0, 0, 1e21, 0.1] });
  });

  test('refuses what JSON cannot say', () => {
    expect(() => canonicalJson([Number.NaN])).toThrow(RangeError);
    expect(() => canonicalJson(Number.POSITIVE_INFINITY)).toThrow(RangeError);
  });

  test('known texts change nothing but the work', () => {
    const code = { 'b.ts': '2', 'a.ts': '1' };
    const known = new WeakMap<object, string>([[code, canonicalJson(code)]]);
    const document = { version: 1, code, options: { code } };
    expect(canonicalJson(document, known)).toBe(canonicalJson(structuredClone(document)));
  });
});
