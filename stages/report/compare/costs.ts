import { spreadOf } from '../statistics/descriptive.js';
import { deviationOf } from '../statistics/intervals.js';
import {
  type Draft,
  exactFigure,
  missingNumber,
  notComparable,
  settledAs,
  testedRatio,
  type Values,
} from './figure.js';
import type { Pair } from './match.js';
import { ASSUMED_SESSION_SCATTER, pooledScatter, scatterOfGroups, testOf } from './noise.js';
import type { ExcerptRow, ReportExcerpt } from './schema.js';

const logarithms = (values: readonly number[]): number[] => values.map(Math.log).filter(Number.isFinite);

export interface Sessions {
  /** A figure of each seed. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Standard deviation of its logarithm between sessions, where the row's own do not tell it. */
  readonly scatter: number;
  /** Variances of the logarithm of `after / before`. */
  readonly sampling?: number;
  readonly systematic?: number;
}

/** Ratio of what was measured in some sessions to what was measured in others: differences of logarithms. */
export function compareSessions(values: Values, sessions: Sessions): Draft {
  const { before, after, scatter, sampling = 0, systematic = 0 } = sessions;
  const [old, now] = [logarithms(before), logarithms(after)];
  const own = scatterOfGroups(old, now);
  const logarithm =
    own === null ? Math.log(values.after / values.before) : spreadOf(now).mean - spreadOf(old).mean;
  const assumed = scatter ** 2 * (1 / Math.max(1, old.length) + 1 / Math.max(1, now.length));
  const tested = testOf({ difference: logarithm, own, systematic, sampling, assumed });
  const seeds = old.length === now.length ? `${now.length}` : `${old.length} and ${now.length}`;
  const over = `over ${seeds} ${seeds === '1' ? 'session' : 'sessions'}`;
  const how =
    tested.by === 'own'
      ? `Welch's t test ${over}`
      : `normal test ${over}, between them a scatter of ${(scatter * 100).toFixed(1)} % or more`;
  return testedRatio(
    values,
    logarithm,
    tested,
    `${how}${systematic > 0 ? ", and the meters' uncertainty" : ''}`,
  );
}

/** Relative scatter between the sessions of a row, over all rows of both reports. */
export function sessionScatter(
  reports: readonly ReportExcerpt[],
  valuesOf: (row: ExcerptRow, report: ReportExcerpt) => readonly number[],
): number {
  return pooledScatter(
    reports.flatMap((report) => report.results.map((row) => logarithms(valuesOf(row, report)))),
    ASSUMED_SESSION_SCATTER,
  );
}

/** Medians of the seeds whose timing counts. */
export function timedMedians({ seeds, conditions }: ExcerptRow): number[] {
  if (conditions.emulated) return [];
  return seeds
    .filter(
      ({ verdict, latency_ms }) => (verdict === 'valid' || verdict === 'not-recorded') && latency_ms.n > 0,
    )
    .map(({ latency_ms }) => latency_ms.median);
}

export const memoryOf = ({ seeds, conditions }: ExcerptRow): number[] =>
  conditions.emulated ? [] : seeds.map(({ peak_rss_bytes }) => peak_rss_bytes);

/** Of the logarithm of a median, from its 95 % interval over windows; null for one window. */
function medianVariance({ median_interval_ms }: ExcerptRow): number | null {
  if (median_interval_ms === null) return null;
  const [low, high] = median_interval_ms;
  return deviationOf([Math.log(low), Math.log(high)]) ** 2;
}

/** @param scatter see {@link Sessions} */
export function compareLatency({ before, after }: Pair, scatter: number, whyNot: string | null): Draft {
  const values: Values = {
    name: 'latency',
    before: before.latency_ms.median,
    after: after.latency_ms.median,
  };
  if (whyNot !== null) return notComparable(values, whyNot);
  const [old, now] = [timedMedians(before), timedMedians(after)];
  if (old.length === 0 || now.length === 0) {
    const isInvalid = before.n_invalid + after.n_invalid > 0;
    return notComparable(values, isInvalid ? 'the timing of a side is INVALID' : 'a side was not timed');
  }
  const missing = missingNumber(values);
  if (missing !== null) return missing;
  const [known, other] = [medianVariance(before), medianVariance(after)];
  if (known === null || other === null)
    return settledAs('cannot be told', values, 'one window says nothing of how the next would come out');
  return compareSessions(values, { before: old, after: now, scatter, sampling: known + other });
}

/** @param scatter see {@link Sessions} */
export function compareMemory({ before, after }: Pair, scatter: number, whyNot: string | null): Draft {
  const values: Values = { name: 'memory', before: before.peak_rss_bytes, after: after.peak_rss_bytes };
  if (whyNot !== null) return notComparable(values, whyNot);
  return (
    missingNumber(values) ??
    compareSessions(values, { before: memoryOf(before), after: memoryOf(after), scatter })
  );
}

export function compareSize({ before, after }: Pair): Draft {
  const values: Values = { name: 'size', before: before.model_bytes, after: after.model_bytes };
  const files = ({ seeds }: ExcerptRow): string =>
    JSON.stringify(seeds.map(({ seed, model_sha256 }) => [seed, model_sha256]));
  return exactFigure(values, files(before) === files(after));
}

/** Multiply-accumulates of one inference, as the card of the model's export counts them; null where either has none. */
export function compareOperations(
  { before, after }: Pair,
  reports: { readonly before: ReportExcerpt; readonly after: ReportExcerpt },
): Draft | null {
  const old = operationsOf(reports.before, before);
  const now = operationsOf(reports.after, after);
  return old === null || now === null
    ? null
    : exactFigure({ name: 'operations', before: old, after: now }, false);
}

function operationsOf({ exports }: ReportExcerpt, { model }: ExcerptRow): number | null {
  const own = exports.find(({ instance }) => {
    const [, coordinates = ''] = instance.split('@');
    return coordinates.split(',').includes(`model=${model}`);
  });
  const count = Number(own?.values['multiply_accumulates.count']);
  return Number.isFinite(count) ? count : null;
}
