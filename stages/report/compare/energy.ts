import { whyNotComparable } from '../../../pipeline/report/comparable.js';
import { spreadOf } from '../statistics/descriptive.js';
import { compareSessions } from './costs.js';
import { type Draft, missingNumber, notComparable, type Values } from './figure.js';
import type { Pair } from './match.js';
import type { ExcerptEnergy, ExcerptRow, ReportExcerpt } from './schema.js';

interface RowEnergy {
  /** Joules, mean over the seeds that count, with its expanded uncertainty (k = 2). */
  readonly value: number;
  readonly u_k2: number;
  readonly joules: readonly number[];
  readonly one: ExcerptEnergy;
}

/** Gross joules of an inference. Both meters' uncertainties count in full, though some of it they may have in common. */
export function compareEnergy(
  { before, after }: Pair,
  reports: { readonly before: ReportExcerpt; readonly after: ReportExcerpt },
  scatter: number,
  whyNot: string | null,
): Draft | null {
  const old = energyOf(before, reports.before);
  const now = energyOf(after, reports.after);
  if (old === null || now === null) return null;
  const values: Values = {
    name: 'energy',
    before: old.value,
    after: now.value,
    u_k2: [old.u_k2, now.u_k2],
  };
  const why = whyNot ?? whyNotComparable(old.one, now.one);
  if (why !== null) return notComparable(values, why);
  const systematic = [old, now].reduce((sum, { value, u_k2 }) => sum + (u_k2 / (2 * value)) ** 2, 0);
  return (
    missingNumber(values) ??
    compareSessions(values, { before: old.joules, after: now.joules, scatter, systematic })
  );
}

/** Joules of each seed whose energy counts. */
export function validJoules(row: ExcerptRow, report: ReportExcerpt): readonly number[] {
  const own = energyOf(row, report);
  return own === null || own.one.emulated || own.one.invalid.length > 0 ? [] : own.joules;
}

function energyOf({ id }: ExcerptRow, { energy }: ReportExcerpt): RowEnergy | null {
  const own = energy
    .flatMap(({ results }) => results)
    .flatMap((one) =>
      one.row === id && one.gross_j_per_inference !== null ? [{ one, ...one.gross_j_per_inference }] : [],
    );
  const valid = own.filter(({ one }) => one.invalid.length === 0);
  const counted = valid.length > 0 ? valid : own;
  const [first] = counted;
  if (first === undefined) return null;
  const joules = counted.map(({ value }) => value);
  return {
    value: spreadOf(joules).mean,
    // One meter is off in the same way each time, so that a mean is no surer than its members.
    u_k2: spreadOf(counted.map(({ u_k2 }) => u_k2)).mean,
    joules,
    one: first.one,
  };
}
