import { describe, expect, it } from 'vitest';
import type { Comparison, FigureName } from '../../../../../pipeline/contract/comparison.js';
import { comparisonLines } from '../../../../../pipeline/ui/comparison-text.js';
import { compareReports } from '../../../../../stages/report/compare/compare.js';
import type {
  ExcerptEnergy,
  ExcerptRow,
  ReportExcerpt,
} from '../../../../../stages/report/compare/schema.js';
import { comparisonSchema } from '../../../../../stages/report/compare/schema.js';
import { excerpt, excerptRow, twoRuns } from './made-up.js';

const MATRIX = [
  [80, 10, 10],
  [10, 80, 10],
  [10, 10, 80],
];

/** Confusion matrices of 300 tweets whose accuracies are those. */
const matricesFor = (accuracies: readonly number[]): number[][][] =>
  accuracies.map((accuracy) => {
    const wrong = Math.round((100 * (1 - accuracy)) / 2);
    return MATRIX.map((row, i) => row.map((_, j) => (i === j ? 100 - 2 * wrong : wrong)));
  });

interface Given {
  readonly accuracies?: readonly number[];
  /** Milliseconds, of each seed. */
  readonly medians?: readonly number[];
  readonly windows?: number;
  readonly run?: string;
  readonly model?: string;
}

function row({
  accuracies = [0.8, 0.82, 0.78],
  medians = [20, 20.4, 19.6],
  ...rest
}: Given = {}): ExcerptRow {
  const { windows = 3, run = 'A', model = 'minilm-l6' } = rest;
  const seeds = accuracies.map((_, index) => index + 1);
  return excerptRow({
    ...{ model, precision: 'int8', seeds, run },
    matrices: matricesFor(accuracies),
    medians: medians
      .slice(0, seeds.length)
      .map((median) => Array.from({ length: windows }, (_, at) => median * (1 + 0.001 * at))),
    memory: seeds.map((seed) => 80e6 + 1e5 * seed),
  });
}

function compared(before: ReportExcerpt, after: ReportExcerpt): Comparison {
  return compareReports(
    { given: 'last~1', run: '20260101T000000-aaaa', report: before },
    { given: 'last', run: '20260102T000000-bbbb', report: after },
  );
}

const rows = (before: readonly ExcerptRow[], after: readonly ExcerptRow[]): Comparison =>
  compared(excerpt(before), excerpt(after));

function figureOf({ rows: [first] }: Comparison, name: FigureName) {
  const found = first?.figures.find((figure) => figure.name === name);
  if (found === undefined) throw new Error(`no figure ${name}`);
  return found;
}

