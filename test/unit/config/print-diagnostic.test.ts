import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest, suggestion } from '../../../pipeline/base/suggest.js';
import { printDiagnostic } from '../../../pipeline/config/print-diagnostic.js';
import { displayWidth, visible } from '../../../pipeline/config/text-width.js';
import type { Diagnostic } from '../../../pipeline/contract/diagnostic.js';

function mistake(text: string, wrong: string): Diagnostic {
  const column = text.indexOf(wrong) + 1;
  return {
    code: 'unknown-key',
    message: `unknown key \`${wrong}\``,
    hint: 'did you mean `right`?',
    range: { file: 'pipeline.yaml', line: 12, column, length: wrong.length, text },
  };
}

/** The part of the drawn line that stands above the carets, by columns of the screen. */
function marked(printed: string): string {
  const [, line = '', carets = ''] = printed.split('\n');
  const from = carets.indexOf('^');
  let column = 0;
  let result = '';
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(line)) {
    if (column >= from && column < carets.length) result += segment;
    column += displayWidth(segment);
  }
  return result;
}

describe('printDiagnostic', () => {
  it('shows place, code, message, line, carets and hint', () => {
    expect(printDiagnostic(mistake('  wrong: 1', 'wrong'), { color: false })).toBe(
      [
        'pipeline.yaml:12:3 error[unknown-key]: unknown key `wrong`',
        '  12 |   wrong: 1',
        '     |   ^^^^^',
        '     = did you mean `right`?',
      ].join('\n'),
    );
  });

  it('does without a place and a hint', () => {
    expect(printDiagnostic({ code: 'x', message: 'it is bad' }, { color: false })).toBe(
      'error[x]: it is bad',
    );
  });

  it('adds colours only when asked, and then only around the same text', () => {
    const diagnostic = mistake('  wrong: 1', 'wrong');
    const plain = printDiagnostic(diagnostic, { color: false });
    const colored = printDiagnostic(diagnostic, { color: true });
    expect(plain).not.toContain('\u001B');
    expect(colored).toContain('\u001B[31m^^^^^\u001B[0m');
    expect(stripVTControlCharacters(colored)).toBe(plain);
  });

  it.each([
    ['tabs', '\ta:\twrong'],
    ['wide characters', '日本語: "全角" # wrong'],
    ['emoji', 'a: "👩‍👩‍👧 🇫🇷 1️⃣ 👍🏽" wrong'],
    ['combining marks', 'e\u0301e\u0301: wrong'],
    ['zero width', 'a\u200Bb: wrong'],
    ['halfwidth kana', 'ｱｲｳ: wrong'],
  ])('draws carets under the mistake after %s', (_, text) => {
    expect(marked(printDiagnostic(mistake(text, 'wrong'), { color: false }))).toBe('wrong');
  });

  it('makes visible what could steer the terminal', () => {
    const printed = printDiagnostic(mistake('a: \u001B[2J\u202Ewrong', 'wrong'), { color: false });
    expect(printed).not.toContain('\u001B');
    expect(printed).not.toContain('\u202E');
    expect(printed).toContain('␛[2J\uFFFDwrong');
    expect(marked(printed)).toBe('wrong');
    expect(visible('a\u0000\u007F\uD800')).toBe('a␀\uFFFD\uFFFD');
  });

  it.each([20, 40, 80, 110])('fits a line into %d columns around the mistake', (width) => {
    for (const before of [0, 10, 50, 300]) {
      const text = `${'日a'.repeat(before)} wrong ${'bc'.repeat(200)}`;
      const printed = printDiagnostic(mistake(text, 'wrong'), { color: false, width });
      const [, line = ''] = printed.split('\n');
      expect(displayWidth(line)).toBeLessThanOrEqual(Math.max(width, 27));
      expect(marked(printed)).toBe('wrong');
    }
  });

  it('cuts carets where the line is cut', () => {
    const printed = printDiagnostic(mistake('x'.repeat(500), 'x'.repeat(500)), { color: false, width: 60 });
    expect(printed.split('\n')[2]?.length).toBeLessThanOrEqual(60);
  });
});

describe('suggestions', () => {
  it.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', 'acb', 1],
    ['abc', 'ab', 1],
    ['abc', 'abcd', 1],
    ['abc', 'xbc', 1],
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
  ])('the distance of %j and %j is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });

  it('suggests what is near and nothing else', () => {
    expect(nearest('learnig_rate', ['batch_size', 'learning_rate'])).toBe('learning_rate');
    expect(nearest('finetune', ['fine-tune'])).toBe('fine-tune');
    expect(nearest('Fine_Tune', ['fine-tune'])).toBe('fine-tune');
    expect(nearest('momentum', ['batch_size', 'learning_rate'])).toBeUndefined();
    expect(nearest('ab', ['xy'])).toBeUndefined();
    expect(nearest('3', ['4'])).toBeUndefined();
  });

  it('lists what there is when nothing is near', () => {
    expect(suggestion('momentum', ['a', 'b'], 'options')).toBe('options: a, b');
    expect(suggestion('x', [], 'options')).toBe('there are no options');
    const many = Array.from({ length: 15 }, (_, index) => `option-${index}`);
    expect(suggestion('zzz', many, 'options')).toMatch(/option-11, and 3 more$/);
  });
});
