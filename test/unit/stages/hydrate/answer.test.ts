import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemName, readAnswer } from '../../../../stages/hydrate/answer.js';
import { readLimit, secondsUntilReset } from '../../../../stages/hydrate/rate-limit.js';
import { refusal } from '../../../../stages/hydrate/x-api.js';
import { SHARED } from '../../../rig/pipeline-rig.js';

const DATA = join(SHARED, 'data/x_api_v2');

interface Recording {
  readonly uri: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: object;
}
interface Example {
  readonly http_status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: { readonly errors?: readonly { readonly value?: string }[] };
}

function json(name: string): unknown {
  return JSON.parse(readFileSync(join(DATA, name), 'utf8'));
}

describe('an answer', () => {
  it('is about the tweets that were asked for, in any order', () => {
    const body = {
      data: [{ id: '2', text: 'b' }],
      errors: [{ parameter: 'ids', value: '1', type: 'x/resource-not-found' }],
    };
    const read = readAnswer(JSON.stringify(body), ['1', '2', '3']);
    expect(read).toEqual({
      ok: true,
      value: {
        answers: new Map([
          ['2', { text: 'b' }],
          ['1', { missing: 'not-found' }],
        ]),
        unanswered: ['3'],
      },
    });
  });

  it.each([
    ['<html><title>Sign in</title></html>', 'not-json', '"Sign in"'],
    ['', 'not-json', 'nothing'],
    ['{"data": [{"id": 20, "text": "x"}]}', 'other-form', 'data.0.id'],
    ['{"data": [{"id": "20"}]}', 'other-form', 'data.0.text'],
    ['{"data": {"id": "20", "text": "x"}}', 'other-form', 'data'],
    ['{"errors": [null]}', 'other-form', 'errors.0'],
    ['{"data": [{"id": "21", "text": "x"}]}', 'wrong-ids', '21'],
  ])('is none: %s', (body, kind, words) => {
    expect(readAnswer(body, ['20'])).toMatchObject({
      ok: false,
      error: { kind, detail: expect.stringContaining(words) },
    });
  });

  it('throws for no body, and never speaks of a tweet that was not asked for', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        const read = readAnswer(body, ['1']);
        if (read.ok) expect([...read.value.answers.keys(), ...read.value.unanswered]).toEqual(['1']);
      }),
    );
  });

  it.skipIf(!existsSync(DATA))(
    'is what X has answered, and the problems that people met (needs ../shared)',
    () => {
      const [recorded] = json('recordings/test_client_get_tweets.json') as readonly Recording[];
      const asked = new URL(recorded?.uri ?? '').searchParams.get('ids')?.split(',') ?? [];
      const read = readAnswer(JSON.stringify(recorded?.body), asked);
      expect(read.ok && [...read.value.answers.keys()]).toEqual(asked);
      expect(read.ok && read.value.unanswered).toEqual([]);

      const large = readFileSync(join(DATA, 'recordings/noflat.jsonl'), 'utf8').split('\n')[0] ?? '';
      const ids = (JSON.parse(large) as { data: { id: string }[] }).data.map(({ id }) => id);
      const whole = readAnswer(large, ids);
      expect(whole.ok && whole.value.answers.size).toBe(100);

      const words = (json('problem_examples.json') as readonly Example[]).map(
        ({ http_status, headers, body }) => {
          if (http_status !== 200)
            return refusal(http_status, headers ?? {}, JSON.stringify(body), 'tweet.fields');
          const missing = body.errors?.map(({ value = '' }) => value) ?? [];
          const answer = readAnswer(JSON.stringify(body), [...missing, '20']);
          return answer.ok ? missing.map((id) => answer.value.answers.get(id)) : answer.error;
        },
      );
      expect(words).toMatchObject([
        [{ missing: 'not-authorized' }],
        [{ missing: 'not-authorized' }],
        [{ missing: 'not-found' }],
        [{ missing: 'not-found' }],
        { kind: 'try-again' },
        { kind: 'try-again' },
        { kind: 'stop', failure: { code: 'usage-capped' } },
        { kind: 'stop', failure: { code: 'unauthorized' } },
        { kind: 'invalid-ids', ids: ['...'] },
      ]);
    },
  );

  it('names problems by the last part of their type, whatever the host', () => {
    expect(problemName('https://api.x.com/2/problems/usage-capped')).toBe('usage-capped');
    expect(problemName('about:blank')).toBe('about:blank');
    expect(problemName(undefined)).toBe('');
  });
});

describe('a rate limit', () => {
  const spent = {
    'x-rate-limit-limit': '300',
    'x-rate-limit-remaining': '0',
    'x-rate-limit-reset': '1665183228',
  };

  it('is waited for by the clock of the server', () => {
    const headers = { ...spent, date: 'Fri, 07 Oct 2022 22:43:18 GMT' };
    expect(readLimit(headers)).toEqual({ limit: 300, remaining: 0 });
    expect(secondsUntilReset(headers)).toBe(1665183228 - Date.UTC(2022, 9, 7, 22, 43, 18) / 1000 + 1);
    expect(secondsUntilReset(spent, 1665183228_000 + 5000)).toBe(1);
  });

  it('may be that of a day, and of every window that is spent', () => {
    const day = { 'x-app-limit-24hour-remaining': '0', 'x-app-limit-24hour-reset': '1665190000' };
    expect(readLimit({ ...spent, 'x-rate-limit-remaining': '7', ...day })?.remaining).toBe(0);
    expect(secondsUntilReset({ ...spent, ...day }, 1665183000_000)).toBe(7001);
  });

  it('that names no reset is taken to be a whole window', () => {
    expect(secondsUntilReset({ 'x-rate-limit-remaining': '0' }, 0)).toBe(900);
    expect(readLimit({})).toBeUndefined();
  });
});
