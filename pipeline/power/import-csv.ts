import { readFileSync } from 'node:fs';
import { err, ok, type Result } from '../base/result.js';
import type { CsvQuantity, MeterFailure, PowerClass, SampleRecord } from '../contract/meter.js';
import { type CsvColumns, recogniseColumns } from './csv-columns.js';
import { type CsvTable, cellMoment, cellNumber, readCsvTable } from './csv-table.js';
import { implausible } from './plausible.js';
import { median } from './power-series.js';
import type { Recording } from './recording-file.js';

export interface CsvImport {
  readonly columns?: Readonly<Partial<Record<CsvQuantity, string>>>;
  /** Supply voltage where no column has it, volts. */
  readonly voltage?: number;
  /** Model of the board, for the check of plausibility. */
  readonly board: string | null;
  readonly powerClass: Exclude<PowerClass, 'none'>;
  /** Host clock, seconds since 1970. */
  readonly now_s: number;
}

/** Power times current and voltage may differ by so much, the meter's own averaging: more is another unit. */
const AGREEMENT = 0.02;

/** The table of a bench meter as a recording. Rows without numbers are counted as damaged and left out. */
export function importCsv(path: string, options: CsvImport): Result<Recording, MeterFailure> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return problem(`${path} cannot be read: ${why}`, 'give the table that the bench meter wrote');
  }
  const table = readCsvTable(text);
  if (table === null) return problem(`${path} is no table`, 'give the CSV file that the bench meter wrote');
  const columns = recogniseColumns(table.columns, table.rows, options.columns ?? {});
  if (!columns.ok) return err({ ...columns.error, message: `${path}: ${columns.error.message}` });
  const samples = samplesOf(table, columns.value, options.voltage ?? null);
  if (!samples.ok) return err({ ...samples.error, message: `${path}: ${samples.error.message}` });
  const problemOfValues = checkValues(samples.value, options.board);
  if (problemOfValues !== null) {
    return err({ ...problemOfValues, message: `${path}: ${problemOfValues.message}` });
  }
  const [first, last] = [samples.value[0], samples.value.at(-1)];
  const damaged = table.damaged + table.rows.length - samples.value.length;
  return ok({
    header: {
      record: 'header',
      schema: 1,
      kind: 'csv',
      power_class: options.powerClass,
      emulated: false,
      clock: 'file',
      sampler: `table with columns ${Object.values(columns.value)
        .map(({ name }) => name)
        .join(', ')}`,
      block_s: null,
      started_at_s: options.now_s,
    },
    blocks: [],
    edges: [],
    samples: samples.value,
    summary: {
      samples: samples.value.length,
      edges: 0,
      damaged,
      dropped: droppedRows(samples.value),
      duration_s: (last?.t_s ?? 0) - (first?.t_s ?? 0),
      emulated: false,
    },
  });
}

function samplesOf(
  table: CsvTable,
  columns: CsvColumns,
  declaredVolts: number | null,
): Result<readonly SampleRecord[], MeterFailure> {
  const { time, current, voltage, power } = columns;
  if (time === undefined) throw new Error('Internal error: a table without time');
  if (power === undefined && voltage === undefined && declaredVolts === null) {
    return problem(
      'there is current and no voltage, so no power',
      'say the supply voltage that you measured: --voltage 5.1',
    );
  }
  const samples: SampleRecord[] = [];
  for (const row of table.rows) {
    const number = (column: typeof time | undefined): number | null =>
      column === undefined ? null : cellNumber(row[column.index], table.decimalComma) * column.scale;
    const t_s = time.isMoment ? cellMoment(row[time.index]) : (number(time) ?? Number.NaN);
    const current_a = number(current);
    const voltage_v = number(voltage) ?? declaredVolts;
    const power_w = number(power) ?? (current_a ?? Number.NaN) * (voltage_v ?? Number.NaN);
    if (![t_s, power_w, current_a ?? 0, voltage_v ?? 0].every(Number.isFinite)) continue;
    const before = samples.at(-1);
    if (before !== undefined && t_s <= before.t_s) {
      return problem(
        `time goes back or stands still after ${before.t_s} s (row ${samples.length + 1})`,
        'give one recording a file; times need fractions of a second where rows come faster',
      );
    }
    samples.push({ record: 'sample', t_s, current_a, voltage_v, power_w });
  }
  if (samples.length < 2) return problem('it has fewer than two rows of numbers', 'give the whole recording');
  return ok(samples);
}

function checkValues(samples: readonly SampleRecord[], board: string | null): MeterFailure | null {
  const ratios = samples.flatMap(({ power_w, current_a, voltage_v }) =>
    current_a === null || voltage_v === null || current_a * voltage_v === 0
      ? []
      : [power_w / (current_a * voltage_v)],
  );
  const ratio = ratios.length === 0 ? 1 : median(ratios);
  if (Math.abs(ratio - 1) > AGREEMENT) {
    return {
      reason: 'implausible',
      message: `power is ${Number(ratio.toPrecision(3))} times current times voltage`,
      hint: 'check the units of the columns: one of them is declared wrong',
    };
  }
  const volts = samples.flatMap(({ voltage_v }) => (voltage_v === null ? [] : [voltage_v]));
  return implausible(board, {
    power_w: median(samples.map(({ power_w }) => power_w)),
    voltage_v: volts.length === 0 ? null : median(volts),
  });
}

function droppedRows(samples: readonly SampleRecord[]): number {
  const steps = samples.slice(1).map(({ t_s }, index) => t_s - (samples[index]?.t_s ?? t_s));
  const period = median(steps);
  return steps.reduce((sum, step) => sum + Math.max(0, Math.round(step / period) - 1), 0);
}

function problem(message: string, hint: string): Result<never, MeterFailure> {
  return err({ reason: 'file', message, hint });
}
