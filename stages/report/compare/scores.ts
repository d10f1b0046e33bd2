import { spreadOf } from '../statistics/descriptive.js';
import { deviationOf, macroF1Variance, wilsonInterval } from '../statistics/intervals.js';
import { type Draft, missingNumber, notComparable, testedDifference, type Values } from './figure.js';
import type { Pair } from './match.js';
import { ASSUMED_SCORE_SCATTER, pooledScatter, scatterOfPairs, testOf } from './noise.js';
import type { ExcerptRow, ReportExcerpt } from './schema.js';

export type Score = 'accuracy' | 'macro_f1';

/** Variance of the score of one seed, as much as its answers vary by themselves. */
function answerVariance(row: ExcerptRow, score: Score): number {
  if (score === 'macro_f1') return macroF1Variance(row.confusion) * row.n_seeds;
  return deviationOf(wilsonInterval(row.accuracy.mean, row.n_tweets)) ** 2;
}

/** Of each seed that both have the difference of its scores; without any in common, the one difference of the means. */
function differencesOf({ before, after }: Pair, score: Score): number[] {
  const shared = after.seeds.flatMap((one) => {
    const old = before.seeds.find(({ seed }) => seed === one.seed);
    return old === undefined ? [] : [one[score] - old[score]];
  });
  return shared.length === 0 ? [after[score].mean - before[score].mean] : shared;
}

/** Standard deviation of a score between the seeds of a row, over all rows of both reports. */
export function scoreScatter(reports: readonly ReportExcerpt[], score: Score): number {
  const rows = reports.flatMap(({ results }) => results);
  return pooledScatter(
    rows.map(({ seeds }) => seeds.map((seed) => seed[score])),
    ASSUMED_SCORE_SCATTER,
  );
}

/**
 * Both sides scored the same tweets, which are taken as given: what is asked is whether other seeds would show the change too.
 *
 * @param scatter standard deviation between trainings, where the row's own seeds do not tell it; 0 for the same weights on both sides
 */
export function compareScore(pair: Pair, score: Score, scatter: number, whyNot: string | null): Draft {
  const { before, after } = pair;
  const values: Values = { name: score, before: before[score].mean, after: after[score].mean };
  if (whyNot !== null) return notComparable(values, whyNot);
  const missing = missingNumber(values);
  if (missing !== null) return missing;
  const differences = differencesOf(pair, score);
  const { mean, n } = spreadOf(differences);
  const tested = testOf({
    difference: mean,
    own: scatterOfPairs(differences, 1 / after.n_tweets),
    systematic: 0,
    sampling: (answerVariance(before, score) + answerVariance(after, score)) / n,
    assumed: (2 * scatter ** 2) / n,
  });
  const seeds = `${n} ${n === 1 ? 'seed' : 'seeds'}`;
  const trained =
    scatter === 0
      ? 'the same weights on both sides'
      : `between trainings a scatter of ${scatter.toFixed(3)} or more`;
  const how =
    tested.by === 'own'
      ? `paired t test over ${seeds}`
      : `normal test over ${seeds} of ${after.n_tweets} tweets, ${trained}`;
  return testedDifference(values, mean, tested, how);
}
