import { describe, expect, it } from 'vitest';
import type { Comparison, FigureName, Judgement } from '../../../../../pipeline/contract/comparison.js';
import { compareReports } from '../../../../../stages/report/compare/compare.js';
import { twoRuns, type World } from './made-up.js';

function comparisons(pairs: number, before: Partial<World>, after: Partial<World> = {}): Comparison[] {
  return Array.from({ length: pairs }, (_, seed) => {
    const pair = twoRuns(seed + 1, before, after);
    return compareReports(
      { given: 'A', run: null, report: pair.before },
      { given: 'B', run: null, report: pair.after },
    );
  });
}

/** Share of comparisons with at least one figure of that name judged so. */
function shareWith(all: readonly Comparison[], judgement: Judgement, name?: FigureName): number {
  const has = ({ rows }: Comparison): boolean =>
    rows.some(({ figures }) =>
      figures.some((one) => one.judgement === judgement && (name ?? one.name) === one.name),
    );
  return all.filter(has).length / all.length;
}

// Some 20 s on a busy machine: below 500 pairs a rate of 5 % cannot be told from one of 8 %.
describe('in runs that differ by chance alone', () => {
  it.each<[string, Partial<World>]>([
    ['three seeds', {}],
    [
      'five seeds that scatter more than is assumed',
      { seeds: [1, 2, 3, 4, 5], trainingScatter: 0.05, sessionScatter: 0.1 },
    ],
    ['one seed', { seeds: [1] }],
    ['three seeds of few tweets', { tweets: 30 }],
    ['trainings that do not scatter', { trainingScatter: 0, sessionScatter: 0.001 }],
  ])('at most 5 of 100 comparisons find anything worse: %s', { timeout: 60_000 }, (_name, world) => {
    const all = comparisons(500, world);
    expect(shareWith(all, 'worse')).toBeLessThanOrEqual(0.05);
    expect(shareWith(all, 'better')).toBeLessThanOrEqual(0.05);
    expect(all.every(({ judged }) => judged > 0)).toBe(true);
  });
});

describe('a change that matters', () => {
  const manySeeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  it.each<[string, Partial<World>, Partial<World>, FigureName]>([
    ['twelve points of accuracy over three seeds', {}, { skill: 0.58 }, 'accuracy'],
    ['twenty points of accuracy with one seed', { seeds: [1] }, { skill: 0.5 }, 'accuracy'],
    [
      'three points over ten seeds that scatter little',
      { seeds: manySeeds, trainingScatter: 0.005, tweets: 1_000 },
      { skill: 0.67 },
      'accuracy',
    ],
    ['half as much time again', {}, { latency: 30 }, 'latency'],
    ['half as much time again with one seed', { seeds: [1] }, { latency: 30 }, 'latency'],
  ])('is found in 9 of 10 comparisons: %s', { timeout: 60_000 }, (_name, before, after, name) => {
    const all = comparisons(100, before, after);
    expect(shareWith(all, 'worse', name)).toBeGreaterThan(0.9);
    expect(shareWith(all, 'better', name)).toBe(0);
  });
});
