import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../../../pipeline/base/random.js';
import { auditTables } from '../../../../../stages/report/audit/audit.js';
import { type Tables, tablesSchema } from '../../../../../stages/report/audit/tables-schema.js';
import { INSTALLATION } from '../../../../rig/pipeline-rig.js';
import { consistentTables } from './consistent-tables.js';

type Row = Tables['table4'][number];

const idsOf = (tables: Tables): string[] =>
  auditTables(tablesSchema.parse(tables)).findings.map(({ id }) => id);

/** The tables of seed 1 with their rows changed. */
function withRows(change: (row: Row, index: number, tables: Tables) => Partial<Row>, seed = 1): Tables {
  const tables = consistentTables(seed);
  return {
    ...tables,
    table4: tables.table4.map((row, index) => ({ ...row, ...change(row, index, tables) })),
  };
}

const withRow = (at: number, change: (row: Row) => Partial<Row>): Tables =>
  withRows((row, index) => (index === at ? change(row) : {}));

function withClaims(claims: Tables['claims']): Tables {
  const tables = consistentTables(1);
  return { ...tables, claims: { ...tables.claims, ...claims } };
}

function withEquations(equations: Tables['equations']): Tables {
  const tables = consistentTables(1);
  return { ...tables, equations: { ...tables.equations, ...equations } };
}

function withScores(change: (row: NonNullable<Tables['table3']>[number], index: number) => object): Tables {
  const tables = consistentTables(1);
  return {
    ...tables,
    table3: (tables.table3 ?? []).map((row, index) => ({ ...row, ...change(row, index) })),
  };
}

const value = (number: number | undefined): number => number ?? Number.NaN;
const rounded = (number: number, decimals: number): number => Number(number.toFixed(decimals));
/** A number of inferences, from the row with the longest time. */
const countOf = ({ table4 }: Tables): number => {
  const [row] = [...table4].sort((a, b) => value(b.time_per_inference_s) - value(a.time_per_inference_s));
  return value(row?.time_s) / value(row?.time_per_inference_s);
};
/** The column as a sum of samples: proportional to the time on each board. */
const asSum = ({ time_s }: Row, index: number): number =>
  rounded(value(time_s) * (0.04 + 0.01 * Math.floor(index / 3)), 3);

/** A table with one mistake, and the finding that it must give. */
const MISTAKES: readonly (readonly [id: string, tables: Tables])[] = [
  [
    'seconds-per-inference-b1y-8',
    withRow(5, (row) => ({ time_per_inference_s: rounded(value(row.time_per_inference_s) * 1.05, 4) })),
  ],
  [
    'power-per-inference-b1y-8',
    withRow(5, (row) => ({
      power_per_inference_w_as_printed: value(row.power_per_inference_w_as_printed) + 1,
    })),
  ],
  [
    'inference-count',
    withRows((row, index) => ({ time_per_inference_s: value(row.time_per_inference_s) * (1 + index) })),
  ],
  [
    'score-in-two-tables-b1x-16-f-score',
    withRow(1, (row) => ({ f_score: rounded(value(row.f_score) + 0.004, 3) })),
  ],
  [
    'power-unit',
    withRows((row) => ({
      power_kw_as_printed: value(row.power_kw_as_printed) * 1000,
      power_per_inference_w_as_printed: value(row.power_per_inference_w_as_printed) * 1000,
    })),
  ],
  ['power-grows-with-time', withRows((row, index) => ({ power_kw_as_printed: asSum(row, index) }))],
  ['implied-power-b1z', withRows((row, index) => ({ power_kw_as_printed: asSum(row, index) }))],
  [
    'power-per-inference-unit',
    withRows((row, _, tables) => ({
      power_per_inference_w_as_printed: Number(
        ((value(row.power_kw_as_printed) * 1000) / countOf(tables)).toPrecision(4),
      ),
    })),
  ],
  ['work-per-inference-b1z-16', withRow(7, (row) => ({ flops_per_s: value(row.flops_per_s) * 1.3 }))],
  ['clock-ratio-b1y-32', withRow(3, (row) => ({ time_s: Math.round(value(row.time_s) / 1.7) }))],
  ['run-time-b1y-32', withRow(3, (row) => ({ time_s: Math.round(value(row.time_s) / 1.7) }))],
  ['throughput-claim-b1x-8', withClaims({ min_texts_per_second_8bit_all_devices: 50 })],
  ['slow-down-claim-b1z-8-giant', withClaims({ slowdown_vs_giant_desktop_fastest: 1.01 })],
  [
    'slow-down-claims-disagree-slowdown-fp32-vs-giant-b1x',
    withClaims({ slowdown_fp32_vs_giant: { b1x: 30.5, b1y: 11.5 } }),
  ],
  ['size-ratio-claim-giant', withClaims({ size_reduction_vs_giant: 91 })],
  [
    'size-ratio-copies-giant',
    {
      ...consistentTables(1),
      model_sizes_mb_as_printed: { giant_tf: 9000, dwarf_tf: 600, tflite_32: 200, tflite_8: 50 },
      claims: { size_reduction_vs_giant: 180 },
    },
  ],
  ['impossible-spread-16-accuracy', withScores((row, index) => (index === 1 ? { accuracy_max: 0.99 } : row))],
  ['mean-outside-of-extremes-8-f-score', withScores((row, index) => (index === 2 ? { f_max: 0.5 } : row))],
  ['spread-unlike-others-8-f-score', withScores((row, index) => (index === 2 ? { f_pm: 0.12 } : row))],
  [
    'flops-constant-over-time',
    withRows((row) => (row.bits === 8 ? { flops_per_s: value(row.flops_per_s) / 0.3 } : {})),
  ],
  [
    'index-counts-time-twice-si',
    {
      ...withRows((row) => (row.bits === 8 ? { flops_per_s: value(row.flops_per_s) / 0.3 } : {})),
      equations: { SI: 'FLOPS / (Q * t)' },
    },
  ],
  ['index-value-b1y-32-mpi', withRow(3, (row) => ({ mpi: Math.round(value(row.mpi) * 1.1) }))],
  ['index-direction-rer', withEquations({ RER: 'Energy_tot / (CPU% * MEM%)' })],
  ['index-direction-greed', withEquations({ greed: 'accuracy * Power_tot' })],
  ['equation-unit-current', withEquations({ current: 'I = V_h * V_ref / 4096' })],
];

