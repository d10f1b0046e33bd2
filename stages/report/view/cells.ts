import type { Scalar } from '../../../pipeline/contract/config.js';
import type { UncertainFigure } from '../../../pipeline/contract/meter.js';
import { ABSENT, formatMegabytes, formatNumber, formatUncertain } from '../../../pipeline/report/format.js';
import { type Content, type Html, html } from '../../../pipeline/report/html.js';
import { type Cell, type Column, cell } from '../../../pipeline/report/table.js';
import type { Interval, Spread } from '../model/scores.js';

/** A column of numbers; `data` names what stands in the CSV where that is not the header. */
export const numeric = (header: Content, ...data: readonly string[]): Column => ({
  header,
  numeric: true,
  ...(data.length > 0 ? { data } : {}),
});

export const seedText = (seed: Scalar | null): string => (seed === null ? ABSENT : String(seed));

/** Three decimals, as scores and probabilities are given. */
export const score = (value: number): string => formatNumber(value, 3);

/** A number with its raw value; a null is a dash unless told. */
export function value(raw: number | null, format: (value: number) => string, absent: string = ABSENT): Cell {
  return cell(raw === null ? absent : format(raw), raw);
}

export const count = (raw: number): Cell => value(raw, formatNumber);

/** Bytes are raw, megabytes shown. */
export const megabytes = (raw: number | null): Cell => value(raw, formatMegabytes);

export const ratio = (raw: number | null): Cell => value(raw, (of) => formatNumber(of, 2));

/** Mean and standard deviation, or the one value there is, said to be one. */
export function spread({ mean, sd, n }: Spread, format: (value: number) => string): Html {
  if (sd === null) return html`${format(mean)} <span class="sd">(n = ${n})</span>`;
  return html`${format(mean)} <span class="sd">± ${format(Math.abs(sd)).replace(/^\+/, '')}</span>`;
}

/** Mean, standard deviation and number apart in the CSV, for `spreadCell`. */
export const spreadColumn = (header: string): Column =>
  numeric(header, `${header} mean`, `${header} SD`, `${header} n`);

export function spreadCell(of: Spread | null, format: (value: number) => string): Cell {
  return of === null ? cell(ABSENT, null, null, null) : cell(spread(of, format), of.mean, of.sd, of.n);
}

/** Its ends apart in the CSV, for `intervalCell`; `name` with its unit. */
export const intervalColumn = (header: string, name: string = header, unit = ''): Column =>
  numeric(header, `${name} low${unit}`, `${name} high${unit}`);

export function intervalCell(of: Interval | null, format: (value: number) => string): Cell {
  return of === null ? cell(ABSENT, null, null) : cell(of.map(format).join(' to '), ...of);
}

/** The expanded uncertainty apart in the CSV, for `uncertainCell`. */
export function uncertainColumn(name: string, unit?: string): Column {
  const withUnit = (text: string): string => (unit === undefined ? text : `${text} (${unit})`);
  return numeric(withUnit(name), withUnit(name), withUnit(`${name} U, k = 2`));
}

export function uncertainCell(of: UncertainFigure | null | undefined): Cell {
  return of === null || of === undefined
    ? cell(ABSENT, null, null)
    : cell(formatUncertain(of), of.value, of.u_k2);
}
