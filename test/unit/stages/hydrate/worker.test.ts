import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Fault, StandInTweet } from '../../../../pipeline/bench/x-api-stand-in.js';
import { unescapeHtml } from '../../../../stages/clean/unescape-html.js';
import { HydrateRig, idsOf, TOKEN, textOf } from './hydrate-stage.js';

/** The first requests meet these. */
function first(...faults: readonly (Fault | undefined)[]): { fault(request: number): Fault | undefined } {
  return { fault: (request) => faults[request - 1] };
}

/** 2^63: 19 digits, and more than what holds an id. */
const TOO_LARGE = '9223372036854775808';
const [ID = '', OTHER = '', THIRD = ''] = idsOf(3);

describe('hydrate', () => {
  it('asks only for what the study uses and no archive has, each tweet once, 100 a request', async () => {
    const asked: (readonly string[])[] = [];
    const ids = idsOf(250);
    const rows = [
      { id: '11', text: 'is there' },
      { id: '12', language: 'ES' },
      { id: '13', filtering: 'UNRELATED', polarity: '' },
      ...ids.map((id) => ({ id })),
      { id: ID, entity: 'E2' },
      { id: ID, entity: 'E3', filtering: 'UNRELATED', polarity: '' },
    ];
    await using rig = await HydrateRig.create(rows, { onRequest: (batch) => asked.push(batch) });
    const run = await rig.run();
    expect(run.failure).toBeUndefined();
    expect(asked.map((batch) => batch.length).sort()).toEqual([100, 100, 50]);
    expect(asked.flat().sort()).toEqual([...ids].sort());
    expect(run.texts()).toMatchObject({ 11: 'is there', 12: null, 13: null, [ID]: `text of ${ID}` });
    expect(run.rows().filter(({ id, text }) => id === ID && text === `text of ${ID}`)).toHaveLength(3);
    expect(run.card()).toMatchObject({ tweets: 250, found: 250, rows_filled: 252, missing: {} });
  });

  it('hands on how many rows fetch could not read', async () => {
    await using rig = await HydrateRig.create([{ id: ID }]);
    const row = { kind: 'row', split: 'training', reason: 'shifted-columns', count: 2 };
    const text = { kind: 'text', split: 'test', reason: 'not-an-id', count: 9, examples: [] };
    writeFileSync(rig.path('fetch.json'), JSON.stringify({ dropped: [{ ...row, examples: [] }, text] }));
    expect((await rig.run({}, { fetched: rig.path('fetch.json') })).card().dropped).toEqual([row]);
    expect((await rig.run()).card().dropped).toEqual([]);
  });

  it('says why a tweet is missing, and asks again only for what got no word at all', async () => {
    const problems: Readonly<Record<string, StandInTweet>> = {
      1: { problem: 'resource-not-found' },
      2: { problem: 'not-authorized-for-resource' },
      3: { problem: 'resource-unavailable' },
      4: { problem: 'something-new' },
      5: 'nothing',
      6: { text: 'a notice', withheld: { copyright: true, country_codes: ['XY'] } },
      7: { text: 'elsewhere', withheld: { copyright: false, country_codes: ['IN', 'DE'] } },
      8: { text: 'short …', note: 'the whole of it' },
      [TOO_LARGE]: { text: 'cannot be' },
    };
    const asked: (readonly string[])[] = [];
    await using rig = await HydrateRig.create(
      Object.keys(problems).map((id) => ({ id })),
      { tweet: (id) => problems[id] ?? 'nothing', onRequest: (batch) => asked.push(batch) },
    );
    const run = await rig.run();
    expect(run.failure).toBeUndefined();
    expect(run.card()).toMatchObject({
      tweets: 9,
      found: 2,
      missing: {
        'not-found': ['1'],
        'not-authorized': ['2'],
        unavailable: ['3'],
        'other-problem': ['4'],
        'not-answered': ['5'],
        withheld: ['6'],
        'invalid-id': [TOO_LARGE],
      },
      withheld_in: { DE: 1, IN: 1 },
    });
    expect(run.texts()).toMatchObject({ 7: 'elsewhere', 8: 'the whole of it', 6: null });
    expect(asked.slice(1)).toEqual([['5']]);
    expect(run.stage.warnings).toContain('tweets without a text, not found: 1');
  });

  it('leaves references as they came: what cleans replaces them, once', async () => {
    await using rig = await HydrateRig.create([{ id: ID }], {
      tweet: () => ({ text: 'R&amp;D &amp;lt;3 &lt;b&gt;' }),
    });
    const text = (await rig.run()).texts()[ID] ?? '';
    expect(unescapeHtml(text)).toBe('R&D &lt;3 <b>');
  });

  it('finds out that X has renamed its fields', async () => {
    await using rig = await HydrateRig.create(
      idsOf(150).map((id) => ({ id })),
      { fields: 'post.fields' },
    );
    expect((await rig.run({ in_flight: 1 })).card()).toMatchObject({ found: 150 });
    expect(rig.standIn.requests).toBe(3);
  });

  it('asks nobody when nothing is missing, with no token and no consent', async () => {
    await using rig = await HydrateRig.create([{ id: ID, text: 'here' }]);
    const run = await rig.run({}, { consent: false, environment: { X_BEARER_TOKEN: '' } });
    expect(run.failure).toBeUndefined();
    expect(rig.standIn.requests).toBe(0);
  });
});

