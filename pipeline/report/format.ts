import { uncertainDigits } from '../base/uncertain-digits.js';

/** Said wherever a number should stand and none does. */
export const NOT_A_NUMBER = 'not a number';
export const ABSENT = '–';

const grouped = (text: string): string => text.replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** Fixed decimals, thousands separated, a true minus sign; never depends on the locale. */
export function formatNumber(value: number, decimals = 0): string {
  if (Number.isNaN(value)) return NOT_A_NUMBER;
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const [whole = '', fraction] = Math.abs(value).toFixed(decimals).split('.');
  const digits = fraction === undefined ? grouped(whole) : `${grouped(whole)}.${fraction}`;
  const isZero = Number(digits.replaceAll(',', '')) === 0;
  return value < 0 && !isZero ? `−${digits}` : digits;
}

/** As many decimals as give about three significant digits: 0.412, 4.12, 41.2, 412. */
export function formatShort(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || value === 0) return formatNumber(value);
  if (size < 0.001) return value.toExponential(1).replace('-', '−').replace('e−', 'e-').replace('e+', 'e');
  return formatNumber(value, size < 1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0);
}

/** With its sign said: +0.012, −0.003; 0.000 when it rounds to nothing. */
export function formatSigned(value: number, decimals: number): string {
  const text = formatNumber(value, decimals);
  if (!Number.isFinite(value) || text.startsWith('−')) return text;
  return Number(text.replaceAll(',', '')) === 0 ? text : `+${text}`;
}

/** `1.23 ± 0.05`, with as many digits as the uncertainty has. */
export function formatUncertain({ value, u_k2 }: { readonly value: number; readonly u_k2: number }): string {
  const digits = uncertainDigits(u_k2);
  return `${formatNumber(value, digits)} ± ${formatNumber(u_k2, digits)}`;
}

/** Megabytes of 10^6 bytes, without the unit. */
export function formatMegabytes(bytes: number): string {
  return formatNumber(bytes / 1e6, bytes < 1e8 ? 1 : 0);
}

/** Bytes with the unit that fits: B, kB, MB, GB of powers of 1,000. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return formatNumber(bytes);
  if (bytes < 1e3) return `${formatNumber(bytes)} B`;
  if (bytes < 1e6) return `${formatNumber(bytes / 1e3, 1)} kB`;
  if (bytes < 1e9) return `${formatNumber(bytes / 1e6, 1)} MB`;
  return `${formatNumber(bytes / 1e9, 1)} GB`;
}

/** A fraction as a percentage: 0.5 is `50.0 %`. */
export function formatPercent(fraction: number, decimals = 1): string {
  return Number.isFinite(fraction) ? `${formatNumber(fraction * 100, decimals)} %` : formatNumber(fraction);
}

export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return formatNumber(seconds);
  if (seconds < 100) return `${formatNumber(seconds, 1)} s`;
  const rounded = Math.round(seconds);
  const minutes = Math.floor(rounded / 60);
  if (minutes < 100) return `${minutes} min ${rounded % 60} s`;
  return `${formatNumber(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** `1 seed`, `2 seeds`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatNumber(count)} ${count === 1 ? singular : plural}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
