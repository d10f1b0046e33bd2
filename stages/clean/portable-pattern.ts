/** Parts of a regular expression: a class, an escape, a group's beginning, a sign, a quantifier, or one character. */
const PARTS =
  /\[(?:\\.|[^\]\\])*\]|\\[pP]\{[^}]*\}|\\u\{[^}]*\}|\\u[0-9a-fA-F]{4}|\\.|\(\?<?.|\{\d+(?:,\d*)?\}|./gsu;

/** The same in Python's `re`. */
const UNCHANGED = /^(?:\(\?(?:<[=!]|[:=!])|[()|*+?]|\{\d+(?:,\d*)?\})$/;

type Range = readonly [first: number, last: number];

/** All code points in order, cut where two halves of a surrogate pair would join. */
let ascii: string | undefined;
let pieces: readonly [string, string] | undefined;
let basic: readonly [string, string] | undefined;
const known = new Map<string, readonly Range[]>();

/**
 * A pattern of ours (flag `u`, perhaps `i`, no named group, no back reference, no dot) for Python's `re` without flags. Sets of characters are
 * spelt out by code point, as this Node's Unicode has them: Python knows no `\p{...}`, another Unicode, and folds case otherwise.
 */
export function portablePattern(pattern: RegExp): string {
  const flags = pattern.flags.replace('g', '');
  if (!/^i?u$/.test(flags))
    throw new RangeError(`Internal error: ${pattern} needs the flag u and no other but i and g`);
  return [...pattern.source.matchAll(PARTS)]
    .map(([part]) => {
      if (UNCHANGED.test(part)) return part;
      if (part === '^') return '\\A';
      if (part === '$') return '\\Z';
      if (part === '\\b') {
        const word = setOf(rangesOf('\\w', flags));
        return `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
      }
      if (part === '.' || /^(?:\\[1-9Bk]|\(\?)/.test(part))
        throw new RangeError(`Internal error: ${part} of ${pattern} is not portable`);
      return setOf(rangesOf(part, flags));
    })
    .join('');
}

/** What one part matches, by trying every code point there is. */
function rangesOf(part: string, flags: string): readonly Range[] {
  const key = `${flags} ${part}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  ascii ??= codePoints(0, 0x212a);
  pieces ??= [codePoints(0, 0xdbff), codePoints(0xdc00, 0x10ffff)];
  basic ??= [pieces[0], codePoints(0xdc00, 0xffff)];
  // The last character that folds to one of ASCII is the Kelvin sign, so most parts need no look at all of Unicode.
  const isAscii =
    /^\\\W$/.test(part) ||
    (part.length === 1 && part < '\u0080') ||
    /^\[(?!\^)(?:[\u0020-\u005B\u005D-\u007E]|\\[\Wwd])*\]$/.test(part);
  // A set that names no property and no character beyond U+FFFF takes all of those or none.
  const isBasic = !isAscii && !/\\[pP]|\\u\{|[\u{10000}-\u{10FFFF}]/u.test(part);
  const searched = isAscii ? [ascii] : isBasic ? basic : pieces;
  const runs = searched.flatMap((piece) => [...piece.matchAll(new RegExp(`${part}+`, `g${flags}`))]);
  const ranges = runs.map(([run]): Range => {
    const lastUnit = run.length - 1;
    const isPair =
      run.length > 1 &&
      /[\uDC00-\uDFFF]/.test(run[lastUnit] ?? '') &&
      /[\uD800-\uDBFF]/.test(run[lastUnit - 1] ?? '');
    return [run.codePointAt(0) ?? 0, run.codePointAt(isPair ? lastUnit - 1 : lastUnit) ?? 0];
  });
  if (isBasic && new RegExp(part, flags).test('\u{10FFFF}')) ranges.push([0x10000, 0x10ffff]);
  known.set(key, ranges);
  return ranges;
}

function codePoints(first: number, last: number): string {
  const chunks: string[] = [];
  for (let code = first; code <= last; code += 1) chunks.push(String.fromCodePoint(code));
  return chunks.join('');
}

function setOf(ranges: readonly Range[]): string {
  const [only] = ranges;
  if (ranges.length === 1 && only !== undefined && only[0] === only[1]) return escaped(only[0]);
  return `[${ranges.map(([first, last]) => (first === last ? escaped(first) : `${escaped(first)}-${escaped(last)}`)).join('')}]`;
}

function escaped(code: number): string {
  const character = String.fromCodePoint(code);
  if (/[0-9A-Za-z]/.test(character)) return character;
  const hex = code.toString(16);
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