describe('before it asks, hydrate', () => {
  it('wants a token, then a person who agrees to the estimate', async () => {
    await using rig = await HydrateRig.create(idsOf(45_000).map((id) => ({ id })));
    expect((await rig.run({}, { environment: { X_BEARER_TOKEN: '' } })).failure).toMatchObject({
      code: 'no-token',
    });
    const settings = { requests_per_window: 300, price_per_1000: 5, monthly_cap: 100_000 };
    const { failure } = await rig.run(settings, { consent: false });
    expect(failure).toMatchObject({ code: 'consent-needed', hint: expect.stringContaining('--yes') });
    expect(failure?.message).toBe(
      `${rig.standIn.host} is to be asked for 45,000 tweets without a text: 450 requests, ` +
        'some 0.3 hours at 300 requests in 15 minutes; at most 225.00 at 5 per 1,000 tweets; ' +
        '45.0 % of the monthly cap of 100,000',
    );
    expect(rig.standIn.requests).toBe(0);
  });

  it('wants a token that can be one, and authorities that are certificates', async () => {
    await using rig = await HydrateRig.create([{ id: ID }]);
    const environment = { X_BEARER_TOKEN: 'Bearer AAAA' };
    expect((await rig.run({}, { environment })).failure).toMatchObject({ code: 'no-token' });
    for (const file of [rig.path('rows.jsonl'), rig.path('absent.pem')]) {
      const { failure } = await rig.run({}, { environment: { SSL_CERT_FILE: file } });
      expect(failure).toMatchObject({ code: 'untrusted-certificate', file });
    }
    expect(rig.standIn.requests).toBe(0);
  });

  it('estimates with the limit that X told last', async () => {
    await using rig = await HydrateRig.create(
      idsOf(2).map((id) => ({ id })),
      {
        limit: { requests: 3500, windowSeconds: 900 },
      },
    );
    rig.writeJournal(`${JSON.stringify({ answers: { [ID]: { text: 'x' } }, limit: 900 })}\n`);
    const { failure } = await rig.run({}, { consent: false });
    expect(failure?.message).toContain('for 1 tweet without a text: 1 request, no wait');
    expect(failure?.message).toContain('at 900 requests in 15 minutes;');
    await rig.run();
    expect(readFileSync(rig.journal, 'utf8')).toContain('"limit":3500');
  });
});

describe('hydrate stops at once, and goes on later, when', () => {
  it.each([
    ['usage-capped', 'usage-capped', 'Monthly product cap'],
    ['forbidden', 'forbidden', 'not in a project'],
  ] as const)('X says %s', async (fault, code, words) => {
    const faults: (Fault | undefined)[] = [undefined, fault];
    await using rig = await HydrateRig.create(
      idsOf(300).map((id) => ({ id })),
      first(...faults),
    );
    const run = await rig.run({ in_flight: 1 });
    expect(run.failure).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(rig.standIn.requests).toBe(2);
    expect((await rig.run({ in_flight: 1 })).card()).toMatchObject({ found: 300 });
    expect(rig.standIn.requests).toBe(4);
  });

  it('the token is wrong, without saying it', async () => {
    await using rig = await HydrateRig.create([{ id: ID }], { token: 'another' });
    const run = await rig.run();
    expect(run.failure).toMatchObject({ code: 'unauthorized' });
    expect(JSON.stringify(run.failure)).not.toContain(TOKEN);
    expect(rig.standIn.requests).toBe(1);
  });

  it('the certificate is not trusted', async () => {
    await using rig = await HydrateRig.create([{ id: ID }]);
    expect((await rig.run({}, { environment: { SSL_CERT_FILE: '' } })).failure).toMatchObject({
      code: 'untrusted-certificate',
    });
    expect(rig.standIn.requests).toBe(0);
  });
});

