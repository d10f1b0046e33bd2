import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RulesName, STEP_NAMES, type StepSwitches } from '../../../../stages/_shared/cleaning-steps.js';
import { cleanText as cleanBySteps, cleaningSteps } from '../../../../stages/clean/rules.js';
import { steps } from '../../../../stages/clean/steps.js';

const NASTY = '../shared/data/nasty_tweets/nasty_tweets.jsonl';
const EMOJIS = '../shared/data/twitter_text_conformance/emoji-test_13.x_noheader_Edholm.txt';
const NAMES: readonly RulesName[] = ['light', 'paper'];

const cleanText = (text: string, rules: RulesName, switches?: StepSwitches): string =>
  cleanBySteps(text, cleaningSteps(rules, switches));

describe('light', () => {
  it.each([
    ['  a \t\n b\u00A0\u3000c  ', 'a b c'],
    ['a &amp; b &lt;3 &#39;x&#x27; &eacute;&ntilde; &#8217; &#146;', "a & b <3 'x' éñ ’ ’"],
    ['&amp;amp; &amp;#38;lt; &am&#112;;', '& < &'],
    ['&#0000038;amp; &#x26;#39;', "& '"],
    ['R&D; &unknown; &#0; &#x110000;', 'R&D; &unknown; &#0; &#x110000;'],
    ['&#55357;&#56832; and &#55357; alone', '😀 and alone'],
    ['cafe\u0301', 'café'],
    ['zero\u200Bwidth \u202Ebidi\u202C \uFEFFmark', 'zerowidth bidi mark'],
    ['line\u0085break\u0000null', 'line break null'],
    ['see http://t.co/Ab12 now', 'see now'],
    ['see HTTPS://X.example/a?b=c#d, now', 'see now'],
    ['see HTTPS://X.com/a?b=c#d, now', 'see , now'],
    ['見てhttp://t.co/Ab1見て', '見て 見て'],
    ['cut http://t.c… end', 'cut end'],
    ['cut http…', 'cut'],
    ['link http://a.example/b\u00A0…', 'link'],
    ['(http://a.example/b) “http://a.example/c” (http://t.co/b)', '( “ ” ( )'],
    ['pic.twitter.com/abc www.a.example bit.ly/x', ''],
    ['I love shop.com and node.js, e.g. v2.0', 'I love and node.js, e.g. v2.0'],
    ['mail me@host.com/x and @user.name/x', 'mail me@host.com/x and @user.name/x'],
    ['@user #tag 😀 $5 :) don’t!!!', '@user #tag 😀 $5 :) don’t!!!'],
    ['lone \uD83D half \uDE00', 'lone half'],
    // What makes one emoji of several characters stays, and goes where it stands alone.
    ['👨‍👩‍👧 ❤️‍🔥 👩🏽‍🚀 🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👨‍👩‍👧 ❤️‍🔥 👩🏽‍🚀 🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
    ['a\u200Db 👍\u200D! \u{E0067}c', 'ab 👍! c'],
  ])('cleans %j', (before, after) => {
    expect(cleanText(before, 'light')).toBe(after);
  });
});

describe('paper', () => {
  it.each([
    ['Don’t stop! @user #tag... (really)', 'Dont stop user tag really'],
    ['good,bad; rock’n’roll - 100%', 'good bad rocknroll 100'],
    ['$5 + €6 = 11™ © <3 ^^ ~', '5 6 11 3'],
    ['a😀b 👨‍👩‍👧 🇪🇸 1️⃣ #️⃣ 👍🏽 ❤️ \uE415 🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'a b'],
    ['digits 123 and ñandú, 日本語', 'digits 123 and ñandú 日本語'],
    ['¡Olé! «sí»', 'Olé sí'],
    ['😀 http://t.co/x !!!', ''],
  ])('cleans %j', (before, after) => {
    expect(cleanText(before, 'paper')).toBe(after);
  });

  it('takes or leaves single steps', () => {
    const text = 'RT @user: $TWTR up! #good https://t.co/x 😀';
    expect(cleanText(text, 'paper')).toBe('RT user TWTR up good');
    expect(cleanText(text, 'paper', { emojis: false, punctuation: false })).toBe(
      'RT @user: TWTR up! #good 😀',
    );
    const switches = { mentions: true, hashtags: true, cashtags: true, urls: false };
    expect(cleanText(text, 'light', switches)).toBe('RT : up! https://t.co/x 😀');
  });

  it.skipIf(!existsSync(EMOJIS))('leaves nothing of any emoji of the Unicode list (needs ../shared)', () => {
    const emojis = readFileSync(EMOJIS, 'utf8')
      .split('\n')
      .map((row) => /^([0-9A-F][0-9A-F ]*?)\s*;/.exec(row)?.[1])
      .filter((codes) => codes !== undefined)
      .map((codes) => String.fromCodePoint(...codes.split(' ').map((code) => Number.parseInt(code, 16))));
    expect(emojis.length).toBeGreaterThan(3000);
    expect(emojis.filter((emoji) => cleanText(emoji, 'paper') !== '')).toEqual([]);
  });
});

const PIECES = [
  'http://',
  'https://t.co/x',
  'www.',
  'bit.ly/',
  'pic.twitter.com/',
  '…',
  '&amp;',
  '&lt;',
  'amp;',
  '&#',
  '65;',

  '\uD83D',
  '\uDE00',
  '😀',
  '\u200D',
  '\uFE0F',
  '\u20E3',
  '1',
  '#',
  '@',
  ' ',
  '\u00A0',
  '\n',
  '\u0301',
  'e',
  'a',

  '\u200B',
  '\u202E',
  '\uFFFF',
  '\uE415',
  "'",
  '’',
  '"',
  '.',
  '/',
  ':',
  'http',
  '\u0340',
  '\u037E',
  '\u2000',
  '한',
  '\u1161',
];

/** What holds for any string: the properties that the README states. */
function checkProperties(text: string): void {
  for (const rules of NAMES) {
    const cleaned = cleanText(text, rules);
    expect(Buffer.from(cleaned).toString()).toBe(cleaned);
    expect(cleaned).not.toMatch(/[\p{Cc}\p{Surrogate}]|\s\s|^\s|\s$|https?:\/\/|&amp;/u);
    expect(cleaned.replace(/[\u200D\u{E0020}-\u{E007F}]/gu, '')).not.toMatch(/\p{Cf}/u);
    expect(cleaned.normalize('NFC')).toBe(cleaned);
    expect(cleanText(cleaned, rules)).toBe(cleaned);
  }
  expect(cleanText(text, 'paper')).not.toMatch(/[\p{P}\p{S}\p{Co}\p{Cf}\p{Extended_Pictographic}]/u);
}

describe('the properties of cleaning', () => {
  it.skipIf(!existsSync(NASTY))('hold for awkward real tweets (needs ../shared)', () => {
    const tweets = readFileSync(NASTY, 'utf8').trimEnd().split('\n');
    expect(tweets.length).toBeGreaterThan(150);
    for (const tweet of tweets) checkProperties((JSON.parse(tweet) as { text: string }).text);
  });

  // Numbers of runs are fixed, and so are seeds: a failure can be had again.
  it('hold for strings made of awkward pieces', () => {
    const pieces = fc.constantFrom(...PIECES);
    const texts = fc.array(pieces, { minLength: 1, maxLength: 12 }).map((some) => some.join(''));
    fc.assert(fc.property(texts, checkProperties), { seed: 7, numRuns: 3000 });
  });

  it('hold for any choice of steps: valid, and the same when cleaned again', () => {
    const texts = fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((some) => some.join(''));
    const switches = fc.record(Object.fromEntries(STEP_NAMES.map((name) => [name, fc.boolean()])));
    fc.assert(
      fc.property(texts, switches, (text, chosen) => {
        const cleaned = cleanText(text, 'paper', chosen);
        expect(cleaned).not.toMatch(/\p{Surrogate}/u);
        expect(cleanText(cleaned, 'paper', chosen)).toBe(cleaned);
      }),
      { seed: 11, numRuns: 3000 },
    );
  });

  it('hold for any UTF-16, valid or not', () => {
    const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 });
    const texts = units.map((codes) => String.fromCharCode(...codes));
    fc.assert(fc.property(texts, checkProperties), { seed: 8, numRuns: 2000 });
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), checkProperties), {
      seed: 9,
      numRuns: 2000,
    });
  });

  it.skipIf(!existsSync(NASTY))('hold for pieces of awkward real tweets, mixed (needs ../shared)', () => {
    const tweets = readFileSync(NASTY, 'utf8').trimEnd().split('\n');
    const pieces = tweets.flatMap(
      (line) => (JSON.parse(line) as { text: string }).text.match(/[\s\S]{1,6}/g) ?? [],
    );
    const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 15 }).map((some) => some.join(''));
    fc.assert(fc.property(texts, checkProperties), { seed: 10, numRuns: 3000 });
  });

  it('each step has a name and a summary, and all are there', () => {
    expect(Object.values(steps).map(({ name }) => name)).toEqual(STEP_NAMES);
    for (const step of Object.values(steps)) expect(step.summary.length).toBeGreaterThan(20);
  });
});
