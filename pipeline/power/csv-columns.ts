import { err, ok, type Result } from '../base/result.js';
import { suggestion } from '../base/suggest.js';
import type { CsvQuantity, MeterFailure } from '../contract/meter.js';

/** Where a quantity stands, and what one of its unit is in seconds, amperes, volts or watts. */
export interface CsvColumn {
  readonly index: number;
  readonly name: string;
  readonly scale: number;
  /** Times are moments of a calendar. */
  readonly isMoment: boolean;
}

export type CsvColumns = Readonly<Partial<Record<CsvQuantity, CsvColumn>>>;

const PREFIXES: Readonly<Record<string, number>> = { '': 1, m: 1e-3, u: 1e-6, µ: 1e-6, μ: 1e-6, n: 1e-9 };
const UNITS: Readonly<Record<CsvQuantity, string>> = { time: 's', current: 'A', voltage: 'V', power: 'W' };
const NAMES: Readonly<Record<CsvQuantity, RegExp>> = {
  time: /^(t|time|timestamp|elapsed|elapsed[ _]time)$/i,
  current: /^(i|current|amps?|bus[ _]current)$/i,
  voltage: /^(u|v|voltage|volts?|bus[ _]voltage)$/i,
  power: /^(p|power|watts?|bus[ _]power)$/i,
};
/** Headers without units whose program is known: Joulescope writes seconds, amperes, volts and watts. */
const KNOWN_HEADERS: readonly (readonly string[])[] = [
  ['time', 'current', 'voltage', 'power', 'charge', 'energy'],
  ['time', 'current', 'voltage', 'power'],
];

/**
 * What each column holds: as declared, else by names with units (`Current(uA)`, `time [ms]`, `power_mW`), else by a header that a known
 * program writes. A name without a unit is never guessed: milliwatts look like watts.
 */
export function recogniseColumns(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  declared: Readonly<Partial<Record<CsvQuantity, string>>>,
): Result<CsvColumns, MeterFailure> {
  const found: Partial<Record<CsvQuantity, CsvColumn>> = {};
  const isKnown = KNOWN_HEADERS.some((names) => names.join() === columns.join());
  for (const quantity of Object.keys(UNITS) as CsvQuantity[]) {
    const wanted = declared[quantity];
    const column =
      wanted === undefined
        ? byName(quantity, columns, rows, isKnown)
        : asDeclared(quantity, wanted, columns, rows);
    if (!column.ok) return column;
    if (column.value !== null) found[quantity] = column.value;
  }
  if (found.time === undefined) return missing('time', columns);
  if (found.power === undefined && found.current === undefined) return missing('power', columns);
  return ok(found);
}

function byName(
  quantity: CsvQuantity,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  isKnown: boolean,
): Result<CsvColumn | null, MeterFailure> {
  const candidates = columns.flatMap((text, index) => {
    const { name, unit } = nameAndUnit(text);
    return NAMES[quantity].test(name) ? [{ text, index, unit }] : [];
  });
  const [first] = candidates;
  if (first === undefined) return ok(null);
  if (candidates.length > 1) {
    const names = candidates.map(({ text }) => `"${text}"`).join(' and ');
    return problem(`${names} may both be the ${quantity}`, declare(quantity, first.text));
  }
  const { text, index, unit } = first;
  if (quantity === 'time' && isMoment(rows, index))
    return ok({ index, name: text, scale: 1, isMoment: true });
  if (unit === null && !isKnown) {
    return problem(`the column "${text}" does not say its unit`, declare(quantity, text));
  }
  const scale = unit === null ? 1 : scaleOf(quantity, unit);
  if (scale === null) {
    return problem(
      `the column "${text}" has the unit "${unit}", which is none of ${quantity}`,
      declare(quantity, text),
    );
  }
  return ok({ index, name: text, scale, isMoment: false });
}

function asDeclared(
  quantity: CsvQuantity,
  wanted: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): Result<CsvColumn, MeterFailure> {
  const match = /^(.*\S)\s*\[([^\]]+)\]$/.exec(wanted);
  const exact = columns.indexOf(wanted);
  const name = match?.[1] ?? wanted;
  const index = columns.includes(name) ? columns.indexOf(name) : exact;
  if (index < 0) return problem(`there is no column "${name}"`, suggestion(name, columns, 'columns'));
  if (quantity === 'time' && isMoment(rows, index)) return ok({ index, name, scale: 1, isMoment: true });
  const unit = columns.includes(name) && match !== null ? match[2] : nameAndUnit(columns[index] ?? '').unit;
  const scale = unit === null || unit === undefined ? null : scaleOf(quantity, unit);
  if (scale === null) {
    return problem(
      unit === null || unit === undefined
        ? `the column "${name}" does not say its unit`
        : `"${unit}" is no unit of ${quantity}`,
      declare(quantity, name),
    );
  }
  return ok({ index, name, scale, isMoment: false });
}

/** `Current(uA)`, `time [ms]`, `power_mW`, `voltage / V`: name and unit. */
function nameAndUnit(text: string): { name: string; unit: string | null } {
  const bracket = /^(.*?)\s*[([]\s*([^)\]]+?)\s*[)\]]$/.exec(text) ?? /^(.*?)\s*\/\s*(\S+)$/.exec(text);
  if (bracket !== null) return { name: bracket[1] ?? '', unit: bracket[2] ?? null };
  const suffix = /^(.+?)[_ ]((?:[munµμ]?[sAVW])|sec|seconds)$/.exec(text);
  return suffix === null ? { name: text, unit: null } : { name: suffix[1] ?? '', unit: suffix[2] ?? null };
}

function scaleOf(quantity: CsvQuantity, unit: string): number | null {
  if (quantity === 'time' && /^(sec|secs|seconds?)$/i.test(unit)) return 1;
  const base = UNITS[quantity];
  if (!unit.endsWith(base)) return null;
  return PREFIXES[unit.slice(0, -base.length)] ?? null;
}

function isMoment(rows: readonly (readonly string[])[], index: number): boolean {
  return /^\d{4}-\d\d-\d\d[T ]/.test(rows[0]?.[index] ?? '');
}

function declare(quantity: CsvQuantity, name: string): string {
  return `say it: --column "${quantity}=${name} [m${UNITS[quantity]}]", or in pipeline.yaml columns: { ${quantity}: "${name} [m${UNITS[quantity]}]" }`;
}

function missing(quantity: CsvQuantity, columns: readonly string[]): Result<never, MeterFailure> {
  const also = quantity === 'power' ? ' and none with current' : '';
  return problem(
    `there is no column with ${quantity}${also}; the columns are: ${columns.join(', ')}`,
    declare(quantity, 'NAME'),
  );
}

function problem(message: string, hint: string): Result<never, MeterFailure> {
  return err({ reason: 'file', message, hint });
}
