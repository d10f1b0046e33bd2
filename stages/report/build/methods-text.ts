import { compareNaturally } from '../order.js';

/** Those that there are, one after the other. */
export const sentences = (parts: readonly (string | false | null)[]): string =>
  parts.filter((part) => typeof part === 'string' && part !== '').join(' ');

/** Each once, in the order that people expect. */
export const unique = (texts: readonly string[]): string[] => [...new Set(texts)].sort(compareNaturally);

/** `was` or `were`. */
export const wasOrWere = (count: number): string => (count === 1 ? 'was' : 'were');
