import type { Interval } from '../model/scores.js';
import { spreadOf } from '../statistics/descriptive.js';
import { studentP, studentQuantile } from './student.js';

/** From so many values on each side their own scatter is looked at; below, one is assumed. */
const ENOUGH_VALUES = 3;

/** Standard deviation of a score between trainings that differ in their seed alone, unless the reports show a larger one. */
export const ASSUMED_SCORE_SCATTER = 0.02;

/** Relative standard deviation of latency, memory and energy between sessions on one board, unless the reports show a larger one. */
export const ASSUMED_SESSION_SCATTER = 0.05;

export const LEVEL = 0.05;

/** How uncertain a mean is, or a difference of means. */
export interface Scatter {
  readonly variance: number;
  /** Degrees of freedom. */
  readonly freedom: number;
}

/** A difference of means with what is known of how it would come out again. Everything on one scale on which differences add up. */
export interface Evidence {
  readonly difference: number;
  /** Estimated from the values themselves; null where they are too few. */
  readonly own: Scatter | null;
  /** Variance that more values do not lower: what the meters may be off. */
  readonly systematic: number;
  /** Variance that each side knows of itself: of its answers, of its windows. */
  readonly sampling: number;
  /** Variance from seed to seed or session to session that is taken for granted. */
  readonly assumed: number;
}

export interface Tested {
  readonly p: number;
  readonly interval: Interval;
  /** Which scatter decided. */
  readonly by: 'own' | 'assumed';
  /** Too few values for a scatter of their own, and what was sampled does not explain the difference: only the assumed one may. */
  readonly isUnexplained: boolean;
}

/**
 * Two-sided test of no difference with its 95 % interval. A t test with the values' own scatter finds changes that all seeds
 * agree on; of three values it is blind to much, so that beside it stands a normal test whose scatter is never taken below what
 * is assumed. The less likely of both counts, twice (Bonferroni).
 */
export function testOf({ difference, own, systematic, sampling, assumed }: Evidence): Tested {
  const least = Math.max(own?.variance ?? 0, sampling + assumed);
  const gross = testWith(difference, least + systematic, Infinity);
  const isUnexplained =
    own === null && sampling > 0 && testWith(difference, sampling + systematic, Infinity).p < LEVEL;
  if (own === null) return { ...gross, by: 'assumed', isUnexplained };
  const fine = testWith(difference, own.variance + systematic, own.freedom);
  const [smaller, by] = fine.p <= gross.p ? ([fine, 'own'] as const) : ([gross, 'assumed'] as const);
  return { ...smaller, p: Math.min(1, 2 * smaller.p), by, isUnexplained };
}

function testWith(difference: number, variance: number, freedom: number) {
  const error = Math.sqrt(variance);
  const half = error * studentQuantile(LEVEL, freedom);
  return {
    p: difference === 0 ? 1 : studentP(difference / error, freedom),
    interval: [difference - half, difference + half] as const,
  };
}

/**
 * Of the mean of paired differences; null for too few.
 *
 * @param least what one value can be told to at best: three differences that agree by chance are not exact
 */
export function scatterOfPairs(differences: readonly number[], least: number): Scatter | null {
  const { sd, n } = spreadOf(differences);
  if (n < ENOUGH_VALUES || sd === null) return null;
  return { variance: Math.max(sd, least) ** 2 / n, freedom: n - 1 };
}

/** Of the difference of two means whose values are no pairs (Welch 1947); null for too few on a side. */
export function scatterOfGroups(before: readonly number[], after: readonly number[]): Scatter | null {
  const sides = [spreadOf(before), spreadOf(after)].map(({ sd, n }) => ({ part: (sd ?? 0) ** 2 / n, n }));
  if (sides.some(({ n }) => n < ENOUGH_VALUES)) return null;
  const variance = sides.reduce((sum, { part }) => sum + part, 0);
  if (variance === 0) return { variance, freedom: Infinity };
  return {
    variance,
    freedom: variance ** 2 / sides.reduce((sum, { part, n }) => sum + part ** 2 / (n - 1), 0),
  };
}

/** Standard deviation within groups, over all that have two values or more; at least `assumed`. */
export function pooledScatter(groups: readonly (readonly number[])[], assumed: number): number {
  const variances = groups.flatMap((values) => {
    const { sd } = spreadOf(values.filter(Number.isFinite));
    return sd === null ? [] : [sd ** 2];
  });
  return Math.max(assumed, Math.sqrt(spreadOf(variances).mean) || 0);
}
