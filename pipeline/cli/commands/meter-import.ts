import { resolve } from 'node:path';
import type { CsvQuantity, PowerClass } from '../../contract/meter.js';
import { importCsv } from '../../power/import-csv.js';
import { importTelemetryLog } from '../../power/telemetry-logs.js';
import { writeRecording } from '../../power/write-recording.js';
import { summaryLines } from '../../ui/meter-text.js';
import { EXIT } from '../exit-codes.js';
import { complain } from '../prepare.js';
import { answer, complainOfMeter, numberOf } from './meter-common.js';

export interface MeterImportOptions {
  readonly as: string;
  readonly out?: string;
  readonly column: readonly string[];
  readonly voltage?: string;
  readonly board?: string;
  readonly class: string;
  readonly json: boolean;
}

const QUANTITIES: readonly string[] = ['time', 'current', 'voltage', 'power'] satisfies CsvQuantity[];
const CLASSES: readonly string[] = ['measured_inline', 'partial', 'modelled'] satisfies PowerClass[];

/** `pipeline meter import FILE`: a bench meter's table becomes a recording; a log of a board is read and summed up. */
export async function meterImport(file: string, options: MeterImportOptions): Promise<number> {
  if (options.as === 'log') return importLog(file, options);
  if (options.as !== 'power') return complain(`--as ${options.as}: no such kind`, 'there are: power, log');
  if (!CLASSES.includes(options.class)) {
    return complain(`--class ${options.class}: no such class`, `there are: ${CLASSES.join(', ')}`);
  }
  const columns: Record<string, string> = {};
  for (const text of options.column) {
    const [quantity = '', ...rest] = text.split('=');
    if (!QUANTITIES.includes(quantity) || rest.length === 0) {
      const hint = 'write for example --column "current=I [mA]"; there are: time, current, voltage, power';
      return complain(`--column ${text}: not a column`, hint);
    }
    columns[quantity] = rest.join('=');
  }
  const voltage = options.voltage === undefined ? undefined : numberOf(options.voltage);
  if (options.voltage !== undefined && (voltage === undefined || voltage <= 0)) {
    return complain(`--voltage ${options.voltage}: not a voltage`, 'give volts, for example --voltage 5.1');
  }
  const imported = importCsv(resolve(file), {
    columns,
    ...(voltage === undefined ? {} : { voltage }),
    board: options.board ?? null,
    powerClass: options.class as Exclude<PowerClass, 'none'>,
    now_s: Date.now() / 1000,
  });
  if (!imported.ok) return complainOfMeter(imported.error);
  const { header, samples, summary } = imported.value;
  const out = options.out ?? `${file}.jsonl`;
  writeRecording(resolve(out), imported.value);
  if (summary === null) throw new Error('Internal error: an imported table has no summary');
  const mean = samples.reduce((sum, { power_w }) => sum + power_w, 0) / samples.length;
  const document = { recording: out, power_class: header.power_class, mean_w: mean, ...summary };
  answer(options.json, document, [
    ...summaryLines(summary),
    `mean power ${mean.toFixed(3)} W; written to ${out}`,
  ]);
  return EXIT.ok;
}

function importLog(file: string, { json }: MeterImportOptions): number {
  const log = importTelemetryLog(resolve(file));
  if (!log.ok) return complainOfMeter(log.error);
  const { samples, damaged, period_s, notes, findings } = log.value;
  const lines = [
    `${samples.length} samples, one every ${period_s} s; ${damaged} damaged`,
    ...notes.map((note) => `note: ${note}`),
    ...findings.map(({ gate, message }) => `INVALID (${gate}): ${message}`),
  ];
  answer(json, log.value, lines);
  return findings.length === 0 ? EXIT.ok : EXIT.failed;
}
