import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../datasets/generator/random.js';
import { cleanText, RULES, type RulesName } from '../../../../stages/clean/rules.js';
import { steps } from '../../../../stages/clean/steps.js';

const NASTY = '../shared/data/nasty_tweets/nasty_tweets.jsonl';
const EMOJIS = '../shared/data/twitter_text_conformance/emoji-test_13.x_noheader_Edholm.txt';
const NAMES: readonly RulesName[] = ['light', 'paper'];

describe('light', () => {
  it.each([
    ['  a \t\n b\u00A0\u3000c  ', 'a b c'],
    ['a &amp; b &lt;3 &#39;x&#x27; &eacute;&ntilde; &#8217; &#146;', "a & b <3 'x' éñ ’ ’"],
    ['&amp;amp; stays escaped once', '&amp; stays escaped once'],
    ['R&D; &unknown; &#0; &#x110000;', 'R&D; &unknown; &#0; &#x110000;'],
    ['&#55357;&#56832; and &#55357; alone', '😀 and alone'],
    ['cafe\u0301', 'café'],
    ['zero\u200Bwidth \u202Ebidi\u202C \uFEFFmark', 'zerowidth bidi mark'],
    ['line\u0085break\u0000null', 'line break null'],
    ['see http://t.co/Ab12 now', 'see now'],
    ['see HTTPS://X.example/a?b=c#d, now', 'see now'],
    ['cut http://t.c… end', 'cut end'],
    ['cut http…', 'cut'],
    ['link http://a.example/b\u00A0…', 'link'],
    ['(http://a.example/b) “http://a.example/c”', '( “ ”'],
    ['pic.twitter.com/abc www.a.example bit.ly/x', ''],
    ['I love shop.com and node.js, e.g. v2.0', 'I love shop.com and node.js, e.g. v2.0'],
    ['mail me@host.com/x and @user.name/x', 'mail me@host.com/x and @user.name/x'],
    ['@user #tag 😀 $5 :) don’t!!!', '@user #tag 😀 $5 :) don’t!!!'],
    ['lone \uD83D half \uDE00', 'lone half'],
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

/** What holds for any string: the properties that the README states. */
function checkProperties(text: string): void {
  for (const rules of NAMES) {
    const cleaned = cleanText(text, rules);
    expect(Buffer.from(cleaned).toString()).toBe(cleaned);
    expect(cleaned).not.toMatch(/[\p{Cc}\p{Cf}\p{Surrogate}]|\s\s|^\s|\s$|https?:\/\//u);
    expect(cleaned.normalize('NFC')).toBe(cleaned);
    const again = RULES[rules].filter((step) => step !== steps.unescapeHtml);
    expect(again.reduce((after, step) => step.apply(after), cleaned)).toBe(cleaned);
  }
  const paper = cleanText(text, 'paper');
  expect(paper).not.toMatch(/[\p{P}\p{S}\p{Co}\p{Extended_Pictographic}]/u);
  expect(cleanText(paper, 'paper')).toBe(paper);
}

describe('the properties of cleaning', () => {
  it.skipIf(!existsSync(NASTY))('hold for awkward real tweets (needs ../shared)', () => {
    const tweets = readFileSync(NASTY, 'utf8').trimEnd().split('\n');
    expect(tweets.length).toBeGreaterThan(150);
    for (const tweet of tweets) checkProperties((JSON.parse(tweet) as { text: string }).text);
  });

  it('hold for strings made of awkward pieces', () => {
    const random = new Random(7);
    const pieces = [
      ...[
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
      ],
      ...[
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
      ],
      ...[
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
      ],
    ];
    for (let round = 0; round < 3000; round += 1) {
      checkProperties(Array.from({ length: random.integer(1, 9) }, () => random.pick(pieces)).join(''));
    }
  });

  it('each step but unescape-html is a fixed point of itself and has a name and a summary', () => {
    const text = 'a &amp;amp; \uD83D 😀 http://a.example/x… “b” don’t \u200B 1️⃣ €';
    for (const step of Object.values(steps)) {
      const once = step.apply(text);
      if (step !== steps.unescapeHtml) expect(step.apply(once)).toBe(once);
      expect(step.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(step.summary.length).toBeGreaterThan(20);
    }
  });
});