describe('two runs', () => {
  it('of one and the same result are the same bytes', () => {
    const same = rows([row()], [row()]);
    expect(same.rows[0]?.figures.map(({ judgement }) => judgement)).toEqual(new Array(5).fill('same bytes'));
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
      how: 'an emulated device has no timing',
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

describe('energy', () => {
  const energyOf = (
    one: ExcerptRow,
    joules: number,
    u_k2: number,
    extra: Partial<ExcerptEnergy> = {},
  ): ReportExcerpt => ({
    ...excerpt([one]),
    energy: [
      {
        results: one.seeds.map(() => ({
          ...{ row: one.id, power_class: 'measured_inline', emulated: false, invalid: [] },
          ...{ gross_j_per_inference: { value: joules, u_k2 } },
          ...extra,
        })),
      },
    ],
  });
  const of = (joules: number, u_k2: number, extra?: Partial<ExcerptEnergy>) =>
    figureOf(
      compared(energyOf(row(), 0.1, 0.005), energyOf(row({ run: 'B' }), joules, u_k2, extra)),
      'energy',
    );

  it('is compared with the uncertainty of both meters', () => {
    expect(of(0.2, 0.01)).toMatchObject({ judgement: 'worse', u_k2: [0.005, 0.01] });
    expect(of(0.105, 0.005).judgement).toBe('within noise');
    // Twice as much, by a meter that may be off by as much.
    expect(of(0.2, 0.2).judgement).toBe('within noise');
  });

  it('of different classes, simulators and INVALID windows is not', () => {
    expect(of(0.2, 0.01, { power_class: 'partial' })).toMatchObject({
      judgement: 'not comparable',
      how: 'one is measured_inline, the other partial',
    });
    expect(of(0.2, 0.01, { emulated: true }).how).toBe('one comes from a simulator');
    expect(of(0.2, 0.01, { invalid: [{ gate: 'power-samples', message: 'lost 3 %' }] }).how).toBe(
      'one is INVALID: lost 3 %',
    );
  });
});

describe('what may explain a change', () => {
  const made = (stage: string, artifact: string, version: string) => ({
    instance: `${stage}@seed=1`,
    artifact,
    key: `sha256:key ${stage} ${version}`,
    digest: `sha256:bytes ${stage} ${version}`,
  });

  it('is the first stage with another key, versions, devices and notices', () => {
    const before: ReportExcerpt = {
      ...excerpt([row()]),
      notices: ['old', 'both'],
      conversions: [{ versions: { litert: '2.3.0' } }],
      devices: [{ device: 'rpi4b', facts: { kernel: '6.1', python: '3.11' } }],
      provenance: [
        made('evaluate', 'evaluation', '1'),
        made('convert', 'conversion-card', '1'),
        made('split', 'split-card', '1'),
      ],
    };
    const after: ReportExcerpt = {
      ...excerpt([row({ run: 'B' })]),
      notices: ['both', 'INVALID: new'],
      conversions: [{ versions: { litert: '2.4.0' } }],
      devices: [{ device: 'rpi4b', facts: { kernel: '6.6', python: '3.11' } }],
      provenance: [
        made('evaluate', 'evaluation', '2'),
        { ...made('convert', 'conversion-card', '2'), digest: made('convert', '', '1').digest },
        made('split', 'split-card', '1'),
      ],
    };
    const { stages, differences, notices } = compared(before, after);
    expect(stages.map(({ stage, other_keys, other_outputs }) => [stage, other_keys, other_outputs])).toEqual([
      ['convert', 1, 0],
      ['evaluate', 1, 1],
    ]);
    expect(differences).toEqual([
      { what: 'litert', before: '2.3.0', after: '2.4.0' },
      { what: 'kernel of rpi4b', before: '6.1', after: '6.6' },
    ]);
    expect(notices).toEqual({ only_before: ['old'], only_after: ['INVALID: new'] });
  });

  it('a model that does more work is worse in that, exactly', () => {
    const counted = (one: ExcerptRow, count: string): ReportExcerpt => ({
      ...excerpt([one]),
      exports: [
        { instance: 'export@model=minilm-l6,seed=1', values: { 'multiply_accumulates.count': count } },
      ],
    });
    const more = compared(counted(row(), '1000000'), counted(row({ run: 'B' }), '2000000'));
    expect(figureOf(more, 'operations')).toMatchObject({ judgement: 'worse', change: 2, how: 'exact' });
  });
});

describe('a comparison for people', () => {
  it('has what is worse first, fits its width, and says how it was judged', () => {
    const { before, after } = twoRuns(1, {}, { skill: 0.5, latency: 12 });
    const lines = comparisonLines(compared(before, after), 120);
    expect(lines[0]).toMatch(
      /^last~1 \(20260101T000000-aaaa\) -> last \(20260102T000000-bbbb\): 4 rows, .*worse/,
    );
    const table = lines.filter((line) => / (worse|better)$/.test(line));
    expect(table[0]).toMatch(/worse$/);
    expect(table.at(-1)).toMatch(/median latency .* ms .* 0\.\d+ times \[.*\] +better$/);
    expect(lines.join('\n')).toMatch(/How it was judged/);
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
  });

  it('prints names that others chose as one harmless line', () => {
    const hostile = row({ model: 'a\u001b[31m\u0000\u202e<b>\nc' });
    const shown = comparisonLines(rows([hostile], [{ ...hostile, model_bytes: 1, seeds: [] }]), 100).join(
      '\n',
    );
    expect(shown).toContain('a <b> c int8 on rpi4b');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is asked
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  it('says that nothing was compared', () => {
    expect(comparisonLines(rows([row({ model: 'old' })], [row()]), 200)[0]).toContain('no row in common');
  });
});

it('a report without a member is no report of this release, and figures that are no numbers are read', () => {
  const { energy: _, ...rest } = excerpt([row()]);
  expect(comparisonSchema.safeParse(rest).success).toBe(false);
  const text = JSON.stringify(excerpt([row()])).replace(
    /"accuracy":{"mean":[\d.]+}/,
    '"accuracy":{"mean":"NaN"}',
  );
  expect(comparisonSchema.parse(JSON.parse(text)).results[0]?.accuracy.mean).toBeNaN();
});
