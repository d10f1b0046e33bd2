import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../../../datasets/generator/random.js';
import type { RulesName } from '../../../../stages/_shared/cleaning-steps.js';
import { cleaningDocument } from '../../../../stages/clean/cleaning-document.js';
import { portablePattern } from '../../../../stages/clean/portable-pattern.js';
import { cleanText as cleanBySteps, cleaningSteps } from '../../../../stages/clean/rules.js';

const ODD = JSON.parse(readFileSync('test/fixtures/texts/odd-texts.json', 'utf8')) as string[];
const NASTY = '../shared/data/nasty_tweets/nasty_tweets.jsonl';
const EMOJIS = '../shared/data/twitter_text_conformance/emoji-test_13.x_noheader_Edholm.txt';

/** All steps, those that no rule set takes too. */
const ALL = { mentions: true, hashtags: true, cashtags: true };
const stepsOf = (rules: RulesName) => cleaningSteps(rules, rules === 'light' ? ALL : {});
const cleanText = (text: string, rules: RulesName): string => cleanBySteps(text, stepsOf(rules));

const python = process.env.EDGELINE_TEST_PYTHON ?? '';
const reason = python === '' ? 'EDGELINE_TEST_PYTHON does not name a Python with tokenizers' : null;

/** Each line is a text as JSON in ASCII, so that halves of surrogate pairs survive the way there and back. */
const PROGRAM = `
import json, sys
sys.path.insert(0, "stages/deploy/agent")
from texts import Cleaning, read_document
cleaning = Cleaning(read_document(sys.argv[1]))
for line in open(sys.argv[2], encoding="ascii"):
    print(json.dumps(cleaning.apply(json.loads(line))))
`;

const asciiJson = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

describe.skipIf(reason !== null)(
  `cleaning on a device${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'edgeline-cleaning-'));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    function cleanedThere(rules: RulesName, texts: readonly string[]): readonly string[] {
      const [document, lines] = [join(folder, 'cleaning.json'), join(folder, 'texts.jsonl')];
      writeFileSync(document, JSON.stringify(cleaningDocument(rules, stepsOf(rules))));
      writeFileSync(lines, texts.map((text) => `${asciiJson(text)}\n`).join(''));
      const options = { encoding: 'utf8', maxBuffer: 1 << 28 } as const;
      const answers = execFileSync(python, ['-B', '-c', PROGRAM, document, lines], options);
      return answers
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as string);
    }

    // Several thousand texts through two programs, and tables of all Unicode first.
    describe.each<RulesName>(['light', 'paper'])(
      '%s gives what it gave in the training (light with names, hashtags and signs of shares)',
      (rules) => {
        it('for odd texts', () => {
          expect(cleanedThere(rules, ODD)).toEqual(ODD.map((text) => cleanText(text, rules)));
        }, 60_000);

        it('for strings made of the pieces of odd texts', () => {
          const random = new Random(11);
          const pieces = ODD.flatMap((text) => text.match(/[\s\S]{1,5}/g) ?? []);
          const texts = Array.from({ length: 4000 }, () =>
            Array.from({ length: random.integer(1, 9) }, () => random.pick(pieces)).join(''),
          );
          expect(cleanedThere(rules, texts)).toEqual(texts.map((text) => cleanText(text, rules)));
        }, 60_000);

        it('for every code point, alone and between letters', () => {
          const texts: string[] = [];
          for (let code = 0; code < 0x3_0000; code += 1) texts.push(String.fromCodePoint(code));
          const joined: string[] = [];
          for (let first = 0; first < texts.length; first += 64)
            joined.push(`a${texts.slice(first, first + 64).join('b')}c`);
          // Composition of letters is the one step that goes by the Unicode of the device's Python.
          const known = joined.filter((text) => !/\p{Cn}/u.test(text) || /[\uFDD0-\uFDEF]/.test(text));
          expect(known.length).toBeGreaterThan(1500);
          expect(cleanedThere(rules, known)).toEqual(known.map((text) => cleanText(text, rules)));
        }, 60_000);

        it.skipIf(!existsSync(NASTY) || !existsSync(EMOJIS))(
          'for awkward real tweets and all emojis (needs ../shared)',
          () => {
            const tweets = readFileSync(NASTY, 'utf8')
              .trimEnd()
              .split('\n')
              .map((line) => (JSON.parse(line) as { text: string }).text);
            const emojis = readFileSync(EMOJIS, 'utf8').split('\n');
            const texts = [...tweets, ...emojis];
            expect(texts.length).toBeGreaterThan(3000);
            expect(cleanedThere(rules, texts)).toEqual(texts.map((text) => cleanText(text, rules)));
          },
          60_000,
        );
      },
    );
  },
);

describe('a portable pattern', () => {
  it.each([
    [/a\/b/gu, 'a/b'],
    [/s/iu, '[Ss\u017f]'],
    [/(?<=[x-z])k{2,3}$/iu, '(?<=[X-Zx-z])[Kk\u212a]{2,3}\\Z'],
  ])('spells out %s', (pattern, expected) => {
    const plain = portablePattern(pattern).replace(/\\u([0-9a-f]{4})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    expect(plain).toBe(expected);
  });

  it.each([/a.b/u, /(a)\1/u, /(?<name>a)/u, /a/g, /a/my, /\Ba/u])('is not made of %s', (pattern) => {
    expect(() => portablePattern(pattern)).toThrow('Internal error');
  });
});
