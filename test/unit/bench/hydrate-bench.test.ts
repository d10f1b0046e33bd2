import { join } from 'node:path';
import { expect, it } from 'vitest';
import { benchHydrate } from '../../../pipeline/bench/hydrate-bench.js';
import { INSTALLATION } from '../../rig/pipeline-rig.js';
import { temporaryFolder } from '../stages/stage-context.js';

const given = {
  folder: temporaryFolder(),
  tweets: 250,
  repeats: 2,
  host: 'test',
  signal: new AbortController().signal,
};

it('measures the real worker at the stand-in', async () => {
  const stageHost = join(INSTALLATION, 'dist', 'pipeline', 'cli', 'stage-host.js');
  const measured = await benchHydrate({ ...given, stageHost });
  if (!measured.ok) throw new Error(measured.error);
  expect(measured.value).toMatchObject([{ measure: 'hydrate_tweets_per_s', unit: 'tweets/s', n: 2 }]);
  expect(measured.value[0]?.value).toBeGreaterThan(0);
});

it('says what went wrong', async () => {
  const measured = await benchHydrate({ ...given, stageHost: join(given.folder, 'absent.js') });
  expect(measured).toMatchObject({ ok: false, error: expect.stringContaining('hydrate ended with') });
});
