import { expect, it } from 'vitest';
import { compare } from '../../../../stages/evaluate/parity.js';

const answers = (count: number, shift = 0, wrong: readonly number[] = []) =>
  Array.from({ length: count }, (_, index) => ({
    id: `tweet-${index}`,
    predicted: wrong.includes(index) ? 0 : 2,
    logits: [0.1, 0.2 + (index === 7 ? shift : 0), 0.9],
  }));

it("passes within the precision's limits and says how far apart they are", () => {
  expect(compare('rpi3b', 'fp32', answers(256), answers(256, 5e-5))).toMatchObject({
    ok: true,
    value: { texts: 256, argmax_agreement: 1, limit: 1e-4 },
  });
  expect(compare('rpi3b', 'int8', answers(256), answers(256, 0.05, [3]))).toMatchObject({
    ok: true,
    value: { argmax_agreement: 255 / 256, limit: null },
  });
});

it.each([
  [
    'fp32',
    2e-4,
    [],
    /0 of 256 tweets get another class.*up to 0\.000200 \(at most 0\.0001 is allowed\), most for the tweet tweet-7/,
  ],
  ['fp16', 0.01, [], /at most 0\.001 is allowed/],
  ['int8', 0, [1, 2], /2 of 256 tweets get another class/],
  ['fp32', Number.NaN, [], /up to NaN/],
])('refuses %s with %d and other classes for %j', (precision, shift, wrong, words) => {
  const result = compare('rpi3b', precision, answers(256), answers(256, shift, wrong));
  expect(result).toMatchObject({ ok: false, error: { code: 'parity' } });
  expect(result.ok ? '' : result.error.message).toMatch(words);
});

it('refuses answers that are missing or belong to other tweets', () => {
  for (const there of [answers(255), answers(256).reverse()])
    expect(compare('rpi3b', 'fp32', answers(256), there)).toMatchObject({
      ok: false,
      error: { code: 'parity' },
    });
});