describe('consistent tables', () => {
  it.each(Array.from({ length: 300 }, (_, seed) => seed))('of seed %i have no finding', (seed) => {
    const { findings, not_checked, inferences } = auditTables(tablesSchema.parse(consistentTables(seed)));
    expect(findings.map(({ id, what }) => `${id}: ${what}`)).toEqual([]);
    expect(not_checked).toEqual([]);
    expect(inferences).not.toBeNull();
  });
});

describe('tables with less in them', () => {
  it.each(Array.from({ length: 200 }, (_, seed) => seed))('of seed %i have no finding either', (seed) => {
    const random = randomFrom(seed);
    const { table4, ...tables } = consistentTables(seed);
    const thinned = (object: object, needed: readonly string[], odds = 0.3) =>
      Object.fromEntries(Object.entries(object).filter(([key]) => needed.includes(key) || random() > odds));
    const rows = table4
      .filter(() => seed % 2 === 0 || random() > 0.2)
      .map((row) => thinned(row, ['device', 'bits']));
    // What was said of the fastest row is not true of those that are left.
    const said = rows.length === table4.length ? {} : { claims: undefined };
    const less = { ...thinned(tables, ['source', 'table2_devices']), ...said, table4: rows };
    const parsed = tablesSchema.safeParse(less);
    if (rows.length > 0) expect(parsed.error).toBeUndefined();
    const findings = parsed.success ? auditTables(parsed.data).findings : [];
    expect(findings.map(({ id, what }) => `${id}: ${what}`)).toEqual([]);
  });
});

describe('tables of numbers without sense', () => {
  it.each(Array.from({ length: 100 }, (_, seed) => seed))(
    'of seed %i end in findings with ids of their own',
    (seed) => {
      const random = randomFrom(seed);
      const { table4, ...tables } = consistentTables(seed);
      const wild = table4.map((row) => ({
        ...row,
        power_kw_as_printed: 10 ** (random() * 12 - 6),
        time_s: 10 ** (random() * 12 - 6),
        time_per_inference_s: 10 ** (random() * 12 - 6),
        flops_per_s: 10 ** (random() * 20),
        rer: 10 ** (random() * 12 - 6),
      }));
      const { findings } = auditTables(tablesSchema.parse({ ...tables, table4: wild }));
      expect(findings.length).toBeGreaterThan(5);
      expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length);
      expect(JSON.stringify(findings)).not.toMatch(/NaN|Infinity|null,"unit"/);
    },
  );
});

describe('a mistake', () => {
  it.each(MISTAKES)('%s is found', (id, tables) => {
    expect(idsOf(tables)).toContain(id);
  });
});

describe('a digit that was mistyped', () => {
  it('is put right where the work, the power column and the twin agree', () => {
    const summed = withRows((row, index) => ({ power_kw_as_printed: asSum(row, index) }));
    const right = value(summed.table4[4]?.time_s);
    const wrong = Number(`${Number(String(right)[0]) - 1}${String(right).slice(1)}`);
    const table4 = summed.table4.map((row, index) => (index === 4 ? { ...row, time_s: wrong } : row));
    const found = auditTables({ ...summed, table4 }).findings.find(({ rule }) => rule === 'run-time');
    expect(found).toMatchObject({
      id: 'run-time-b1y-16',
      confidence: 'certain',
      stated: { value: wrong, unit: 's' },
      recomputed: { value: right, unit: 's' },
    });
  });
});

describe('every rule', () => {
  const folder = join(INSTALLATION, 'stages', 'report', 'audit');
  const namesIn = (file: string): string[] =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/rule(?:: | = )'([a-z0-9-]+)'/g)].map(
      ([, name]) => name ?? '',
    );
  const files = readdirSync(folder);
  const tested = MISTAKES.flatMap(([, tables]) => auditTables(tables).findings.map(({ rule }) => rule));

  it('fires on one of the mistakes above', () => {
    const names = files.filter((file) => file !== 'report-figures.ts').flatMap(namesIn);
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !tested.includes(name))).toEqual([]);
  });

  it('is in the guide', () => {
    const guide = readFileSync(join(INSTALLATION, 'docs', 'guide', 'audit.md'), 'utf8');
    const names = [...files.flatMap(namesIn), ...tested];
    expect(names.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('every finding', () => {
  it('says what, why and what would settle it, and has an id of its own', () => {
    for (const [, tables] of MISTAKES) {
      const { findings } = auditTables(tables);
      expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length);
      for (const one of findings) {
        expect(one.id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        for (const text of [one.what, one.why, one.settle]) expect(text).toMatch(/^\S.{8,}[.]$/u);
      }
    }
  });
});
