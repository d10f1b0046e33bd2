import { type Cell, columnCells } from './interval.js';
import type { Claim, Column, Measurement, ScoreRow, Size, Study } from './study.js';
import type { Tables } from './tables-schema.js';

type Row = Tables['table4'][number];

/** What each column is called in the file. */
export const COLUMN_NAMES = {
  power_kw: 'power_kw_as_printed',
  time_s: 'time_s',
  power_per_inference_w: 'power_per_inference_w_as_printed',
  time_per_inference_s: 'time_per_inference_s',
  flops_per_s: 'flops_per_s',
  accuracy: 'accuracy',
  f_score: 'f_score',
  cpu_percent: 'cpu_percent',
  memory_percent: 'memory_percent',
  si: 'si',
  mpi: 'mpi',
  rer: 'rer',
} as const satisfies Readonly<Record<Column, keyof Row>>;

/** The tables of a publication as rules see them. */
export function studyOf(tables: Tables): Study {
  const claims = claimsOf(tables);
  return {
    boards: tables.table2_devices.map(({ device, soc, clock_ghz, supply_v, supply_a }) => ({
      name: device,
      soc,
      clock_ghz,
      supply_w: supply_v === undefined || supply_a === undefined ? null : supply_v * supply_a,
    })),
    measurements: measurementsOf(tables.table4),
    scores: scoresOf(tables),
    sizes: sizesOf(tables.model_sizes_mb_as_printed ?? {}),
    claims: claims.flatMap((claim) => (typeof claim === 'string' ? [] : [claim])),
    equations: Object.entries(tables.equations ?? {}).map(([name, text]) => ({ name, text })),
    inferences: tables.inferences ?? null,
    not_checked: claims.filter((claim) => typeof claim === 'string'),
  };
}

/** The cells of one column of some rows, in their order; undefined where a row has none. */
function columnOf<T>(rows: readonly T[], pick: (row: T) => number | undefined): (Cell | undefined)[] {
  const present = rows.flatMap((row) => pick(row) ?? []);
  const cells = present.length === 0 ? [] : columnCells(present);
  let next = 0;
  return rows.map((row) => {
    if (pick(row) === undefined) return undefined;
    next += 1;
    return cells[next - 1];
  });
}

function measurementsOf(rows: readonly Row[]): Measurement[] {
  const columns = Object.entries(COLUMN_NAMES).map(
    ([column, name]) => [column, columnOf(rows, (row) => row[name])] as const,
  );
  const seen = new Map<string, number>();
  return rows.map(({ device, bits }, index) => {
    const name = `${device}-${bits}`;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return {
      table: 'table4',
      row: times === 1 ? name : `${name}-${times}`,
      board: device,
      bits,
      cells: Object.fromEntries(
        columns.flatMap(([column, cells]) => {
          const cell = cells[index];
          return cell === undefined ? [] : [[column, cell]];
        }),
      ),
    };
  });
}

function scoresOf({ table3 = [], training }: Tables): ScoreRow[] {
  const read = (name: string, prefix: 'accuracy' | 'f') => {
    const columns = { mean: `${prefix}_mean`, spread: `${prefix}_pm`, max: `${prefix}_max` } as const;
    const means = columnOf(table3, (row) => row[`${prefix}_mean`]);
    const spreads = columnOf(table3, (row) => row[`${prefix}_pm`]);
    const maxima = columnOf(table3, (row) => row[`${prefix}_max`]);
    return table3.map((_, index) => {
      const mean = means[index];
      return mean === undefined
        ? []
        : [{ name, columns, mean, spread: spreads[index] ?? null, max: maxima[index] ?? null, min: null }];
    });
  };
  const accuracy = read('accuracy', 'accuracy');
  const f = read('f_score', 'f');
  return table3.map(({ bits }, index) => ({
    table: 'table3',
    row: `${bits}`,
    group: '',
    bits,
    n: training?.seeds ?? null,
    scores: [...(accuracy[index] ?? []), ...(f[index] ?? [])],
  }));
}

/** `tflite_8` is a file at 8 bits; `NAME_tf` and the like are what another program keeps of a model. */
function sizesOf(sizes: Readonly<Record<string, number>>): Size[] {
  return Object.entries(sizes).map(([name, mb]) => {
    const [, model = name, format = ''] = /^(.*)_([^_]+)$/.exec(name) ?? [];
    const bits = /^\d+$/.test(format) ? Number(format) : null;
    return { name, model, format, bits, mb: columnCells([mb])[0] ?? { value: mb, low: mb, high: mb } };
  });
}

/** A claim that the schema has no name for, or that nothing here can confirm, as a sentence. */
function claimsOf({ claims = {}, model_sizes_mb_as_printed: sizes = {} }: Tables): (Claim | string)[] {
  const factorOf = (value: number): Cell => columnCells([value])[0] ?? { value, low: value, high: value };
  return Object.entries(claims).flatMap(([name, value]): (Claim | string)[] => {
    if (typeof value === 'string') return [];
    const slow = /^slowdown_fp(\d+)_vs_(\w+)$/.exec(name);
    if (typeof value === 'object') {
      if (slow === null) return [`claims.${name}: there is no rule for a claim of this name.`];
      return Object.entries(value).map(([board, factor]) => ({
        kind: 'slow-down',
        name: `${name}.${board}`,
        reference: slow[2] ?? '',
        of: { board, bits: Number(slow[1]) },
        factor: factorOf(factor),
      }));
    }
    const throughput = /^min_\w+_per_second_(\d+)bit_all_devices$/.exec(name);
    if (throughput !== null) {
      return [{ kind: 'throughput', name, bits: Number(throughput[1]), least: value }];
    }
    const fastest = /^slowdown_vs_(\w+?)(?:_desktop)?_fastest$/.exec(name);
    if (fastest !== null) {
      return [
        { kind: 'slow-down', name, reference: fastest[1] ?? '', of: 'fastest', factor: factorOf(value) },
      ];
    }
    const size = /^size_reduction_vs_(\w+)$/.exec(name);
    if (size !== null && Object.keys(sizes).length > 0) {
      return [{ kind: 'size-ratio', name, reference: size[1] ?? '', factor: factorOf(value) }];
    }
    return [`claims.${name}: nothing in these tables confirms or refutes ${value}.`];
  });
}