describe('hydrate goes on after', () => {
  it.each([
    'service-unavailable',
    'html-error',
    'html-page',
    'cut-before',
    'cut-body',
    'wrong-ids',
    'numeric-ids',
  ] as const)('%s', async (fault) => {
    await using rig = await HydrateRig.create(
      idsOf(120).map((id) => ({ id })),
      first(fault, undefined, fault),
    );
    const run = await rig.run();
    expect(run.failure).toBeUndefined();
    expect(run.texts()).toEqual(Object.fromEntries(idsOf(120).map((id) => [id, `text of ${id}`])));
  });

  it('a body that never ends', async () => {
    await using rig = await HydrateRig.create([{ id: ID }], first('slow-body'));
    expect((await rig.run({ timeout_seconds: 1 })).texts()).toEqual({ [ID]: `text of ${ID}` });
  });

  it('a spent window, counting the seconds down', async () => {
    await using rig = await HydrateRig.create(
      idsOf(300).map((id) => ({ id })),
      {
        limit: { requests: 2, windowSeconds: 1 },
      },
    );
    const run = await rig.run({ in_flight: 4 });
    expect(run.card()).toMatchObject({ found: 300 });
    // The header said that the window was spent: nothing was asked in vain.
    expect(rig.standIn.requests).toBe(3);
    expect(
      run.phases.filter((phase) => /^rate limit: waiting 00:0[0-9]$/.test(phase)).length,
    ).toBeGreaterThan(0);
  });

  it('a refusal for the rate limit', async () => {
    await using rig = await HydrateRig.create([{ id: ID }], first('rate-limited'));
    expect((await rig.run()).texts()).toEqual({ [ID]: `text of ${ID}` });
    expect(rig.standIn.requests).toBe(2);
  });
});

describe('hydrate gives up after', () => {
  it.each([
    ['html-page', 'bad-answer', 3, 'no JSON but "Sign in to the guest network"'],
    ['wrong-ids', 'bad-answer', 3, 'tweets that were not asked for'],
    ['numeric-ids', 'bad-answer', 3, 'data.0.id'],
    ['service-unavailable', 'unreachable', 8, 'Service Unavailable (503)'],
    ['cut-before', 'unreachable', 8, ''],
  ] as const)('nothing but %s', async (fault, code, requests, words) => {
    await using rig = await HydrateRig.create([{ id: ID }], { fault: () => fault });
    const run = await rig.run();
    expect(run.failure).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(rig.standIn.requests).toBe(requests);
  });
});

describe('the journal', () => {
  it('is what a second run reads: no token, no consent, the same bytes', async () => {
    await using rig = await HydrateRig.create([{ id: ID }, { id: OTHER }], {
      tweet: (id) => (id === ID ? { problem: 'resource-not-found' } : textOf(id)),
    });
    const run = await rig.run();
    const again = await rig.run({}, { consent: false, environment: { X_BEARER_TOKEN: '' } });
    expect(again.failure).toBeUndefined();
    expect(rig.standIn.requests).toBe(1);
    for (const output of ['rows', 'card']) expect(again.text(output)).toBe(run.text(output));
  });

  it('loses a torn last line and what cannot be read, and asks for these alone', async () => {
    const asked: (readonly string[])[] = [];
    await using rig = await HydrateRig.create([{ id: ID }, { id: OTHER }, { id: THIRD }], {
      onRequest: (batch) => asked.push(batch),
    });
    const line = (id: string): string => JSON.stringify({ answers: { [id]: { text: 'kept' } } });
    rig.writeJournal(`${line(ID)}\n{"answers":{"${OTHER}":{"text":5}}}\n`);
    appendFileSync(rig.journal, line(THIRD).slice(0, -3));
    const run = await rig.run();
    expect(asked).toEqual([[OTHER, THIRD]]);
    expect(run.texts()).toEqual({ [ID]: 'kept', [OTHER]: `text of ${OTHER}`, [THIRD]: `text of ${THIRD}` });
    expect(run.stage.warnings[0]).toContain('that cannot be read: 1');
    expect((await rig.run({}, { consent: false })).failure).toBeUndefined();
  });

  it('is shared: of two workers at once the second asks for nothing', async () => {
    await using rig = await HydrateRig.create(idsOf(250).map((id) => ({ id })));
    const [one, other] = await Promise.all([rig.run(), rig.run()]);
    expect([one.failure, other.failure]).toEqual([undefined, undefined]);
    expect(rig.standIn.requests).toBe(3);
    expect(other.text('rows')).toBe(one.text('rows'));
  });

  it('keeps what was answered before a stop', async () => {
    const controller = new AbortController();
    await using rig = await HydrateRig.create(
      idsOf(500).map((id) => ({ id })),
      {
        onAnswered: (_ids, request) => {
          if (request === 2) controller.abort();
        },
      },
    );
    const run = await rig.run({ in_flight: 1 }, { signal: controller.signal });
    expect(run.failure).toMatchObject({ code: 'aborted' });
    const before = rig.standIn.requests;
    expect((await rig.run({ in_flight: 1 })).card()).toMatchObject({ found: 500 });
    expect(rig.standIn.requests).toBe(5);
    expect(before).toBeLessThan(5);
  });

  it('holds no token', async () => {
    await using rig = await HydrateRig.create([{ id: ID }]);
    expect(existsSync(rig.journal)).toBe(false);
    await rig.run();
    expect(readFileSync(rig.journal, 'utf8')).not.toContain(TOKEN);
  });
});
