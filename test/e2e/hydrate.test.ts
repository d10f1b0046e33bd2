import { readFileSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { XApiStandIn } from '../../pipeline/bench/x-api-stand-in.js';
import { TOKEN, tweetOf, xEnvironment, xStudy } from '../rig/x-study.js';

// Eight real runs; on a busy machine that is more than ten seconds.
test('asks X once a person has agreed, and verifies without asking', { timeout: 120_000 }, async () => {
  await using standIn = await XApiStandIn.start({ token: TOKEN, tweet: tweetOf });
  await using rig = await xStudy(standIn);
  const env = xEnvironment(rig);

  // Nobody is there to be asked, then somebody says no.
  const alone = await rig.run(['run', 'all'], { env });
  expect(alone.exitCode).toBe(1);
  expect(alone.stdout).toMatch(/localhost:[0-9]+ is to be asked for [0-9,]+ tweets without a text/);
  expect(alone.stdout).toContain('--yes');
  const terminal = { columns: 120, rows: 40 };
  const no = await rig.run(['run', 'all'], { env, terminal, stdin: 'n\n' });
  expect(no.exitCode).toBe(1);
  expect(no.stdout).toContain('Go on? [y/N]');
  expect(standIn.requests).toBe(0);

  const yes = await rig.run(['run', 'all'], { env, terminal, stdin: 'y\n' });
  expect(yes.exitCode).toBe(0);
  const { requests } = standIn;
  expect(requests).toBeGreaterThan(10);
  const texts = rig.read('artifacts/out/clean/tweets.jsonl');
  expect(texts).toMatch(/invented tweet [0-9]+ & more/);

  // Another token is no other result, and what is asked again is answered from the journal.
  const again = await rig.run(['run', 'all', '--json'], { env: { ...env, X_BEARER_TOKEN: 'another-token' } });
  expect(again.events().at(-1)).toMatchObject({ counts: { ran: 0, reused: 3 } });
  expect((await rig.run(['verify', 'hydrate'], { env })).exitCode).toBe(0);
  const forced = await rig.run(['run', 'hydrate', '--force', 'hydrate'], { env });
  expect(forced.exitCode).toBe(0);
  expect(standIn.requests).toBe(requests);

  // Without the journal a verification says what it would cost, and does not do it.
  rmSync(rig.path('cache/x-api'), { recursive: true });
  const verified = await rig.run(['verify', 'hydrate'], { env });
  expect(verified.exitCode).toBe(1);
  expect(verified.stdout).toContain('tweets without a text');
  expect(standIn.requests).toBe(requests);

  for (const file of [...rig.files('artifacts'), ...rig.files('cache')]) {
    expect(readFileSync(rig.path(file)).includes(TOKEN), file).toBe(false);
  }
});
