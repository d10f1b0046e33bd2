import { unreachable } from '../../pipeline/base/unreachable.js';
import type { StepName } from '../_shared/cleaning-steps.js';
import { CASHTAG, HASHTAG, MENTION, URL } from './entities.js';
import { unescapeHtml } from './unescape-html.js';

/** What a step does, as data: a device that cleans a text before it classifies it does the same (`cleaning-document.ts`). */
export type CleaningAction =
  | { readonly kind: 'replace'; readonly pattern: RegExp; readonly with: string }
  | { readonly kind: 'normalize'; readonly form: 'NFC' }
  | { readonly kind: 'unescape-html' };

/** One named step of cleaning. Steps never throw, for any string. */
export interface CleaningStep {
  readonly name: StepName;
  /** What it does, for the documentation. */
  readonly summary: string;
  readonly actions: readonly CleaningAction[];
  readonly apply: (text: string) => string;
}

/** A feed that escapes what was escaped makes a chain of these; all of it is one `&`. */
const AMPERSANDS = /&(?:(?:amp|#0{0,5}38|#[xX]0{0,4}26);)+/gu;

/** Pages show an ellipsis behind a link that they shortened; it goes with it. */
const ELLIPSIS = '(?:[ \\u00A0]?\\u2026)?';
const WHOLE_URLS = new RegExp(`${URL.source}${ELLIPSIS}`, URL.flags);

/**
 * What is a URL to a reader and not to twitter-text: other schemes and hosts, `www.` and a host with a path whose ends nobody
 * registered, and what is left of a URL that was cut, `http…`.
 */
const OTHER_URLS =
  /(?:(?:https?|ftp):\/\/[^\s"<>\u2026\u201C\u201D\u00AB\u00BB]*|(?<![\w@.-])(?:www\.[a-z0-9]|(?:[a-z0-9-]+\.)+[a-z]{2,6}\/)[^\s"<>\u2026\u201C\u201D\u00AB\u00BB]*)(?:[ \u00A0]?\u2026)?|\bhttps?(?::\/?)?\u2026/giu;

/** Format characters and noncharacters, but for the joiners and tags that make one emoji of several characters. */
const INVISIBLE =
  /(?:(?![\u200D\u{E0020}-\u{E007F}])[\p{Cf}\p{Noncharacter_Code_Point}])+|(?<![\uFE0F\p{Extended_Pictographic}\p{Emoji_Modifier}])\u200D|\u200D(?!\p{Extended_Pictographic})|(?<![\u{1F3F4}\u{E0020}-\u{E007F}])[\u{E0020}-\u{E007F}]+/gu;

/**
 * Keycaps with their digit, pictographs, flags, skin tones, what joins them into sequences, and private use, where
 * phones had emojis before Unicode did.
 */
const EMOJI =
  /[0-9#*]\uFE0F?\u20E3|[\p{Extended_Pictographic}\p{Emoji_Presentation}\p{Emoji_Modifier}\p{Regional_Indicator}\p{Co}]|\u200D|\uFE0F|\u20E3|[\u{E0020}-\u{E007F}]/gu;

/** Characters of written words that punctuation would otherwise tear apart: don't, rock'n'roll. */
const INNER_APOSTROPHE = /(?<=\p{L})['\u2019\u02BC\uFF07](?=\p{L})/gu;

const replace = (pattern: RegExp, text: string): CleaningAction => ({ kind: 'replace', pattern, with: text });

function step(name: StepName, summary: string, ...actions: readonly CleaningAction[]): CleaningStep {
  return { name, summary, actions, apply: (text) => actions.reduce(act, text) };
}

function act(text: string, action: CleaningAction): string {
  switch (action.kind) {
    case 'replace':
      return text.replace(action.pattern, action.with);
    case 'normalize':
      return text.normalize(action.form);
    case 'unescape-html':
      return unescapeHtml(text);
    default:
      return unreachable(action);
  }
}

export const steps = {
  unescapeHtml: step(
    'unescape-html',
    'HTML character references become the characters they stand for, however often they were escaped.',
    replace(AMPERSANDS, '&'),
    { kind: 'unescape-html' },
  ),
  loneSurrogates: step(
    'lone-surrogates',
    'Halves of surrogate pairs go: what stays is valid UTF-16.',
    replace(/\p{Surrogate}/gu, ''),
  ),
  invisible: step(
    'invisible',
    'Control characters become spaces; zero-width, bidirectional and other format characters go, but for those inside an emoji.',
    replace(/\p{Cc}+/gu, ' '),
    replace(INVISIBLE, ''),
  ),
  nfc: step(
    'nfc',
    'Unicode normalization form C: one code point for a letter and its accent, where there is one.',
    { kind: 'normalize', form: 'NFC' },
  ),
  urls: step(
    'urls',
    'URLs go: all that twitter-text takes for one, and those that were cut.',
    replace(WHOLE_URLS, ' '),
    replace(OTHER_URLS, ' '),
  ),
  mentions: step(
    'mentions',
    'Names of users and lists go, as twitter-text finds them: @name, @name/list.',
    replace(MENTION, ' '),
  ),
  hashtags: step(
    'hashtags',
    'Hashtags go, their words too, as twitter-text finds them.',
    replace(HASHTAG, ' '),
  ),
  cashtags: step('cashtags', 'Signs of shares go, as twitter-text finds them: $TWTR.', replace(CASHTAG, ' ')),
  emojis: step(
    'emojis',
    'Emojis go: sequences, flags, keycaps, skin tones and the private-use ones of old phones.',
    replace(EMOJI, ' '),
  ),
  symbols: step(
    'symbols',
    'Symbols go: currency, mathematical and others (Unicode category S), but for emojis.',
    replace(
      /(?![\p{Extended_Pictographic}\p{Emoji_Presentation}\p{Emoji_Modifier}\p{Regional_Indicator}])\p{S}/gu,
      ' ',
    ),
  ),
  punctuation: step(
    'punctuation',
    "Punctuation goes (Unicode category P), @ and # with it; an apostrophe inside a word joins it: don't, dont.",
    replace(INNER_APOSTROPHE, ''),
    replace(/\p{P}+/gu, ' '),
  ),
  spaces: step(
    'spaces',
    'Runs of white space of any kind become one space; none is left at the ends.',
    replace(/\s+/gu, ' '),
    replace(/^ | $/gu, ''),
  ),
} as const satisfies Readonly<Record<string, CleaningStep>>;
