import { describe, expect, it } from 'vitest';
import { directions, evaluate, parseFormula } from '../../../../../stages/report/audit/formula.js';

const VALUES: Readonly<Record<string, number>> = { a: 2, b: 3, 'CPU%': 50, V_h: 4 };

describe('a formula as printed', () => {
  it.each([
    ['a + b * 2', 8],
    ['(a + b) * 2', 10],
    ['a / b / 2', 1 / 3],
    ['b - a - 1', 0],
    ['a / (b * CPU%)', 2 / 150],
    ['I = V_h * 5 / 1024 (as printed; this is a voltage)', 20 / 1024],
    ['(a + b) / b[kW]', 5 / 3],
    ['1e3 * a', 2000],
  ])('%s', (text, expected) => {
    const formula = parseFormula(text);
    expect(formula).not.toBeNull();
    if (formula !== null) expect(evaluate(formula, (name) => VALUES[name])).toBeCloseTo(expected, 12);
  });

  it.each(['', 'a +', '(a', 'a b', 'see the text', 'a ^ 2', '* a', '()'])('"%s" is none', (text) => {
    expect(parseFormula(text)).toBeNull();
  });

  it('has no value without those of its names', () => {
    const formula = parseFormula('a / unknown');
    expect(formula && evaluate(formula, (name) => VALUES[name])).toBeUndefined();
  });

  it('rises with what is above the line and falls with what is below', () => {
    const formula = parseFormula('a / (b * (c / d)) - e');
    if (formula === null) throw new Error('not parsed');
    const ways = [...directions(formula)].map(([name, signs]) => [name, [...signs]]);
    expect(Object.fromEntries(ways)).toEqual({ a: [1], b: [-1], c: [-1], d: [1], e: [-1] });
  });
});
