import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StandInTweet, XApiStandIn } from '../../pipeline/bench/x-api-stand-in.js';
import { INSTALLATION, PipelineRig } from './pipeline-rig.js';

export const TOKEN = 'AAAAAAAAAAAAAAAAAAAAAMLheAAAAAAA0';

/**
 * Tweets without their texts, to be asked for at `standIn`: {@link xEnvironment} goes with each run.
 *
 * @param data a package in the layout of RepLab 2013; the sample without it.
 */
export async function xStudy(standIn: XApiStandIn, data?: string): Promise<PipelineRig> {
  const rig = await PipelineRig.create({
    pipeline: `version: 1
name: x
data: { package: package }
axes: { x: [1] }
stages:
  fetch: { uses: fetch, with: { source: replab2013, texts_optional: true } }
  hydrate:
    uses: hydrate
    from: fetch
    with: { host: '${standIn.host}', in_flight: 2, backoff_seconds: 0.02, price_per_1000: 5 }
  clean: { uses: clean, from: hydrate }
`,
    copies: { package: data ?? join(INSTALLATION, 'datasets', 'sample', 'official') },
  });
  writeFileSync(rig.path('authority.pem'), standIn.certificate);
  return rig;
}

/** The environment of its runs; `cache` is where answers are kept. */
export function xEnvironment(rig: PipelineRig, cache = 'cache'): Readonly<Record<string, string>> {
  return {
    X_BEARER_TOKEN: TOKEN,
    SSL_CERT_FILE: rig.path('authority.pem'),
    EDGELINE_CACHE: rig.path(cache),
  };
}

/** One tweet in seven is gone, one in eleven may not be seen. */
export function tweetOf(id: string): StandInTweet {
  const number = BigInt(id);
  if (number % 7n === 0n) return { problem: 'resource-not-found' };
  if (number % 11n === 0n) return { problem: 'not-authorized-for-resource' };
  return { text: `invented tweet ${id} &amp; more` };
}

/** Ids in the lines of a journal. */
export function journalledIds(path: string): ReadonlySet<string> {
  const lines = readFileSync(path, 'utf8').split('\n');
  // What follows the last line feed was being written.
  return new Set(lines.slice(0, -1).flatMap((line) => Object.keys(JSON.parse(line).answers)));
}
