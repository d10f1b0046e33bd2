import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../../../../pipeline/contract/comparison.js';
import type { ExcerptRow, ReportExcerpt } from '../../../../../stages/report/compare/schema.js';
import { excerpt } from './made-up.js';
import { compared, figureOf, row, rows } from './pairs.js';

describe('two runs', () => {
  it('of one and the same result are the same bytes', () => {
    const same = rows([row()], [row()]);
    expect(same.rows[0]?.figures.map(({ judgement }) => judgement)).toEqual(new Array(5).fill('same bytes'));
    const accepted = { ...row(), seeds: row().seeds.map((seed) => ({ ...seed, key: 'sha256:accepted' })) };
    expect(rows([row()], [accepted]).counts['same bytes']).toBe(5);
    expect(same).toMatchObject({ judged: 5, stages: [], differences: [], counts: { worse: 0 } });
  });

  it('measured twice under one key are compared all the same', () => {
    const again = rows([row()], [row({ medians: [20.1, 20.3, 19.8] })]);
    expect(figureOf(again, 'latency')).toMatchObject({ judgement: 'within noise' });
    expect(figureOf(again, 'size').judgement).toBe('same bytes');
  });

  it('that differ by noise are within noise, with the figures and the interval', () => {
    const noise = rows([row()], [row({ run: 'B', accuracies: [0.82, 0.8, 0.78] })]);
    expect(noise.counts).toMatchObject({ worse: 0, better: 0, 'within noise': 5 });
    const { change, interval, how } = figureOf(noise, 'accuracy');
    expect(change).toBeCloseTo(0, 12);
    expect(interval?.[0]).toBeLessThan(0);
    expect(interval?.[1]).toBeGreaterThan(0);
    expect(how).toMatch(/test over 3 seeds/);
    expect(figureOf(noise, 'size').how).toBe('equal');
  });

  it('of which one is worse say so, with a ratio for what costs and a difference for scores', () => {
    const worse = rows([row()], [row({ run: 'B', accuracies: [0.6, 0.62, 0.58], medians: [40, 41, 39] })]);
    expect(figureOf(worse, 'accuracy')).toMatchObject({
      judgement: 'worse',
      change: expect.closeTo(-0.2, 2),
      change_is: 'difference',
    });
    const latency = figureOf(worse, 'latency');
    expect(latency).toMatchObject({ judgement: 'worse', change: expect.closeTo(2, 2), change_is: 'ratio' });
    expect(latency.interval?.[0]).toBeGreaterThan(1.5);
    const back = rows([row({ run: 'B', medians: [40, 41, 39] })], [row()]);
    expect(figureOf(back, 'latency').judgement).toBe('better');
  });

  it('of another protocol, runtime or test set are compared in what these do not touch', () => {
    const { conditions, ...rest } = row({ run: 'B' });
    const other = (changed: Partial<ExcerptRow['conditions']>): Comparison =>
      rows([row()], [{ ...rest, conditions: { ...conditions, ...changed } }]);
    const protocol = other({ protocol: 'study', runtime: 'LiteRT 2.4.0, xnnpack, 2 threads' });
    for (const name of ['latency', 'memory'] as const)
      expect(figureOf(protocol, name)).toMatchObject({
        judgement: 'not comparable',
        change: null,
        how: 'another runtime, another protocol',
      });
    expect(figureOf(protocol, 'accuracy').judgement).toBe('within noise');
    expect(protocol.rows[0]?.differing.map(({ what }) => what)).toEqual(['runtime', 'protocol']);
    const tweets = other({ test_set: 'sha256:others' });
    expect(figureOf(tweets, 'macro_f1')).toMatchObject({
      judgement: 'not comparable',
      how: 'another test set',
    });
    expect(figureOf(tweets, 'latency').judgement).toBe('within noise');
  });

  it('of an emulated device or INVALID timing have no ratio of times', () => {
    const emulated = (one: ExcerptRow): ExcerptRow => ({
      ...one,
      conditions: { ...one.conditions, emulated: true },
    });
    const lab = rows([emulated(row())], [emulated(row({ run: 'B', medians: [80, 80, 80] }))]);
    expect(figureOf(lab, 'latency')).toMatchObject({
      judgement: 'not comparable',
      how: 'the device is emulated',
    });
    expect(figureOf(lab, 'memory').judgement).toBe('not comparable');
    const hot = row({ run: 'B' });
    const invalid = rows(
      [row()],
      [{ ...hot, n_invalid: 3, seeds: hot.seeds.map((seed) => ({ ...seed, verdict: 'invalid' })) }],
    );
    expect(figureOf(invalid, 'latency')).toMatchObject({
      judgement: 'not comparable',
      how: 'the timing of a side is INVALID',
    });
  });

  it('with one window or one seed are told as far as they can be', () => {
    const oneWindow = rows(
      [row({ accuracies: [0.8], windows: 1 })],
      [row({ run: 'B', accuracies: [0.75], medians: [90], windows: 1 })],
    );
    expect(figureOf(oneWindow, 'latency')).toMatchObject({
      judgement: 'cannot be told',
      how: expect.stringMatching(/one window/),
    });
    expect(figureOf(oneWindow, 'accuracy').judgement).toBe('within noise');
    const unexplained = rows([row({ accuracies: [0.8] })], [row({ run: 'B', accuracies: [0.72] })]);
    expect(figureOf(unexplained, 'accuracy').judgement).toBe('cannot be told');
    const gross = rows([row({ accuracies: [0.8] })], [row({ run: 'B', accuracies: [0.4] })]);
    expect(figureOf(gross, 'accuracy').judgement).toBe('worse');
  });

  it('of the same weights need no scatter between trainings, so that one seed tells more', () => {
    const trainedAs = (one: ExcerptRow, key: string): ReportExcerpt => ({
      ...excerpt([one]),
      provenance: [
        { instance: 'fine-tune@model=minilm-l6,seed=1', artifact: 'training-log', key, digest: key },
        { instance: 'fine-tune@model=minilm-l3,seed=1', artifact: 'training-log', key: 'other', digest: key },
      ],
    });
    const [before, after] = [row({ accuracies: [0.8] }), row({ run: 'B', accuracies: [0.7] })];
    const judgedWith = (key: string) =>
      figureOf(compared(trainedAs(before, 'sha256:1'), trainedAs(after, key)), 'accuracy');
    expect(judgedWith('sha256:1')).toMatchObject({
      judgement: 'worse',
      how: expect.stringMatching(/the same weights/),
    });
    expect(judgedWith('sha256:2')).toMatchObject({
      judgement: 'cannot be told',
      how: expect.stringMatching(/a scatter of 0\.020 or more/),
    });
  });

  it('where a score is no number any more: worse; where it was none: cannot be told', () => {
    const broken = { ...row({ run: 'B' }), macro_f1: { mean: Number.NaN } };
    expect(figureOf(rows([row()], [broken]), 'macro_f1')).toMatchObject({
      judgement: 'worse',
      after: null,
      p: null,
    });
    expect(figureOf(rows([broken], [row()]), 'macro_f1').judgement).toBe('cannot be told');
    const one = row({ accuracies: [0.8] });
    const empty = { ...row({ run: 'B', accuracies: [0.8] }), confusion: [] };
    expect(figureOf(rows([one], [empty]), 'macro_f1').judgement).toBe('cannot be told');
  });

  it('compare sizes by the byte, and pass over less than a thousandth', () => {
    const sized = (bytes: number) =>
      figureOf(rows([row()], [{ ...row({ run: 'B' }), model_bytes: bytes }]), 'size');
    expect(sized(23_000_008)).toMatchObject({
      judgement: 'within noise',
      before: 23_000_000,
      after: 23_000_008,
    });
    expect(sized(23_500_000).judgement).toBe('worse');
    expect(sized(11_000_000).judgement).toBe('better');
  });

  it('match rows by what they are, name those that one has alone, and take equal conditions first', () => {
    const study = (one: ExcerptRow): ExcerptRow => ({
      ...one,
      id: 'study',
      conditions: { ...one.conditions, protocol: 'study' },
    });
    const matched = rows(
      [row(), study(row()), row({ model: 'old' })],
      [study(row({ run: 'B' })), row({ run: 'B' }), row({ model: 'new' })],
    );
    expect(matched.rows.map(({ rows: ids }) => ids)).toEqual([
      ['minilm-l6-int8', 'minilm-l6-int8'],
      ['study', 'study'],
    ]);
    expect(matched.only_before).toEqual(['old int8 on rpi4b']);
    expect(matched.only_after).toEqual(['new int8 on rpi4b']);
    expect(rows([row({ model: 'old' })], [row()])).toMatchObject({ rows: [], judged: 0 });
  });

  it('correct each p value for all tests of the comparison', () => {
    const pair = (): [ExcerptRow, ExcerptRow] => [
      row({ accuracies: [0.8] }),
      row({ run: 'B', accuracies: [0.7] }),
    ];
    const [before, after] = pair();
    const alone = figureOf(rows([before], [after]), 'accuracy').p ?? 0;
    const more = Array.from({ length: 9 }, (_, index) => ({ model: `other-${index}` }));
    const among = figureOf(
      rows([before, ...more.map(row)], [after, ...more.map((one) => row({ ...one, run: 'B' }))]),
      'accuracy',
    ).p;
    expect(among).toBeGreaterThan(alone);
  });
});
