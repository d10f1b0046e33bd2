import { ENOUGH_FOR_P90, ENOUGH_FOR_P99 } from '../../../pipeline/base/percentile-limits.js';
import type { Finding } from '../../../pipeline/contract/audit.js';
import { spreadOf } from '../statistics/descriptive.js';
import { finding, show } from './finding.js';
import { exactCell, gap, overlap } from './interval.js';
import { groupOf, rowName } from './read-report.js';
import type { ReportDocument, ReportRow } from './report-schema.js';

/** What adding up in another order changes. */
const ROUND_OFF = 1e-9;

interface Check {
  readonly rule: string;
  readonly of?: string;
  readonly column: string;
  readonly stated: number;
  readonly recomputed: number;
  readonly from: string;
}

/** Figures of a report that its other figures give, computed again. */
export function reportFigures(report: ReportDocument): Finding[] {
  return [
    ...report.results.flatMap((row) => [
      ...[...scores(row), ...counts(row), ...comparison(row, report.results)].flatMap((check) =>
        differs(row, check),
      ),
      ...latencyOrder(row),
    ]),
    ...report.answers.flatMap((answer) => choice(answer, report)),
  ];
}

/** Nothing was rounded in a report, so that only floating point may differ. */
function differs(row: ReportRow, { rule, of, column, stated, recomputed, from }: Check): Finding[] {
  if (!Number.isFinite(stated) || !Number.isFinite(recomputed)) return [];
  if (Math.abs(stated - recomputed) <= ROUND_OFF || overlap(exactCell(stated), exactCell(recomputed)))
    return [];
  return [
    finding({
      rule,
      row: rowName(row),
      ...(of === undefined ? {} : { of }),
      table: 'results',
      column,
      stated: [stated, ''],
      recomputed: [recomputed, ''],
      ...(stated === 0 ? {} : { beyond: gap(exactCell(stated), exactCell(recomputed)) }),
      confidence: 'certain',
      what: `${column} is ${show(stated)}; ${from} gives ${show(recomputed)}.`,
      why: 'Both stand in the report unrounded.',
      settle: 'Make the report again: npx pipeline run report --from report.',
    }),
  ];
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function scores(row: ReportRow): Check[] {
  const spreads = (['accuracy', 'macro_f1'] as const).flatMap((name) => {
    const again = spreadOf(row.seeds.map((seed) => seed[name]));
    return (['mean', 'sd', 'min', 'max', 'n'] as const).map((part) => ({
      rule: 'score-of-seeds',
      of: `${name}-${part}`,
      column: `${name}.${part}`,
      stated: row[name][part] ?? Number.NaN,
      recomputed: again[part] ?? Number.NaN,
      from: 'the list of seeds',
    }));
  });
  const right = sumOf(row.confusion.map((counted, index) => counted[index] ?? 0));
  return [
    ...spreads,
    {
      rule: 'accuracy-of-confusion',
      column: 'accuracy.mean',
      stated: row.accuracy.mean,
      recomputed: right / sumOf(row.confusion.flat()),
      from: 'the confusion matrix',
    },
  ];
}

function counts(row: ReportRow): Check[] {
  return [
    {
      rule: 'tweets-of-confusion',
      column: 'n_tweets',
      stated: row.n_tweets,
      recomputed: sumOf(row.confusion.flat()) / row.n_seeds,
      from: 'the confusion matrix, for each seed,',
    },
    ...row.per_class.map(({ label, support }, index) => ({
      rule: 'support-of-confusion',
      of: label,
      column: `per_class.${label}.support`,
      stated: support,
      recomputed: sumOf(row.confusion[index] ?? []) / row.n_seeds,
      from: 'the confusion matrix, for each seed,',
    })),
  ];
}

function comparison(row: ReportRow, rows: readonly ReportRow[]): Check[] {
  const stated = row.against_fp32;
  const fp32 = rows.find((other) => other.precision === 'fp32' && groupOf(other) === groupOf(row));
  if (stated === null || fp32 === undefined) return [];
  const pairs = row.seeds.flatMap((one) => {
    const reference = fp32.seeds.find(({ seed }) => seed === one.seed);
    const isValid = one.verdict !== 'invalid' && reference?.verdict !== 'invalid';
    return reference === undefined || !isValid ? [] : [{ one, reference }];
  });
  const [first] = pairs;
  if (first === undefined) return [];
  const isWhole = pairs.length === row.seeds.length && pairs.length === fp32.seeds.length;
  const rule = 'difference-from-fp32';
  return [
    {
      rule,
      of: 'seeds',
      column: 'against_fp32.n_seeds',
      stated: stated.n_seeds,
      recomputed: pairs.length,
      from: 'the seeds that both rows have',
    },
    {
      rule,
      of: 'accuracy',
      column: 'against_fp32.accuracy_difference.mean',
      stated: stated.accuracy_difference.mean,
      recomputed: spreadOf(pairs.map(({ one, reference }) => one.accuracy - reference.accuracy)).mean,
      from: 'the seeds of both rows',
    },
    {
      rule,
      of: 'changed-answers',
      column: 'against_fp32.accuracy_difference.mean',
      stated: stated.accuracy_difference.mean,
      recomputed: (stated.gained - stated.lost) / (row.n_tweets * pairs.length),
      from: 'gained less lost over all tweets',
    },
    {
      rule,
      of: 'size',
      column: 'against_fp32.size_ratio',
      stated: stated.size_ratio,
      recomputed: first.one.model_bytes / first.reference.model_bytes,
      from: 'the sizes of both files',
    },
    {
      rule,
      of: 'speed',
      column: 'against_fp32.speed_up',
      stated: isWhole && stated.speed_up !== null ? stated.speed_up : Number.NaN,
      recomputed: fp32.latency_ms.median / row.latency_ms.median,
      from: 'the medians of both rows',
    },
  ];
}

/** Percentiles rise, lie between the extremes, and are given for enough inferences only. */
function latencyOrder(row: ReportRow): Finding[] {
  const { min, median, p90, p99, max, mean, n } = row.latency_ms;
  const known = [
    ['min', min],
    ['median', median],
    ['p90', p90],
    ['p99', p99],
    ['max', max],
  ] as const;
  const rising = known.filter((pair): pair is (typeof known)[number] & readonly [string, number] =>
    Number.isFinite(pair[1]),
  );
  const wrong = rising.flatMap(([name, value], index) => {
    const before = rising[index - 1];
    return before !== undefined && before[1] > value ? [{ low: before, high: [name, value] as const }] : [];
  });
  const outside =
    mean < min * (1 - ROUND_OFF) || mean > max * (1 + ROUND_OFF)
      ? [{ low: ['mean', mean] as const, high: ['max', max] as const }]
      : [];
  const disordered = [...wrong, ...outside].map(({ low, high }) =>
    finding({
      rule: 'latency-order',
      table: 'results',
      row: rowName(row),
      of: `${low[0]}-${high[0]}`,
      column: `latency_ms.${low[0]}`,
      stated: [low[1], 'ms'],
      recomputed: [high[1], 'ms'],
      confidence: 'certain',
      what: `${low[0]} of the latency, ${show(low[1])} ms, does not go with ${high[0]}, ${show(high[1])} ms.`,
      why: 'Percentiles rise from the least to the greatest, and a mean lies between these.',
      settle: 'Make the report again: npx pipeline run report --from report.',
    }),
  );
  const early = [
    { name: 'p90', value: p90, enough: ENOUGH_FOR_P90 },
    { name: 'p99', value: p99, enough: ENOUGH_FOR_P99 },
  ].flatMap(({ name, value, enough }) =>
    value === null || n >= enough
      ? []
      : [
          finding({
            rule: 'percentile-of-too-few',
            table: 'results',
            row: rowName(row),
            of: name,
            column: `latency_ms.${name}`,
            stated: [n, 'inferences'],
            recomputed: [enough, 'inferences'],
            confidence: 'certain',
            what: `${name} is given for ${show(n)} inferences; it needs ${show(enough)}.`,
            why: 'With fewer it does not hold at 99 % confidence (MLPerf LoadGen).',
            settle: 'Measure more inferences.',
          }),
        ],
  );
  return [...disordered, ...early];
}

/** The chosen row may not score worse than the best by more than the tolerance that the report states. */
function choice(answer: ReportDocument['answers'][number], { results }: ReportDocument): Finding[] {
  const chosen = results.find(({ id }) => id === answer.row);
  const best = results.find(({ id }) => id === answer.best_row);
  if (chosen === undefined || best === undefined) return [];
  const behind = best.macro_f1.mean - chosen.macro_f1.mean;
  if (!Number.isFinite(behind) || (behind >= 0 && behind <= answer.tolerance + 1e-12)) return [];
  return [
    finding({
      rule: 'choice-outside-of-tolerance',
      table: 'answers',
      row: answer.row,
      column: 'row',
      stated: [answer.tolerance, ''],
      recomputed: [behind, ''],
      confidence: 'certain',
      what: `The choice for ${answer.device} is ${show(behind)} behind the best macro-F1; ${show(answer.tolerance)} is allowed.`,
      why: 'The report says that it chooses within this tolerance of the best row.',
      settle: 'Make the report again: npx pipeline run report --from report.',
    }),
  ];
}
