import { readFileSync } from 'node:fs';
import { err, ok, type Result } from '../base/result.js';
import type { MeterFailure, MeterFinding } from '../contract/meter.js';
import { cellMoment, cellNumber, readCsvTable } from './csv-table.js';
import { median } from './power-series.js';

export interface TelemetrySample {
  readonly t_s: number;
  /** System-wide, 0 to 100. */
  readonly cpu_percent: number | null;
  readonly memory_percent: number | null;
  readonly temperature_c: number | null;
  readonly clock_mhz: number | null;
  /** `vcgencmd get_throttled`. */
  readonly throttled: number | null;
}

/** A log that another program kept of a board. */
export interface TelemetryLog {
  readonly samples: readonly TelemetrySample[];
  readonly damaged: number;
  readonly period_s: number;
  /** What is known to be wrong with such figures. */
  readonly notes: readonly string[];
  readonly findings: readonly MeterFinding[];
}

type Quantity = Exclude<keyof TelemetrySample, 't_s'>;

const COLUMNS: Readonly<Record<Quantity, RegExp>> = {
  cpu_percent: /^cpu[ _](usage|percent)/i,
  memory_percent: /^mem(ory)?[ _](usage|percent)/i,
  temperature_c: /temp/i,
  clock_mhz: /clock|freq/i,
  throttled: /throttled/i,
};
const SHOWN = 20;
/** Bits of the mask: `now` ends a measurement, `since` are those that a reboot clears. */
const BITS: readonly {
  readonly bit: number;
  readonly gate: 'under-voltage' | 'throttled';
  readonly text: string;
}[] = [
  { bit: 0, gate: 'under-voltage', text: 'the supply was below 4.63 V' },
  { bit: 1, gate: 'throttled', text: 'the clock was capped' },
  { bit: 2, gate: 'throttled', text: 'the board was throttled' },
  { bit: 3, gate: 'throttled', text: 'the soft temperature limit was reached' },
];

/** Reads a table of processor, memory, temperature, clock or throttling over time, as psutil and vcgencmd scripts write them. */
export function importTelemetryLog(path: string): Result<TelemetryLog, MeterFailure> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return problem(path, error instanceof Error ? error.message : String(error));
  }
  const table = readCsvTable(text);
  if (table === null) return problem(path, 'it is no table');
  const at = (pattern: RegExp): number => table.columns.findIndex((name) => pattern.test(name));
  const time = at(/^(time(stamp)?|t)\b/i);
  const columns = Object.entries(COLUMNS).map(([name, pattern]) => [name as Quantity, at(pattern)] as const);
  const there = columns.filter(([, index]) => index >= 0);
  if (time < 0 || there.length === 0) {
    return problem(path, `none of its columns is known: ${table.columns.join(', ')}`);
  }
  const samples = table.rows.flatMap((row): TelemetrySample[] => {
    const cell = (name: Quantity): number | null => {
      const index = columns.find(([known]) => known === name)?.[1] ?? -1;
      if (index < 0) return null;
      if (name !== 'throttled') return cellNumber(row[index], table.decimalComma);
      const mask = /^(?:throttled=)?0x([0-9a-f]+)$/i.exec(row[index] ?? '');
      return mask === null ? Number.NaN : Number.parseInt(mask[1] ?? '', 16);
    };
    const moment = cellMoment(row[time]);
    const sample = {
      t_s: Number.isNaN(moment) ? cellNumber(row[time], table.decimalComma) : moment,
      cpu_percent: cell('cpu_percent'),
      memory_percent: cell('memory_percent'),
      temperature_c: cell('temperature_c'),
      clock_mhz: cell('clock_mhz'),
      throttled: cell('throttled'),
    };
    return Object.values(sample).some((value) => Number.isNaN(value)) ? [] : [sample];
  });
  if (samples.length < 2) return problem(path, 'it has fewer than two rows of numbers');
  const steps = samples.slice(1).map(({ t_s }, index) => t_s - (samples[index]?.t_s ?? t_s));
  return ok({
    samples,
    damaged: table.damaged + table.rows.length - samples.length,
    period_s: median(steps),
    notes: notesOf(samples, steps),
    findings: findingsOf(samples),
  });
}

function notesOf(samples: readonly TelemetrySample[], steps: readonly number[]): readonly string[] {
  const notes: string[] = [];
  if (samples[0]?.cpu_percent === 0) {
    notes.push(
      'the first processor figure is 0: psutil has nothing to compare it with; leave it out of means',
    );
  }
  if (samples.every(({ t_s }) => Number.isInteger(t_s))) {
    notes.push('times are whole seconds: windows are known to a second at best');
  }
  if (steps.some((step) => step < 0)) notes.push('time goes back');
  return notes;
}

function findingsOf(samples: readonly TelemetrySample[]): readonly MeterFinding[] {
  return BITS.flatMap(({ bit, gate, text }): MeterFinding[] => {
    const set = samples.filter(({ throttled }) => throttled !== null && (throttled >> bit) % 2 === 1);
    if (set.length === 0) return [];
    return [
      {
        gate,
        message: `${text} in ${set.length} of ${samples.length} samples`,
        samples: set.slice(0, SHOWN).map((sample) => ({ ...sample })),
      },
    ];
  });
}

function problem(path: string, why: string): Result<never, MeterFailure> {
  return err({
    reason: 'file',
    message: `${path} is no log of a board: ${why}`,
    hint: 'it needs a column with time and one with cpu usage, memory usage, temperature, clock or throttled',
  });
}
