import type {
  ComparedReport,
  ComparedRow,
  Comparison,
  Judgement,
} from '../../../pipeline/contract/comparison.js';
import { modelName } from '../build/notices.js';
import { holm } from '../statistics/bootstrap.js';
import {
  compareLatency,
  compareMemory,
  compareOperations,
  compareSize,
  memoryOf,
  sessionScatter,
  timedMedians,
} from './costs.js';
import { compareEnergy, validJoules } from './energy.js';
import { changedStages, differencesOf, differingNotices } from './explain.js';
import { type Draft, judgementOf } from './figure.js';
import { differingConditions, matchRows, type Pair } from './match.js';
import { LEVEL } from './noise.js';
import type { ExcerptRow, ReportExcerpt } from './schema.js';
import { compareScore, scoreScatter } from './scores.js';
import { haveSameWeights } from './weights.js';

export interface Side {
  readonly given: string;
  readonly run: string | null;
  readonly report: ReportExcerpt;
}

interface Reports {
  readonly before: ReportExcerpt;
  readonly after: ReportExcerpt;
}

/** Standard deviations from seed to seed, or session to session, over all rows of both reports. */
type Scatters = Readonly<Record<'accuracy' | 'macro_f1' | 'latency' | 'memory' | 'energy', number>>;

const nameOf = ({ model, precision, device, variant }: ExcerptRow): string =>
  `${modelName(model, variant)} ${precision} on ${device}`;

/** What changed from one report to another, and whether it is more than noise. Pure. */
export function compareReports(before: Side, after: Side): Comparison {
  const reports: Reports = { before: before.report, after: after.report };
  const { pairs, onlyBefore, onlyAfter } = matchRows(before.report.results, after.report.results);
  const scatters = scattersOf([before.report, after.report]);
  const drafts = pairs.map((pair) => figuresOf(pair, reports, scatters));
  const corrected = holm(drafts.flat().map(({ p }) => p));
  let at = 0;
  const rows = pairs.map((pair, index): ComparedRow => {
    const figures = (drafts[index] ?? []).map((draft) => {
      const p = corrected[at] ?? null;
      at += 1;
      return { ...draft.figure, p, judgement: judgementOf(draft, p, LEVEL) };
    });
    const { before: old, after: now } = pair;
    return { name: nameOf(now), rows: [old.id, now.id], differing: differingConditions(pair).all, figures };
  });
  const all = rows.flatMap(({ figures }) => figures.map(({ judgement }) => judgement));
  const counts: Record<Judgement, number> = {
    worse: 0,
    better: 0,
    'cannot be told': 0,
    'not comparable': 0,
    'within noise': 0,
    'same bytes': 0,
  };
  for (const judgement of all) counts[judgement] += 1;
  return {
    schema: 1,
    before: reportOf(before),
    after: reportOf(after),
    judged: all.length - counts['cannot be told'] - counts['not comparable'],
    counts,
    rows,
    only_before: onlyBefore.map(nameOf),
    only_after: onlyAfter.map(nameOf),
    stages: changedStages(before.report, after.report),
    differences: differencesOf(before.report, after.report),
    notices: differingNotices(before.report, after.report),
  };
}

function reportOf({ given, run, report: { study, profile } }: Side): ComparedReport {
  return { given, run, study, profile };
}

function scattersOf(reports: readonly ReportExcerpt[]): Scatters {
  return {
    accuracy: scoreScatter(reports, 'accuracy'),
    macro_f1: scoreScatter(reports, 'macro_f1'),
    latency: sessionScatter(reports, timedMedians),
    memory: sessionScatter(reports, memoryOf),
    energy: sessionScatter(reports, validJoules),
  };
}

function figuresOf(pair: Pair, reports: Reports, scatters: Scatters): Draft[] {
  const { timing, scores } = differingConditions(pair);
  const isTrainedAlike = haveSameWeights(pair, reports);
  const drafts = [
    compareScore(pair, 'accuracy', isTrainedAlike ? 0 : scatters.accuracy, scores),
    compareScore(pair, 'macro_f1', isTrainedAlike ? 0 : scatters.macro_f1, scores),
    compareLatency(pair, scatters.latency, timing),
    compareMemory(pair, scatters.memory, timing),
    compareEnergy(pair, reports, scatters.energy, timing),
    compareSize(pair),
    compareOperations(pair, reports),
  ].filter((draft) => draft !== null);
  // Not by their keys: what is measured twice under one key has other figures, and a result that was accepted has another key.
  const figures = ({ seeds }: ExcerptRow): string => JSON.stringify(seeds.map(({ key: _, ...seed }) => seed));
  const isReused = pair.before.seeds.length > 0 && figures(pair.before) === figures(pair.after);
  return isReused ? drafts.map(asReused) : drafts;
}

/** Nothing was measured anew: there is nothing to test. */
function asReused(draft: Draft): Draft {
  if (draft.settled === 'not comparable') return draft;
  const figure = { ...draft.figure, interval: null, how: 'the same results, not measured anew' };
  return { ...draft, figure, p: null, settled: 'same bytes' };
}
