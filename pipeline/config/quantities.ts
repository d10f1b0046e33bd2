import { z } from 'zod';

const SECONDS_IN = { d: 86_400, h: 3600, m: 60, s: 1 } as const;
/** Node's timers count milliseconds in 32 bits and fire at once beyond them, 24.8 days. */
const LONGEST_SECONDS = 24 * SECONDS_IN.d;

const DURATION = /^(?=.)(?:\d+(?:\.\d+)?d)?(?:\d+(?:\.\d+)?h)?(?:\d+(?:\.\d+)?m)?(?:\d+(?:\.\d+)?s)?$/;
const DURATION_FORM = 'a time is a number of seconds, or for example `90s`, `15m`, `2h` or `1h30m`';

function secondsOf(text: string): number {
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)([dhms])/g)) {
    seconds += Number(amount) * SECONDS_IN[unit as keyof typeof SECONDS_IN];
  }
  return seconds;
}

/** `2 hours` is `2h`: what was probably meant, where it can be read at all. */
function meantDuration(text: string): string | undefined {
  const [, hours, minutes, seconds] = /^(\d{1,3}):(\d{2}):(\d{2})$/.exec(text) ?? [];
  if (hours !== undefined) {
    const parts = [`${Number(hours)}h`, `${Number(minutes)}m`, `${Number(seconds)}s`];
    return parts.filter((part) => !/^0[hms]$/.test(part)).join('') || undefined;
  }
  const words =
    /^\s*(\d+(?:\.\d+)?)\s*(?:(s)(?:ecs?|econds?)?|(m)(?:ins?|inutes?)?|(h)(?:rs?|ours?)?|(d)(?:ays?)?)\.?\s*$/i;
  const [, amount, ...units] = words.exec(text) ?? [];
  const unit = units.find((letter) => letter !== undefined);
  return unit === undefined ? undefined : `${amount}${unit.toLowerCase()}`;
}

function hintFor(form: string, meant: (text: string) => string | undefined) {
  return (issue: { readonly input?: unknown }): string => {
    const near = meant(String(issue.input));
    return near === undefined ? form : `did you mean \`${near}\`? ${form}`;
  };
}

/** A time as people write it, in seconds. */
export function durationSchema(least: 'zero' | 'more-than-zero') {
  const bounds = z.number().max(LONGEST_SECONDS);
  const seconds = least === 'zero' ? bounds.min(0) : bounds.positive();
  return z
    .union([z.string().regex(DURATION, { error: hintFor(DURATION_FORM, meantDuration) }), seconds])
    .transform((value) => (typeof value === 'string' ? secondsOf(value) : value))
    .pipe(seconds);
}

const BYTES_IN: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const SIZE = /^(\d+(?:\.\d+)?) ?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$/;
const SIZE_FORM = 'a size is a number of bytes, or for example `512MiB`, `4GiB` or `4GB`';
/** Less is surely a number without the unit that was meant. */
const LEAST_BYTES = BYTES_IN.MiB ?? 0;

function bytesOf(text: string): number {
  const [, amount, unit] = SIZE.exec(text) ?? [];
  return Math.round(Number(amount) * (BYTES_IN[unit ?? ''] ?? Number.NaN));
}

/** `4G`, `4gb` and `4 gib` are `4GiB`: programs that count memory by such letters mean powers of two. */
function meantSize(text: string): string | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt])i?b?(?:ytes?)?\s*$/i.exec(text);
  return match === null ? undefined : `${match[1]}${(match[2] ?? '').toUpperCase()}iB`;
}

const bytes = z.int().min(LEAST_BYTES);

/** A size of memory as people write it, in bytes. */
export const sizeSchema = z
  .union([z.string().regex(SIZE, { error: hintFor(SIZE_FORM, meantSize) }), bytes])
  .transform((value) => (typeof value === 'string' ? bytesOf(value) : value))
  .pipe(bytes);
