import { TOP_LEVEL_DOMAINS } from './top-level-domains.js';

/*
 * What twitter-text 3.1.0 takes for a URL, a mention, a hashtag and a cashtag, as one pattern each, so that a board can do the same
 * (`cleaning-document.ts`). Where the original looks again at what it found, a look-around says it. `test/unit/stages/clean/entities.test.ts`
 * holds them to its conformance files. Source: github.com/twitter/twitter-text, js/src/regexp, Apache-2.0.
 */

const LATIN_ACCENTS =
  '\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u024F\\u0253\\u0254\\u0256\\u0257\\u0259\\u025B\\u0263\\u0268\\u026F\\u0272\\u0289\\u028B\\u02BB\\u0300-\\u036F\\u1E00-\\u1EFF';
const SPACES =
  '\\u0009-\\u000D\\u0020\\u0085\\u00A0\\u1680\\u180E\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000';
const DIRECTIONS = '\\u202A-\\u202E\\u061C\\u200E\\u200F\\u2066-\\u2069';
const INVALID = '\\uFFFE\\uFEFF\\uFFFF';
/** All of it but the hyphen and the low line, which may stand inside a name. */
const PUNCTUATION = "!'#%&()*+,\\\\./:;<=>?@[\\]^{|}~$";

/** One character of a name, and one that is not its first or last. */
const NAME = `[^${PUNCTUATION}_\\-${SPACES}${INVALID}${DIRECTIONS}]`;
const INSIDE_NAME = `[^${PUNCTUATION}${SPACES}${INVALID}${DIRECTIONS}]`;
const INSIDE_LAST_NAME = `[^${PUNCTUATION}_${SPACES}${INVALID}${DIRECTIONS}]`;

const TOP_LEVEL = `(?:${alternatives(TOP_LEVEL_DOMAINS)}(?![0-9a-zA-Z@+\\-])|xn--[\\-0-9a-z]+)`;
/** No name of a host has over 63 characters, and one in Punycode has no others than ASCII's. */
const NO_FALSE_PUNYCODE = '(?!xn--[\\-0-9a-z]*[^\\u0000-\\u007F])';
const DOMAIN =
  `(?:${NO_FALSE_PUNYCODE}${NAME}(?:${INSIDE_NAME}{0,61}${NAME})?\\.)*` +
  `${NO_FALSE_PUNYCODE}${NAME}(?:${INSIDE_LAST_NAME}{0,61}${NAME})?\\.${TOP_LEVEL}`;
const ASCII_DOMAIN = `(?:[\\-a-z0-9${LATIN_ACCENTS}]+\\.)+${TOP_LEVEL}`;

const PATH_CHARACTER = `[a-z\\u0400-\\u04FF0-9!*';:=+,.$/%#[\\]\\-\\u2013_~@|&${LATIN_ACCENTS}]`;
const BALANCED = `\\((?:${PATH_CHARACTER}+|${PATH_CHARACTER}*\\(${PATH_CHARACTER}+\\)${PATH_CHARACTER}*)\\)`;
const PATH_END = `(?:[+\\-a-z\\u0400-\\u04FF0-9=_#/${LATIN_ACCENTS}]|${BALANCED})`;
const PATH = `\\/(?:${PATH_CHARACTER}*(?:${BALANCED}${PATH_CHARACTER}*)*${PATH_END})?`;
const QUERY = `\\?[a-z0-9!?*'@();:&=+$/%#[\\]\\-_.,~|]*[a-z0-9\\-_&=#/]`;

/** Links of the platform's own shortener have no further path; a code of over 40 characters is none of its. */
const SHORTENED = `t\\.co\\/[a-z0-9]{1,40}(?![a-z0-9])(?:${QUERY})?`;
const WITH_SCHEME = `https?:\\/\\/(?:${SHORTENED}|(?!t\\.co\\/[a-z0-9])${DOMAIN}(?::[0-9]+)?(?:${PATH})?(?:${QUERY})?)`;
const WITHOUT_SCHEME = `(?<![\\-_./${LATIN_ACCENTS}])${ASCII_DOMAIN}(?:(?::[0-9]+)?${PATH}(?:${QUERY})?)?`;

export const URL = new RegExp(
  `(?<![A-Za-z0-9@\\uFF20$#\\uFF03${INVALID}])(?:${WITH_SCHEME}|${WITHOUT_SCHEME})`,
  'giu',
);

/** `@name`, or `@name/list`; not inside of words and addresses, but for a retweet's `RT@name`. */
export const MENTION = new RegExp(
  '(?:(?<![a-zA-Z0-9_!#$%&*@\\uFF20])|(?<=(?<![a-zA-Z0-9_+~.\\-])[rR][tT]))[@\\uFF20]' +
    '(?:[a-zA-Z0-9_]{20}|[a-zA-Z0-9_]{1,19}(?![a-zA-Z0-9_]))' +
    '(?:\\/[a-zA-Z](?:[a-zA-Z0-9_\\-]{24}|[a-zA-Z0-9_\\-]{0,23}(?![a-zA-Z0-9_\\-]))|(?!\\/[a-zA-Z]))' +
    `(?![@\\uFF20${LATIN_ACCENTS}]|:\\/\\/)`,
  'gu',
);

const TAG_DIGITS =
  '\\p{Nd}_\\u200C\\u200D\\uA67E\\u05BE\\u05F3\\u05F4\\uFF5E\\u301C\\u309B\\u309C\\u30A0\\u30FB\\u3003\\u0F0B\\u0F0C\\u00B7';
const TAG = `\\p{L}\\p{M}${TAG_DIGITS}`;

/** `#tag` with at least one letter, at the beginning of a word. */
export const HASHTAG = new RegExp(
  `(?:(?<![${TAG}&])|(?<=[\\uFE0E\\uFE0F]))[#\\uFF03](?![\\uFE0F\\u20E3])(?=[${TAG_DIGITS}]*[\\p{L}\\p{M}])[${TAG}]+(?![${TAG}#\\uFF03]|:\\/\\/)`,
  'gu',
);

/** `$` and the sign of a share, after a space. */
export const CASHTAG = new RegExp(
  `(?<![^${SPACES}${DIRECTIONS}])\\$[a-zA-Z]{1,6}(?:[._][a-zA-Z]{1,2})?(?=$|\\s|[${PUNCTUATION}_\\-])`,
  'gu',
);

interface Branch {
  ends: boolean;
  readonly next: Map<string, Branch>;
}

/** Words as a tree of their first letters: a thousand alternatives would be tried one by one. */
function alternatives(words: readonly string[]): string {
  const root: Branch = { ends: false, next: new Map() };
  for (const word of words) {
    let branch = root;
    for (const letter of word) {
      const next = branch.next.get(letter) ?? { ends: false, next: new Map() };
      branch.next.set(letter, next);
      branch = next;
    }
    branch.ends = true;
  }
  return spelt(root);
}

function spelt({ ends, next }: Branch): string {
  if (next.size === 0) return '';
  const parts = [...next].map(([letter, branch]) => `${letter}${spelt(branch)}`);
  return `(?:${parts.join('|')})${ends ? '?' : ''}`;
}
