import { expect, it } from 'vitest';
import { graphemesOf } from '../../../pipeline/base/graphemes.js';

const segments = (text: string) => [...graphemesOf(text)].map(({ segment }) => segment);

it('has the graphemes of a long text, those at the seams of its parts too', () => {
  const family = '👩‍👩‍👧';
  for (const lead of [0, 500, 505, 509, 511]) {
    const text = `${'x'.repeat(lead)}${family}e\u0301${'y'.repeat(600)}`;
    const found = segments(text);
    expect(found).toEqual([...'x'.repeat(lead), family, 'e\u0301', ...'y'.repeat(600)]);
    let at = 0;
    for (const { segment, index } of graphemesOf(text)) {
      expect(index).toBe(at);
      at += segment.length;
    }
  }
});

it('goes through a long line, which would take the memory of the machine in one piece', () => {
  expect(segments('é'.repeat(200_000))).toHaveLength(200_000);
  expect(segments(`e${'\u0301'.repeat(5000)}`).join('')).toHaveLength(5001);
});

it('finds none in nothing', () => {
  expect(segments('')).toEqual([]);
});
