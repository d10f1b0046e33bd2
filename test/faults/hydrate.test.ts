import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { randomFrom } from '../../pipeline/base/random.js';
import { type Fault, XApiStandIn } from '../../pipeline/bench/x-api-stand-in.js';
import { journalPath } from '../../stages/hydrate/journal.js';
import { journalledIds, TOKEN, tweetOf, xEnvironment, xStudy } from '../rig/x-study.js';
import { manyTweets, PackageFolder } from '../unit/stages/fetch/package-folder.js';
import { FAULTS } from './options.js';
import { processesOf } from './processes.js';

/** What is promised; `--kills` may ask for more. */
const KILLS = Math.max(50, FAULTS.kills);
const TWEETS = 5000;
const TRANSIENT: readonly Fault[] = [
  ...(['service-unavailable', 'rate-limited', 'cut-before', 'cut-body', 'html-error', 'wrong-ids'] as const),
];
const MOMENTS = ['request', 'answer', 'later'] as const;

interface Asked {
  /** Ids that the journal held when the engine that asks now was started. */
  known: ReadonlySet<string>;
  readonly times: Map<string, number>;
  readonly problems: string[];
}

// Each kill is a whole start of the program: some 2 s.
it(`hydrates ${TWEETS} tweets though it is killed ${KILLS} times`, { timeout: 0 }, async () => {
  const random = randomFrom(FAULTS.seed);
  const asked: Asked = { known: new Set(), times: new Map(), problems: [] };
  /** No answer is completed: whoever asks is killed in the middle of one. */
  let halting = false;
  let onMoment: (moment: (typeof MOMENTS)[number]) => void = () => undefined;
  await using standIn = await XApiStandIn.start({
    token: TOKEN,
    tweet: tweetOf,
    fault: () =>
      halting ? 'slow-body' : random() < 0.3 ? TRANSIENT[Math.floor(random() * TRANSIENT.length)] : undefined,
    onRequest: (ids, request) => {
      for (const id of ids) {
        if (asked.known.has(id)) asked.problems.push(`request ${request} asks for ${id}, which was answered`);
      }
      onMoment('request');
    },
    onAnswered: (ids) => {
      for (const id of ids) asked.times.set(id, (asked.times.get(id) ?? 0) + 1);
      onMoment('answer');
    },
  });
  const ids = manyTweets(TWEETS).map(({ id }) => ({ id }));
  const data = new PackageFolder({ training: ids.slice(0, -10), test: ids.slice(-10) });
  await using rig = await xStudy(standIn, data.external.package);
  const env = xEnvironment(rig);
  const journal = journalPath(rig.path('cache'), standIn.host);
  let orphans = 0;
  let kills = 0;
  let gone = 0;
  while (kills < KILLS) {
    asked.known = existsSync(journal) ? journalledIds(journal) : new Set();
    // Tweets left are to last for the kills that are left.
    halting = asked.known.size / TWEETS > kills / KILLS;
    const moment = halting ? 'request' : (MOMENTS[Math.floor(random() * MOMENTS.length)] ?? 'request');
    const running = rig.start(['run', 'hydrate', '--yes', '--json'], { env });
    const reached = new Promise<void>((done) => {
      onMoment = (seen) => {
        if (seen === (moment === 'later' ? 'answer' : moment)) done();
      };
    });
    await Promise.race([reached, running.result]);
    if (moment === 'later') await sleep(random() * 20);
    // A machine that goes down takes the workers with it; a killed engine leaves them to the next one.
    const workers = processesOf(rig.path('artifacts', 'scratch'));
    running.kill('SIGKILL');
    if (random() < 0.5) for (const { pid } of workers) kill(pid);
    const result = await running.result;
    onMoment = () => undefined;
    if (result.signal === 'SIGKILL') kills += 1;
    else gone += 1;
    expect(gone, result.stderr).toBeLessThan(3);
    orphans += processesOf(rig.path('artifacts', 'scratch')).length;
  }
  halting = false;
  asked.known = journalledIds(journal);
  const atLastKill = asked.known.size;
  const last = await rig.run(['run', 'hydrate', '--yes', '--json'], { env });
  expect(last.exitCode, last.stderr).toBe(0);
  const again = [...asked.times.values()].filter((times) => times > 1).length;
  console.log(
    `kills: ${kills} (seed ${FAULTS.seed}), ${standIn.requests} requests, ${atLastKill} of ${TWEETS} tweets answered at the last kill, ` +
      `${orphans} workers outlived their engine, ${again} tweets whose answer was lost with its process before it was on disk`,
  );
  expect(asked.problems).toEqual([]);
  // Two requests are in flight at a time, and a killed process had not written these down.
  expect(again).toBeLessThanOrEqual(kills * 2 * 100);
  const made = rig.read('artifacts/out/hydrate/rows.jsonl');
  const card = rig.read('artifacts/out/hydrate/hydrate.json');
  const texts = new Map<string, string | null>();
  for (const line of made.trimEnd().split('\n')) {
    const { id, text } = JSON.parse(line) as { readonly id: string; readonly text: string | null };
    texts.set(id, text);
  }
  const expected = ids.map(({ id }) => {
    const tweet = tweetOf(id);
    return [id, typeof tweet === 'object' && 'text' in tweet ? tweet.text : null] as const;
  });
  expect([...texts].sort()).toEqual([...expected].sort());
  const obtainable = expected.filter(([, text]) => text !== null);
  expect(JSON.parse(card)).toMatchObject({ tweets: TWEETS, found: obtainable.length });

  // The same from nothing, without a kill.
  asked.known = new Set();
  const undisturbed = await rig.run(['run', 'hydrate', '--yes', '--json', '--force', 'hydrate'], {
    env: xEnvironment(rig, 'another-cache'),
  });
  expect(undisturbed.exitCode, undisturbed.stderr).toBe(0);
  expect(rig.read('artifacts/out/hydrate/rows.jsonl')).toBe(made);
  expect(rig.read('artifacts/out/hydrate/hydrate.json')).toBe(card);
});

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended since.
  }
}
