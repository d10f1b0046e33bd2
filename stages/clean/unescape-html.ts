import { decodeWindows1252 } from '../../pipeline/base/windows-1252.js';

/** Named references that occur in tweets and in pages they were scraped from, but for letters with accents. */
const SYMBOLS: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00A0',
  hellip: '\u2026',
  mdash: '\u2014',
  ndash: '\u2013',
  lsquo: '\u2018',
  rsquo: '\u2019',
  ldquo: '\u201C',
  rdquo: '\u201D',
  laquo: '\u00AB',
  raquo: '\u00BB',
  iexcl: '\u00A1',
  iquest: '\u00BF',
  euro: '\u20AC',
  pound: '\u00A3',
  copy: '\u00A9',
  reg: '\u00AE',
  trade: '\u2122',
  hearts: '\u2665',
};

const ACCENTS: Readonly<Record<string, string>> = {
  acute: '\u0301',
  grave: '\u0300',
  circ: '\u0302',
  uml: '\u0308',
  tilde: '\u0303',
  cedil: '\u0327',
};

/** What each named reference stands for: a map, because `&valueOf;` is none. */
export const NAMED_REFERENCES: ReadonlyMap<string, string> = new Map([
  ...Object.entries(ACCENTS).flatMap(([accent, mark]) =>
    [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ']
      .map((letter): [string, string] => [`${letter}${accent}`, `${letter}${mark}`.normalize('NFC')])
      .filter(([, composed]) => composed.length === 1),
  ),
  ...Object.entries(SYMBOLS),
]);

const REFERENCE = /&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));/g;

/**
 * Replaces HTML character references, once: `&amp;lt;` becomes `&lt;`.
 * What is no reference stays as it is. Halves of a surrogate pair, which some feeds write as two references, join.
 *
 * Source: https://html.spec.whatwg.org/multipage/parsing.html#numeric-character-reference-end-state
 */
export function unescapeHtml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(REFERENCE, (whole, decimal: string, hexadecimal: string, name: string) => {
    if (name !== undefined) return NAMED_REFERENCES.get(name) ?? whole;
    return character(decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal)) ?? whole;
  });
}

function character(code: number): string | undefined {
  if (code === 0 || code > 0x10ffff) return undefined;
  // HTML takes these for Windows-1252, not for the C1 controls that Unicode has there.
  if (code >= 0x80 && code <= 0x9f) return decodeWindows1252(Uint8Array.of(code));
  return code <= 0xffff ? String.fromCharCode(code) : String.fromCodePoint(code);
}
