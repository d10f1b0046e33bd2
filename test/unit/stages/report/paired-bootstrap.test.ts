import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../../pipeline/base/random.js';
import { confusionOf, scoresOf } from '../../../../stages/report/statistics/descriptive.js';
import { type AnswerPair, pairedIntervals } from '../../../../stages/report/statistics/paired-bootstrap.js';

const CLASSES = 3;
/** Of 3 x 3 counts: what a reference answers to a tweet of a class. */
const SKILL = 0.7;

/** Two files that answer the same tweets: the second one loses a share of what the first has right. */
function answersOf(tweets: number, seeds: number, lost: number, seed: number) {
  const random = randomFrom(seed);
  const other = (label: number): number => (label + 1 + Math.floor(random() * 2)) % CLASSES;
  const truths = Uint8Array.from({ length: tweets }, () => Math.floor(random() * CLASSES));
  const isHard = Array.from(truths, () => random() > SKILL);
  const pairs = Array.from({ length: seeds }, (): AnswerPair => {
    const reference = truths.map((label, tweet) => (isHard[tweet] === true ? other(label) : label));
    return {
      reference,
      predicted: reference.map((answer, tweet) =>
        isHard[tweet] !== true && random() < lost ? other(answer) : answer,
      ),
    };
  });
  return { truths, pairs };
}

/** This row minus the reference, mean over seeds. */
function differenceOf({ truths, pairs }: ReturnType<typeof answersOf>) {
  const scores = (side: keyof AnswerPair) =>
    pairs.map((pair) => scoresOf(confusionOf(truths, pair[side], CLASSES)));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    accuracy:
      mean(scores('predicted').map(({ accuracy }) => accuracy)) -
      mean(scores('reference').map(({ accuracy }) => accuracy)),
    macro_f1:
      mean(scores('predicted').map(({ macroF1 }) => macroF1)) -
      mean(scores('reference').map(({ macroF1 }) => macroF1)),
  };
}

describe('the paired intervals of a difference', () => {
  it('hold the truth about as often as they say', () => {
    let held = 0;
    for (let seed = 0; seed < 25; seed += 1) {
      const { truths, pairs } = answersOf(1500, 1, 0.05, seed);
      const interval = pairedIntervals(truths, pairs, CLASSES, `${seed}`)?.accuracy ?? [1, 1];
      if (interval[0] <= -SKILL * 0.05 && -SKILL * 0.05 <= interval[1]) held += 1;
    }
    expect(held).toBeGreaterThanOrEqual(21);
  });

  it('lie around the difference of both scores, and are as wide as the normal approximation of paired shares', () => {
    const answers = answersOf(4000, 1, 0.04, 3);
    const { accuracy, macro_f1 } = differenceOf(answers);
    const intervals = pairedIntervals(answers.truths, answers.pairs, CLASSES, 'a');
    const [low, high] = intervals?.accuracy ?? [0, 0];
    expect(low).toBeLessThan(accuracy);
    expect(high).toBeGreaterThan(accuracy);
    // Every changed answer is a lost one: the variance of their share (Agresti 2013, section 11.1.1).
    const half = 1.96 * Math.sqrt((-accuracy * (1 + accuracy)) / 4000);
    expect((high - low) / (2 * half)).toBeCloseTo(1, 1);
    expect(intervals?.macro_f1[0]).toBeLessThan(macro_f1);
    expect(intervals?.macro_f1[1]).toBeGreaterThan(macro_f1);
  });

  it('are much narrower than those of two files that have nothing to do with each other', () => {
    const { truths, pairs } = answersOf(2000, 1, 0.01, 5);
    const [low, high] = pairedIntervals(truths, pairs, CLASSES, 'a')?.accuracy ?? [0, 1];
    expect(high - low).toBeLessThan(2 * 1.96 * Math.sqrt((2 * SKILL * (1 - SKILL)) / 2000) * 0.4);
  });

  it('do not narrow with seeds that answer alike', () => {
    const { truths, pairs } = answersOf(1000, 1, 0.05, 7);
    const one = pairedIntervals(truths, pairs, CLASSES, 'a');
    const five = pairedIntervals(
      truths,
      Array.from({ length: 5 }, () => pairs[0] ?? pairs).flat(),
      CLASSES,
      'a',
    );
    expect(five?.accuracy[0]).toBeCloseTo(one?.accuracy[0] ?? 1, 12);
    expect(five?.macro_f1[1]).toBeCloseTo(one?.macro_f1[1] ?? 1, 12);
  });

  it('are none where no answer changed, and of no tweet', () => {
    const { truths, pairs } = answersOf(100, 2, 0, 1);
    expect(pairedIntervals(truths, pairs, CLASSES, 'a')).toBeNull();
    expect(pairedIntervals(new Uint8Array(), [], CLASSES, 'a')).toBeNull();
  });

  it('are the same each time, and others with another seed', () => {
    const { truths, pairs } = answersOf(300, 2, 0.1, 1);
    const of = (seed: string) => pairedIntervals(truths, pairs, CLASSES, seed);
    expect(of('a')).toEqual(of('a'));
    expect(of('a')).not.toEqual(of('b'));
  });
});
