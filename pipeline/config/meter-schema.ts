import { z } from 'zod';
import type { Acs712Kind, CsvQuantity, MeterKind } from '../contract/meter.js';

const text = z.string().min(1);
const KINDS = [
  'acs712-05b',
  'acs712-20a',
  'acs712-30a',
  'csv',
  'none',
] as const satisfies readonly MeterKind[];

const column = (quantity: CsvQuantity): z.ZodOptional<z.ZodString> =>
  text.optional().describe(`Column with the ${quantity}, and its unit: "name [unit]".`);

export const meterSchema = z
  .strictObject({
    kind: z
      .enum(KINDS)
      .describe('An ACS712 behind an Arduino, a table that a bench meter writes, or no meter.'),
    port: text.optional().describe('acs712: serial port of the Arduino, for example /dev/ttyACM0.'),
    calibration: text
      .optional()
      .describe('acs712: document of `pipeline meter calibrate`, relative to this file.'),
    file: text.optional().describe('csv: the table, relative to this file.'),
    columns: z
      .strictObject({
        time: column('time'),
        current: column('current'),
        voltage: column('voltage'),
        power: column('power'),
      })
      .optional()
      .describe('csv: what columns hold, where their names do not say it.'),
    voltage: z
      .number()
      .positive()
      .max(100)
      .optional()
      .describe('csv: supply voltage that was measured, where no column has it.'),
    accuracy_percent: z
      .number()
      .positive()
      .max(100)
      .optional()
      .describe("csv: standard uncertainty of the meter's power, in percent of it."),
    class: z
      .enum(['measured_inline', 'partial', 'modelled'])
      .optional()
      .describe("What it sees: all of the board's power (the default), some rails, or a model of it."),
  })
  .describe('Power meter of the device.');

const ACS712 = ['port', 'calibration', 'class'] as const;

/** What each kind of meter can have, beside `kind`. */
export const METER_KEYS: Readonly<Record<MeterKind, readonly string[]>> = {
  'acs712-05b': ACS712,
  'acs712-20a': ACS712,
  'acs712-30a': ACS712,
  csv: ['file', 'columns', 'voltage', 'accuracy_percent', 'class'],
  none: [],
};

/** What a kind cannot do without. */
export const METER_NEEDS: Readonly<Record<Acs712Kind | 'csv', { key: string; example: string }>> = {
  'acs712-05b': { key: 'port', example: 'port: /dev/ttyACM0' },
  'acs712-20a': { key: 'port', example: 'port: /dev/ttyACM0' },
  'acs712-30a': { key: 'port', example: 'port: /dev/ttyACM0' },
  csv: { key: 'file', example: 'file: joulescope.csv' },
};
