import fc from 'fast-check';
import { expect, it } from 'vitest';
import { common, Fingerprints, fingerprint } from '../../../../stages/clean/fingerprints.js';

it('is a set of texts, also when it grows', () => {
  const texts = Array.from({ length: 20_000 }, (_, index) => `text ${index % 15_000}`);
  const fingerprints = new Fingerprints();
  const isNew = texts.map((text) => fingerprints.add(text));
  expect(isNew.filter(Boolean)).toHaveLength(15_000);
  expect(isNew.lastIndexOf(true)).toBe(14_999);
  expect(fingerprints.size).toBe(15_000);
});

it('counts what two of them share, as sets of the texts would', () => {
  const texts = fc.array(fc.string({ maxLength: 2 }), { maxLength: 40 });
  fc.assert(
    fc.property(texts, texts, (some, others) => {
      const [a, b] = [new Fingerprints(), new Fingerprints()];
      for (const text of some) a.add(text);
      for (const text of others) b.add(text);
      expect(common(a, b)).toBe([...new Set(some)].filter((text) => others.includes(text)).length);
    }),
    { seed: 1, numRuns: 500 },
  );
});

it('has 53 bits that do not depend on the machine', () => {
  expect([fingerprint(''), fingerprint('a'), fingerprint('\u{1F600}')]).toMatchInlineSnapshot(`
    [
      3338908027751811,
      7929297801672961,
      4725715722941614,
    ]
  `);
});
