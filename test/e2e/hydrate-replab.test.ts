import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { XApiStandIn } from '../../pipeline/bench/x-api-stand-in.js';
import { INSTALLATION, PipelineRig, SHARED } from '../rig/pipeline-rig.js';
import { TOKEN, tweetOf, xEnvironment } from '../rig/x-study.js';

const REPLAB = join(SHARED, 'data', 'replab2013');

// Fetch, hydrate and clean 142,519 rows, and ask for 11,000 texts: some fifteen seconds.
test.skipIf(!existsSync(REPLAB))(
  'the profiles replab,x-api fill RepLab 2013, and every labelled row is in one bucket (needs ../shared)',
  { timeout: 240_000 },
  async () => {
    await using standIn = await XApiStandIn.start({ token: TOKEN, tweet: tweetOf });
    await using rig = await PipelineRig.create({
      pipeline: readFileSync(join(INSTALLATION, 'pipeline.yaml'), 'utf8'),
      files: { 'authority.pem': standIn.certificate },
    });
    const sets = [
      `data.package=${join(REPLAB, 'official')}`,
      `data.texts=${join(REPLAB, 'texts')}`,
      `stages.hydrate.with.host=${standIn.host}`,
    ];
    const run = await rig.run(
      ['run', 'clean', '--profile', 'replab,x-api', '--yes', ...sets.flatMap((value) => ['--set', value])],
      { env: xEnvironment(rig), timeoutSeconds: 200 },
    );
    expect(run.exitCode).toBe(0);
    const hydrated = JSON.parse(rig.read('artifacts/out/hydrate/hydrate.json'));
    const { buckets } = JSON.parse(rig.read('artifacts/out/clean/clean.json'));
    const sumOf = (counts: Readonly<Record<string, number>>) =>
      Object.values(counts).reduce((sum, count) => sum + count, 0);
    expect([sumOf(buckets.training), sumOf(buckets.test)]).toEqual([45_671, 96_848]);
    expect([buckets.training.malformed, buckets.test.malformed]).toEqual([2, 0]);
    // 698 and 11,178 eligible rows have no text in the folder: each is filled and used, or still without.
    expect(buckets.training.used + buckets.training['no-text']).toBe(26_822 + 698);
    expect(buckets.test.used + buckets.test['no-text']).toBe(47_390 + 11_178);
    const gained = buckets.training.used + buckets.test.used - 26_822 - 47_390;
    expect(hydrated.found).toBeGreaterThan(5000);
    expect(gained).toBeGreaterThanOrEqual(hydrated.found);
    // A tweet that two entities share may be about one of them alone.
    expect(gained).toBeLessThanOrEqual(hydrated.rows_filled);
  },
);
