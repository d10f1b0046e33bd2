import { readFileSync, statSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TweetAnswer } from '../../../../stages/hydrate/answer.js';
import { AnswerJournal } from '../../../../stages/hydrate/journal.js';
import { temporaryFolder } from '../stage-context.js';

async function opened(cache: string, host = 'localhost:1'): Promise<AnswerJournal> {
  const journal = await AnswerJournal.open(cache, host, () => undefined, new AbortController().signal);
  if (journal === null) throw new Error('the wait was ended');
  return journal;
}

async function contentOf(cache: string): Promise<ReadonlyMap<string, TweetAnswer>> {
  const journal = await opened(cache);
  journal.close();
  return journal.answers;
}

const BATCHES: readonly ReadonlyMap<string, TweetAnswer>[] = [
  new Map<string, TweetAnswer>([
    ['1', { text: 'one \u2028 \u{1F970}' }],
    ['2', { missing: 'not-found' }],
  ]),
  new Map<string, TweetAnswer>([['3', { text: 'three', withheldIn: ['DE'] }]]),
];

describe('the journal of answers', () => {
  it('gives back what was written, whatever the texts are, to its owner alone', async () => {
    const cache = temporaryFolder();
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary' }),
        fc.bigInt({ min: 0n, max: 2n ** 63n }),
        async (text, id) => {
          const journal = await opened(cache);
          journal.append(new Map([[String(id), { text }]]), 300);
          journal.close();
          expect((await contentOf(cache)).get(String(id))).toEqual({ text });
        },
      ),
      { numRuns: 40 },
    );
    const journal = await opened(cache);
    expect(statSync(journal.path).mode & 0o077).toBe(0);
    expect(journal.limit).toBe(300);
    journal.close();
  });

  it('cut at any byte holds whole answers, and can be written on', async () => {
    const cache = temporaryFolder();
    const journal = await opened(cache);
    for (const batch of BATCHES) journal.append(batch, undefined);
    journal.close();
    const bytes = readFileSync(journal.path);
    const firstEnd = bytes.indexOf('\n') + 1;
    for (let end = 0; end <= bytes.length; end += 1) {
      writeFileSync(journal.path, bytes.subarray(0, end));
      const cut = await opened(cache);
      const whole = end < firstEnd ? 0 : end < bytes.length ? 1 : 2;
      expect([...cut.answers]).toEqual(BATCHES.slice(0, whole).flatMap((batch) => [...batch]));
      expect(cut.damaged).toBe(0);
      for (const batch of BATCHES.slice(whole)) cut.append(batch, undefined);
      cut.close();
      expect(readFileSync(journal.path)).toEqual(bytes);
    }
  });

  it('keeps the answers of one host from another', async () => {
    const cache = temporaryFolder();
    const one = await opened(cache, 'api.x.com');
    one.append(BATCHES[0] ?? new Map(), 900);
    const other = await opened(cache, 'localhost:8443');
    expect(other.answers.size).toBe(0);
    expect(other.limit).toBeUndefined();
    one.close();
    other.close();
  });

  it('waits for another process, and for no longer than it is wanted', async () => {
    const cache = temporaryFolder();
    const first = await opened(cache);
    const controller = new AbortController();
    const holders: string[] = [];
    const onWait = (holder: string): void => {
      holders.push(holder);
      controller.abort();
    };
    expect(await AnswerJournal.open(cache, 'localhost:1', onWait, controller.signal)).toBeNull();
    expect(holders).toEqual([`process ${process.pid}`]);
    first.close();
    (await opened(cache)).close();
  });
});
