import { compareCodePoints } from '../../pipeline/base/canonical.js';
import type { Scalar } from '../../pipeline/contract/config.js';

export { groupBy } from '../../pipeline/base/group-by.js';

/** Names with numbers in them in the order that people expect: `l3`, `l6`, `l12`. Never depends on the locale. */
export function compareNaturally(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const [x = '', y = ''] = [left[index], right[index]];
    const areNumbers = /^\d/.test(x) && /^\d/.test(y);
    const order = areNumbers ? Number(x) - Number(y) : compareCodePoints(x, y);
    if (order !== 0) return order;
  }
  return left.length - right.length || compareCodePoints(a, b);
}

/** Numbers by value before everything else. */
export function compareScalars(a: Scalar | null, b: Scalar | null): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return compareNaturally(String(a ?? ''), String(b ?? ''));
}

/** Tries each comparison until one decides. */
export function byAll<T>(...comparisons: readonly ((a: T, b: T) => number)[]): (a: T, b: T) => number {
  return (a, b) => {
    for (const compare of comparisons) {
      const order = compare(a, b);
      if (order !== 0) return order;
    }
    return 0;
  };
}

/** One list after the other, copied as a whole: `flat` looks at each of millions of numbers. */
export const joinedLists = (lists: readonly (readonly number[])[]): number[] => {
  const none: number[] = [];
  return none.concat(...lists);
};
