import type { Json } from '../base/canonical.js';

/** `0.4s`, `42s`, `1m20s`, `2h05m`. */
export function duration(seconds: number): string {
  const positive = Math.max(0, seconds);
  if (positive < 9.95) return `${positive.toFixed(1)}s`;
  const whole = Math.round(positive);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${twoDigits(whole % 60)}s`;
  const minutes = Math.round(positive / 60);
  return `${Math.floor(minutes / 60)}h${twoDigits(minutes % 60)}m`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** Not `toLocaleString`, whose tables take 40 ms to load. */
function withThousands(whole: number): string {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Three significant digits for fractions, whole numbers as they are, with thousands separated. */
export function figure(value: number): string {
  if (!Number.isFinite(value))
    return Number.isNaN(value) ? 'not a number' : value > 0 ? 'infinite' : '-infinite';
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return withThousands(Math.round(value));
  if (Math.abs(value) < 1e-3) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

/** `loss 0.61`, `macro-F1 0.64`, `104 samples/s`: the words come from the name that the worker gave. */
export function metricText(name: string, value: number): string {
  const rate = /^(.*)_per_s(?:econd)?$/.exec(name);
  if (rate) return `${figure(value)} ${words(rate[1] ?? '')}/s`;
  const unit = /^(.*)_(s|ms|bytes)$/.exec(name);
  if (unit) return `${words(unit[1] ?? '')} ${withUnit(value, unit[2] ?? '')}`;
  return `${words(name)} ${figure(value)}`;
}

function withUnit(value: number, unit: string): string {
  if (unit === 's') return duration(value);
  return unit === 'bytes' ? bytes(value) : `${figure(value)} ms`;
}

/** Decimal units, as disks and downloads use them. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let scaled = value;
  let index = 0;
  while (Math.abs(scaled) >= 999.5 && index < units.length - 1) {
    scaled /= 1000;
    index += 1;
  }
  return `${index === 0 ? Math.round(scaled) : Number(scaled.toPrecision(3))} ${units[index]}`;
}

function words(name: string): string {
  return name.replace(/_f1\b/g, '-F1').replaceAll('_', ' ');
}

/** The scalar figures of a stage's summary, at most `limit`, in the order the worker gave. */
export function summaryFigures(summary: Readonly<Record<string, Json>>, limit: number): string[] {
  const texts: string[] = [];
  for (const [name, value] of Object.entries(summary)) {
    if (typeof value === 'number') texts.push(metricText(name, value));
    else if (typeof value === 'string' && value.length <= 40) texts.push(`${words(name)} ${value}`);
  }
  return texts.slice(0, limit);
}

/** `1 instance`, `2 instances`. */
export function counted(count: number, noun: string): string {
  return `${figure(count)} ${noun}${count === 1 ? '' : 's'}`;
}
