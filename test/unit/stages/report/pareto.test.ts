import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dominates, frontOf } from '../../../../stages/report/statistics/pareto.js';

/** Few distinct values, so that ties happen. */
const choices = fc.array(
  fc.record({ quality: fc.integer({ min: 0, max: 6 }), cost: fc.integer({ min: 0, max: 6 }) }),
  { maxLength: 20 },
);

it('no member of the front is dominated, and a member dominates every other choice', () => {
  fc.assert(
    fc.property(choices, (all) => {
      const front = frontOf(all);
      expect(front.size).toBe(all.length);
      for (const [one, by] of front) {
        if (by === null) expect(all.some((other) => dominates(other, one))).toBe(false);
        else {
          expect(front.get(by)).toBeNull();
          expect(dominates(by, one)).toBe(true);
        }
      }
    }),
  );
});

it('has at least one member, and does not depend on the order', () => {
  fc.assert(
    fc.property(choices, (all) => {
      const members = (list: typeof all) =>
        [...frontOf(list)]
          .filter(([, by]) => by === null)
          .map(([{ quality, cost }]) => `${quality} ${cost}`)
          .sort();
      expect(members([...all].reverse())).toEqual(members(all));
      expect(members(all).length > 0).toBe(all.length > 0);
    }),
  );
});

it('names of several the member of the best quality', () => {
  const [cheap, good, worse] = [
    { quality: 0.6, cost: 1 },
    { quality: 0.7, cost: 2 },
    { quality: 0.5, cost: 3 },
  ] as const;
  expect(frontOf([cheap, good, worse]).get(worse)).toBe(good);
  expect(frontOf([cheap, { ...cheap }]).size).toBe(2);
});
