import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { countFeatures, inverseDocumentFrequencies, tfIdf } from '../../../../stages/baseline/features.js';
import { tokenizerOf } from '../../../../stages/baseline/tokens.js';

const english = tokenizerOf({ language: 'en', stop_words: 'keep' });

interface Oracle {
  addDocument(tokens: readonly string[]): void;
  idf(term: string): number;
  tfidf(term: string, document: number): number;
}
const TfIdf = createRequire(import.meta.url)('natural/lib/natural/tfidf/tfidf.js') as new () => Oracle;

describe('tokens', () => {
  it('are stems and signs', () => {
    expect(english('Connected: the cars WORKED, @you #win :)')).toEqual([
      ...['connect', ':', 'the', 'car', 'work', ',', '@', 'you', '#', 'win', ':', ')'],
    ]);
  });

  it('are Spanish where that is asked, with its letters', () => {
    const spanish = tokenizerOf({ language: 'es', stop_words: 'drop' });
    const [first] = spanish('canciones');
    expect(spanish('¡la canción!')).toEqual(['¡', first, '!']);
    expect(tokenizerOf({ language: 'es', stop_words: 'keep' })('la canción')).toHaveLength(2);
    expect(english('canción')).not.toEqual(spanish('canción'));
  });

  it('are without stop words where that is asked', () => {
    expect(tokenizerOf({ language: 'en', stop_words: 'drop' })('this is the car')).toEqual(['car']);
  });
});

describe('features', () => {
  const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

  it('count every run of tokens once for each time', () => {
    const { values } = countFeatures(['a', 'b', 'a', 'b'], 2, 20);
    expect([...values].sort()).toEqual([1, 2, 2, 2]);
    expect(sum(countFeatures(['a', 'b', 'c'], 3, 20).values)).toBe(6);
    expect(countFeatures([], 2, 20).indices).toHaveLength(0);
  });

  it('tell runs apart by their order and their bounds, and stay within 2^bits', () => {
    const one = (tokens: readonly string[]) => countFeatures(tokens, 2, 20).indices[1];
    expect(one(['a', 'b'])).not.toBe(one(['b', 'a']));
    expect(countFeatures(['ab'], 1, 20).indices[0]).not.toBe(countFeatures(['a', 'b'], 2, 20).indices[1]);
    const words = Array.from({ length: 5000 }, (_, index) => `w${index}`);
    const { indices } = countFeatures(words, 1, 10);
    expect(Math.max(...indices)).toBeLessThan(1024);
    // 5,000 words over 1,024 features: all but about 1 in 130 of them are hit.
    expect(indices.length).toBeGreaterThan(1000);
  });

  it("weigh as natural's TfIdf does, then have the length 1", () => {
    const texts = ['good car', 'good good bank', 'a bank', 'music and music'].map((text) => text.split(' '));
    const oracle = new TfIdf();
    for (const tokens of texts) oracle.addDocument(tokens);
    const bits = 20;
    const counted = texts.map((tokens) => countFeatures(tokens, 1, bits));
    const frequencies = inverseDocumentFrequencies(counted, bits);
    for (const [row, tokens] of texts.entries()) {
      const { indices, values } = tfIdf(
        counted[row] ?? { indices: new Int32Array(), values: new Float64Array() },
        frequencies,
      );
      expect(sum(values.map((value) => value * value))).toBeCloseTo(1, 12);
      const words = [...new Set(tokens)];
      const expected = words.map((word) => oracle.tfidf(word, row));
      const length = Math.hypot(...expected);
      for (const [at, word] of words.entries()) {
        expect(frequencies[indices[at] ?? -1]).toBeCloseTo(oracle.idf(word), 6);
        expect(values[at]).toBeCloseTo((expected[at] ?? 0) / length, 6);
      }
    }
  });
});
