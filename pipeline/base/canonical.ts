import { hash } from 'node:crypto';

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** `sha256:<hex>`; the algorithm is in the string so that another one can be added without ambiguity. */
export type Digest = `sha256:${string}`;

/** Compares by code point, never by locale: keys must not depend on where the engine runs. */
export function compareCodePoints(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Texts of objects that many documents hold and that nobody changes, made once. */
export type KnownTexts = WeakMap<object, string>;

/**
 * Stable JSON: keys in code-unit order, no white space, undefined members left out.
 *
 * @param known what is in it is not written again.
 * @throws RangeError on NaN and infinities, which JSON cannot say.
 */
export function canonicalJson(value: Json, known?: KnownTexts): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new RangeError(`Internal error: ${value} cannot be written as JSON`);
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, known)).join(',')}]`;
  const text = known?.get(value);
  if (text !== undefined) return text;
  const record = value as { readonly [key: string]: Json | undefined };
  let members = '';
  // The order of `sort` is that of code units, and it is much faster without a function of ours.
  for (const key of Object.keys(record).sort()) {
    const member = record[key];
    if (member === undefined) continue;
    members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member, known)}`;
  }
  return `{${members}}`;
}

export function digestOf(data: string | Uint8Array): Digest {
  return `sha256:${hash('sha256', data)}`;
}

export function digestOfJson(value: Json, known?: KnownTexts): Digest {
  return digestOf(canonicalJson(value, known));
}

/** The 64 hexadecimal digits of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
