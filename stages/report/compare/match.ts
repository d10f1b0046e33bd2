import { canonicalJson } from '../../../pipeline/base/canonical.js';
import type { Difference } from '../../../pipeline/contract/comparison.js';
import { groupBy } from '../order.js';
import type { ExcerptRow } from './schema.js';

export interface Pair {
  readonly before: ExcerptRow;
  readonly after: ExcerptRow;
}

export interface Matched {
  readonly pairs: readonly Pair[];
  readonly onlyBefore: readonly ExcerptRow[];
  readonly onlyAfter: readonly ExcerptRow[];
}

const identityOf = ({ stage, model, precision, device, variant }: ExcerptRow): string =>
  canonicalJson({ stage, model, precision, device, variant });

const conditionsOf = ({ conditions, labels }: ExcerptRow): string => canonicalJson({ ...conditions, labels });

/** Rows of one stage, model, precision, device and variant. Where there are several, those under the same conditions first. */
export function matchRows(before: readonly ExcerptRow[], after: readonly ExcerptRow[]): Matched {
  const others = groupBy(after, identityOf);
  const partners = new Map<ExcerptRow, ExcerptRow>();
  const take = (own: ExcerptRow, isSame: (other: ExcerptRow) => boolean): void => {
    const free = others.get(identityOf(own)) ?? [];
    const at = free.findIndex(isSame);
    const [other] = at === -1 ? [] : free.splice(at, 1);
    if (other !== undefined) partners.set(own, other);
  };
  for (const row of before) take(row, (other) => conditionsOf(other) === conditionsOf(row));
  for (const row of before) if (!partners.has(row)) take(row, () => true);
  return {
    pairs: before.flatMap((row) => {
      const other = partners.get(row);
      return other === undefined ? [] : [{ before: row, after: other }];
    }),
    onlyBefore: before.filter((row) => !partners.has(row)),
    onlyAfter: [...others.values()].flat(),
  };
}

const CONDITIONS: readonly (readonly [what: string, pick: (row: ExcerptRow) => string])[] = [
  ['runtime', ({ conditions }) => conditions.runtime],
  ['protocol', ({ conditions }) => conditions.protocol],
  ['transport', ({ conditions }) => conditions.transport],
  ['test set', ({ conditions }) => conditions.test_set],
  ['tweets', ({ n_tweets }) => String(n_tweets)],
  ['labels', ({ labels }) => labels.join(', ')],
];

const OF_TIMING = new Set(['runtime', 'protocol', 'transport']);

export interface DifferingConditions {
  readonly all: readonly Difference[];
  /** Why neither time nor energy nor memory can be compared; null where they can. */
  readonly timing: string | null;
  /** Why scores cannot be compared; null where they can. */
  readonly scores: string | null;
}

/** What differs between the conditions of two rows, and what is not comparable because of it. */
export function differingConditions({ before, after }: Pair): DifferingConditions {
  const all = CONDITIONS.flatMap(([what, pick]) => {
    const [old, now] = [pick(before), pick(after)];
    return old === now ? [] : [{ what, before: old, after: now }];
  });
  const reason = (isOfTiming: boolean): string | null => {
    const names = all.filter(({ what }) => OF_TIMING.has(what) === isOfTiming).map(({ what }) => what);
    return names.length === 0 ? null : `another ${names.join(', another ')}`;
  };
  const emulated = before.conditions.emulated || after.conditions.emulated;
  return { all, timing: emulated ? 'the device is emulated' : reason(true), scores: reason(false) };
}
