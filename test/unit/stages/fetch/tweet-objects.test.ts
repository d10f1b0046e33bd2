import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tweetsOfLine } from '../../../../stages/fetch/tweet-objects.js';
import { SHARED } from '../../../rig/pipeline-rig.js';

const RECORDINGS = join(SHARED, 'data/x_api_v2/recordings');
const ID = '187281022927384577';

function only(value: object | string): unknown {
  return tweetsOfLine(typeof value === 'string' ? value : JSON.stringify(value));
}

describe('a line of an archive', () => {
  it.each([
    ['a tweet of v2', { id: ID, text: 'short …', note_tweet: { text: 'the whole' } }, 'the whole'],
    ['a tweet of v1.1', { id: 1, id_str: ID, text: 'short …', full_text: 'the whole' }, 'the whole'],
    ['a tweet of a v1.1 stream', { id_str: ID, text: 'a …', extended_tweet: { full_text: 'a b' } }, 'a b'],
    ['a tweet that is withheld', { id: ID, text: 'notice', withheld: { copyright: true } }, ''],
    ['the same in v1.1', { id_str: ID, text: 'notice', withheld_copyright: true }, ''],
    ['an empty tweet', { id: ID, text: '' }, ''],
  ])('is %s', (_, tweet, text) => {
    expect(only(tweet)).toEqual([{ id: ID, text }]);
    expect(only({ data: [tweet] })).toEqual([{ id: ID, text }]);
  });

  it('has the tweets inside of others too, after them', () => {
    const quoted = { id_str: '3', full_text: 'three', quoted_status: { id_str: '4', full_text: 'four' } };
    expect(only({ id_str: '1', full_text: 'one', quoted_status: quoted })).toEqual([
      { id: '1', text: 'one' },
      { id: '3', text: 'three' },
      { id: '4', text: 'four' },
    ]);
    const answer = { data: { id: '1', text: 'one' }, includes: { tweets: [{ id: '2', text: 'two' }] } };
    expect(only(answer)).toEqual([
      { id: '1', text: 'one' },
      { id: '2', text: 'two' },
    ]);
  });

  it('may be something else, or no JSON', () => {
    expect(only({ delete: { status: { id: 1, id_str: '1' } } })).toEqual([]);
    expect(only({ id: '5', name: 'a user', description: 'text' })).toEqual([]);
    expect(only('[null, 5, "x"]')).toEqual([]);
    expect(only('<!DOCTYPE html><html>')).toBeUndefined();
    expect(only('{"id": 5, "text": "cut')).toBeUndefined();
  });

  it('keeps ids that are numbers to the last digit, and knows those that are lost', () => {
    expect(only(`{"id": ${ID}, "text": "a \\"id\\": 187281022927384577"}`)).toEqual([
      { id: ID, text: `a "id": ${ID}` },
    ]);
    expect(only('{"id": 20, "text": "a"}')).toEqual([{ id: '20', text: 'a' }]);
    expect(only('{"id": 1.87281022927384577e+17, "text": "a"}')).toEqual([{ id: null, text: 'a' }]);
  });

  it('never changes an id or a text, whatever they are', () => {
    const tweet = fc.record({
      id: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      text: fc.string({ unit: 'binary' }),
    });
    fc.assert(
      fc.property(tweet, fc.boolean(), ({ id, text }, quoted) => {
        const number = quoted ? `"${id}"` : `${id}`;
        expect(only(`{"id":${number},"text":${JSON.stringify(text)}}`)).toEqual([{ id: `${id}`, text }]);
      }),
    );
  });

  it('throws for no line', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (line) => void tweetsOfLine(line)));
  });

  it.skipIf(!existsSync(RECORDINGS))('is any that X has answered with (needs ../shared)', () => {
    const tweets = ['noflat', 'withheld', 'two_tweets', 'edited_after', 'cashtags'].flatMap((name) =>
      readFileSync(join(RECORDINGS, `${name}.jsonl`), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .flatMap((line) => tweetsOfLine(line) ?? []),
    );
    expect(tweets.length).toBeGreaterThan(300);
    for (const { id } of tweets) expect(id).toMatch(/^[0-9]{1,19}$/);
    // One of them is withheld for its copyright, and has X's notice in place of its text.
    expect(tweets.filter(({ text }) => text === '')).toHaveLength(1);
  });
});
