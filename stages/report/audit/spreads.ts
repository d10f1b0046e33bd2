import type { Finding } from '../../../pipeline/contract/audit.js';
import { finding, percent, show, times } from './finding.js';
import type { Cell } from './interval.js';
import { medianOf } from './interval.js';
import type { Score, ScoreRow, Study } from './study.js';

/** Spreads of the same weights in other files are alike; so many times the usual one is odd. */
const ODD = 4;

/** Means, spreads and extremes that no `n` values have together, and spreads unlike their neighbours'. */
export function spreads(study: Study): Finding[] {
  return study.scores.flatMap((row) =>
    row.scores.flatMap((score) => [
      ...outOfOrder(row, score),
      ...bounded(row, score),
      ...unlikeOthers(row, score, study.scores),
    ]),
  );
}

function outOfOrder(row: ScoreRow, { name, columns, mean, max, min }: Score): Finding[] {
  const above = max !== null && max.high < mean.low ? max : null;
  const bound = above ?? (min !== null && min.low > mean.high ? min : null);
  if (bound === null) return [];
  return [
    finding({
      rule: 'mean-outside-of-extremes',
      table: row.table,
      row: row.row,
      of: name,
      column: above === null ? columns.mean : columns.max,
      stated: [mean.value, ''],
      recomputed: [bound.value, ''],
      beyond: Math.abs(bound.value - mean.value) / mean.value,
      confidence: 'certain',
      what: `The mean ${name} ${show(mean.value)} lies beyond the ${above === null ? 'lowest' : 'highest'} value, ${show(bound.value)}.`,
      why: 'A mean lies between the lowest and the highest of its values.',
      settle: 'The values of the seeds.',
    }),
  ];
}

function bounded(row: ScoreRow, { name, columns, mean, spread, max, min }: Score): Finding[] {
  const { n } = row;
  if (n === null || n < 2 || spread === null) return [];
  const farthest = Math.max(distance(max, mean, 1), distance(min, mean, -1));
  // P. Samuelson, 1968: so far can one of n values be from their mean. With n - 1 in place of n in the deviation it could be less far.
  const allowed = Math.sqrt(n - 1) * spread.high;
  if (farthest <= allowed) return [];
  const isError = farthest <= Math.sqrt(n) * allowed;
  let enough = n;
  while (Math.sqrt(enough - 1) * spread.high < farthest && enough < 1e6) enough += 1;
  const extreme = distance(max, mean, 1) === farthest ? max : min;
  return [
    finding({
      rule: 'impossible-spread',
      table: row.table,
      row: row.row,
      of: name,
      column: columns.spread,
      stated: [spread.value, ''],
      recomputed: [farthest / Math.sqrt(n - 1), ''],
      beyond: (farthest - allowed) / spread.value,
      confidence: isError ? 'likely' : 'certain',
      what: `${n} values with mean ${show(mean.value)} and standard deviation ${show(spread.value)} cannot reach ${show(extreme?.value ?? Number.NaN)}.`,
      why: `The farthest that one of ${n} values can be from their mean is ${show(Math.sqrt(n - 1))} standard deviations (Samuelson), so the deviation is at least ${show(farthest / Math.sqrt(n - 1))} after the most favourable rounding. ${
        isError
          ? 'It fits if ± is a standard error and no standard deviation'
          : 'A standard error does not fit either'
      }${enough < 1e6 ? `, or if there were ${enough} values or more.` : '.'}`,
      settle: 'The values of the seeds, and what ± stands for.',
    }),
  ];
}

/** How far an extreme is beyond the mean at least, after rounding; 0 where it need not be. */
function distance(extreme: Cell | null, mean: Cell, sign: 1 | -1): number {
  if (extreme === null) return 0;
  return Math.max(sign === 1 ? extreme.low - mean.high : mean.low - extreme.high, 0);
}

function unlikeOthers(row: ScoreRow, { name, columns, spread }: Score, all: readonly ScoreRow[]): Finding[] {
  if (spread === null || row.n === null || row.n < 3) return [];
  const others = all
    .filter((other) => other !== row && other.table === row.table && other.group === row.group)
    .flatMap((other) => other.scores.find((score) => score.name === name)?.spread?.value ?? []);
  if (others.length < 2) return [];
  const usual = medianOf(others);
  const smallest = Math.min(...others) / ODD;
  if (usual <= 0 || spread.low <= ODD * Math.max(...others)) return [];
  const slipped = spread.value / 10;
  const hasSlipped = slipped >= smallest && slipped <= Math.max(...others);
  return [
    finding({
      rule: 'spread-unlike-others',
      table: row.table,
      row: row.row,
      of: name,
      column: columns.spread,
      stated: [spread.value, ''],
      recomputed: [usual, ''],
      beyond: (spread.low - Math.max(...others)) / spread.value,
      confidence: 'possible',
      what: `± ${show(spread.value)} is ${times(spread.value / usual)} what the same weights have in the other files (${others.map(show).join(', ')}).`,
      why: `The files hold the same trained weights at other precisions and answer alike but for ${percent(usual)} or so.${hasSlipped ? ` A slipped decimal point, ${show(slipped)}, would be as usual.` : ''}`,
      settle: 'The values of the seeds.',
    }),
  ];
}
