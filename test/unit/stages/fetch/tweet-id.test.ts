import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdCheck, isRoundedId } from '../../../../stages/fetch/tweet-id.js';
import { manyTweets } from './package-folder.js';

function findingOf(ids: readonly string[]) {
  const check = new IdCheck();
  for (const id of ids) check.add(id);
  return check.finding();
}

const ids = manyTweets(40).map(({ id }) => id);

describe('ids that were taken for numbers', () => {
  it.each(['2.16287E+17', '2,16287E+17', '2.16287162696605696e+17', '216287162696605696.0'])(
    '%s is one',
    (id) => {
      expect(isRoundedId(id)).toBe(true);
    },
  );

  it('are found by the zeros that a double or a spreadsheet leaves', () => {
    expect(findingOf(ids)).toBeNull();
    expect(findingOf(ids.map((id) => String(Number(id))))).toEqual({
      rounded: 40,
      of: 40,
      example: '187281022927384580',
    });
    expect(findingOf(ids.map((id) => `${id.slice(0, 15)}000`))).toMatchObject({ rounded: 40 });
    expect(findingOf(ids.map((id) => Number(id).toExponential(5)))).toMatchObject({ rounded: 40 });
    expect(findingOf(ids.slice(0, 9).map((id) => `${id.slice(0, 15)}000`))).toBeNull();
    expect(findingOf(['10', '20', '30', '40', '50', '60', '70', '80', '90', '100'])).toBeNull();
  });

  it('are found in any forty of the time of RepLab, and none where all digits are there', () => {
    const id = fc.bigInt({ min: 150n * 10n ** 15n, max: 300n * 10n ** 15n });
    const some = fc.uniqueArray(id, { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(some, (list) => {
        expect(findingOf(list.map((value) => String(Number(value))))).toMatchObject({ of: 40 });
        // Digits that are not zero at the end of a third are enough to be believed.
        const whole = list.map(
          (value, index) => `${value - (value % 10n) + (index % 3 === 0 ? 7n : value % 10n)}`,
        );
        expect(findingOf(whole)).toBeNull();
      }),
    );
  });
});
