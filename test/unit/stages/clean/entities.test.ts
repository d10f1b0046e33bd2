import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CASHTAG, HASHTAG, MENTION, URL } from '../../../../stages/clean/entities.js';

const CONFORMANCE = '../shared/data/twitter_text_conformance';

interface Case {
  readonly description: string;
  readonly text: string;
  readonly expected: readonly unknown[];
}

interface Found {
  readonly text: string;
  readonly indices: readonly [number, number];
}

function cases(file: string): Readonly<Record<string, readonly Case[]>> {
  return parse(readFileSync(`${CONFORMANCE}/${file}`, 'utf8')).tests;
}

/** With places in code points, as the conformance files have them. */
function found(text: string, pattern: RegExp): readonly Found[] {
  const codePoints = (end: number): number => [...text.slice(0, end)].length;
  return [...text.matchAll(pattern)].map((match) => ({
    text: match[0],
    indices: [codePoints(match.index), codePoints(match.index + match[0].length)],
  }));
}

/** A hashtag inside of a URL is none; cleaning takes URLs away first. */
function hashtags(text: string): readonly Found[] {
  const urls = found(text, URL);
  return found(text, HASHTAG).filter(
    ({ indices: [start] }) => !urls.some(({ indices: [from, to] }) => start >= from && start < to),
  );
}

const name = ({ text }: Found): string => text.slice(1).replace(/\/.*$/, '');
const list = ({ text }: Found): string => /\/.*$/.exec(text)?.[0] ?? '';

/** Every kind of extract.yml but `replies`, which is where a mention stands and not what is one. */
const KINDS: Readonly<Record<string, (text: string) => readonly unknown[]>> = {
  urls: (text) => found(text, URL).map((url) => url.text),
  tco_urls_with_params: (text) => found(text, URL).map((url) => url.text),
  urls_with_indices: (text) => found(text, URL).map((url) => ({ url: url.text, indices: url.indices })),
  urls_with_directional_markers: (text) =>
    found(text, URL).map((url) => ({ url: url.text, indices: url.indices })),
  mentions: (text) => found(text, MENTION).map(name),
  mentions_with_indices: (text) =>
    found(text, MENTION).map((at) => ({ screen_name: name(at), indices: at.indices })),
  mentions_or_lists_with_indices: (text) =>
    found(text, MENTION).map((at) => ({ screen_name: name(at), list_slug: list(at), indices: at.indices })),
  hashtags: (text) => hashtags(text).map((tag) => tag.text.slice(1)),
  hashtags_from_astral: (text) => hashtags(text).map((tag) => tag.text.slice(1)),
  hashtags_with_indices: (text) =>
    hashtags(text).map((tag) => ({ hashtag: tag.text.slice(1), indices: tag.indices })),
  cashtags: (text) => found(text, CASHTAG).map((tag) => tag.text.slice(1)),
  cashtags_with_indices: (text) =>
    found(text, CASHTAG).map((tag) => ({ cashtag: tag.text.slice(1), indices: tag.indices })),
};

describe.skipIf(!existsSync(CONFORMANCE))("twitter-text's conformance files (needs ../shared)", () => {
  it('have no kind that is not looked at', () => {
    expect(Object.keys(cases('extract.yml')).filter((kind) => kind !== 'replies')).toEqual(
      expect.arrayContaining(Object.keys(KINDS)),
    );
    expect(Object.keys(cases('extract.yml'))).toHaveLength(Object.keys(KINDS).length + 1);
  });

  it.each(Object.keys(KINDS))('%s are extracted as expected, all of them', (kind) => {
    const all = cases('extract.yml')[kind] ?? [];
    expect(all.length).toBeGreaterThan(0);
    const extract = KINDS[kind];
    expect(all.map(({ text, description }) => [description, extract?.(text)])).toEqual(
      all.map(({ description, expected }) => [description, expected]),
    );
  });

  it('every top-level domain makes a URL', () => {
    const all = Object.values(cases('tlds.yml')).flat();
    expect(all.length).toBeGreaterThan(1500);
    expect(all.map(({ text }) => KINDS.urls?.(text))).toEqual(all.map(({ expected }) => expected));
  });
});

// Each would take hours with a pattern that tries the same thing in many ways.
describe('patterns end soon', () => {
  it.each([
    ['names without an end', `http://${'a-'.repeat(20_000)}`],
    ['points without a domain', 'a.'.repeat(20_000)],
    ['brackets that are never closed', `http://t.com/${'(a'.repeat(5_000)}`],
    ['a path of what no path ends with', `http://a.com/${'!'.repeat(20_000)}`],
    ['accents', 'é'.repeat(50_000)],
    ['signs', '@#$'.repeat(20_000)],
  ])('for %s', (_, text) => {
    for (const pattern of [URL, MENTION, HASHTAG, CASHTAG]) {
      expect([...text.matchAll(pattern)].length).toBeLessThan(text.length);
    }
  });
});
