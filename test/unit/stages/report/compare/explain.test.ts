import { describe, expect, it } from 'vitest';
import { comparisonLines } from '../../../../../pipeline/ui/comparison-text.js';
import type {
  ExcerptEnergy,
  ExcerptRow,
  ReportExcerpt,
} from '../../../../../stages/report/compare/schema.js';
import { comparisonSchema } from '../../../../../stages/report/compare/schema.js';
import { excerpt, twoRuns } from './made-up.js';
import { compared, figureOf, row, rows } from './pairs.js';

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
      devices: [{ device: 'rpi4b', facts: { kernel: '6.1', python: '3.11', available_memory_bytes: 1 } }],
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
      devices: [{ device: 'rpi4b', facts: { kernel: '6.6', python: '3.11', available_memory_bytes: 2 } }],
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
    const [worse, better] = [lines.indexOf('Worse'), lines.indexOf('Better')];
    expect(worse).toBeGreaterThan(0);
    expect(better).toBeGreaterThan(worse);
    expect(lines[worse + 3]).toMatch(/^minilm-l3 fp32 on rpi4b +accuracy +0\.7\d+ +0\.\d+ +-0\.\d+ \[/);
    expect(lines[better + 3]).toMatch(/median latency .* ms +0\.\d+ times \[.*\]$/);
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
