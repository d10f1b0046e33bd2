import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '../base/result.js';
import type { BenchMeasure } from '../contract/bench.js';
import { summarize } from './summarize.js';
import { XApiStandIn } from './x-api-stand-in.js';

const TOKEN = 'bench-token-of-nobody';
const FIRST_ID = 187281022927384577n;

export interface HydrateBench {
  /** `dist/pipeline/cli/stage-host.js`: the program that runs TypeScript workers. */
  readonly stageHost: string;
  /** Empty, and taken away by the caller. */
  readonly folder: string;
  readonly tweets: number;
  readonly repeats: number;
  readonly host: string;
  readonly signal: AbortSignal;
}

/**
 * `hydrate_tweets_per_s`: tweets asked for, journalled and written, by the worker in a process of its own, its start included. The
 * stand-in is in this process, on the same processors, and has no limits: what X's network and limits cost is not in it.
 */
export async function benchHydrate(bench: HydrateBench): Promise<Result<readonly BenchMeasure[], string>> {
  await using standIn = await XApiStandIn.start({
    token: TOKEN,
    tweet: (id) => ({
      text: `an invented tweet of usual length, ${id}, that nobody ever wrote anywhere &amp; more`,
    }),
  });
  const rates: number[] = [];
  for (let repeat = 0; repeat < bench.repeats; repeat += 1) {
    const folder = mkdtempSync(join(bench.folder, 'hydrate-'));
    const started = performance.now();
    const problem = await runWorker(bench, writeJob(folder, standIn, bench.tweets), folder);
    if (problem !== null) return err(problem);
    rates.push((bench.tweets * 1000) / (performance.now() - started));
  }
  const note = `${bench.tweets} tweets, a stand-in on loopback without limits`;
  const { host } = bench;
  return ok([
    {
      measure: 'hydrate_tweets_per_s',
      unit: 'tweets/s',
      ...summarize(rates),
      peers: {},
      limit: { kind: 'at-least', value: 3000 },
      note,
      host,
    },
  ]);
}

/** Writes rows without texts, the certificate and the job; its path. */
function writeJob(folder: string, standIn: XApiStandIn, tweets: number): string {
  const out = join(folder, 'out');
  for (const made of [out, join(folder, 'scratch')]) mkdirSync(made);
  const rows = Array.from({ length: tweets }, (_, index) =>
    JSON.stringify({
      entity: 'E1',
      filtering: 'RELATED',
      id: String(FIRST_ID + BigInt(index)),
      language: 'EN',
      polarity: 'POSITIVE',
      split: 'training',
      text: null,
    }),
  );
  const input = join(folder, 'rows.jsonl');
  writeFileSync(input, `${rows.join('\n')}\n`);
  writeFileSync(join(folder, 'authority.pem'), standIn.certificate);
  const file = join(folder, 'job.json');
  const names = { instance: 'hydrate', stage: 'hydrate', key: `sha256:${'0'.repeat(64)}` };
  writeFileSync(
    file,
    JSON.stringify({
      schema: 1,
      ...names,
      uses: 'hydrate',
      study: 'bench',
      profile: [],
      coordinates: {},
      options: { language: 'EN', host: standIn.host },
      settings: { in_flight: 4, backoff_seconds: 1, timeout_seconds: 60 },
      consent: true,
      inputs: { rows: [{ path: input, artifact: 'rows', output: 'rows', coordinates: {}, ...names }] },
      external: {},
      outputs: { rows: join(out, 'rows.jsonl'), card: join(out, 'hydrate.json') },
      out_dir: out,
      scratch_dir: join(folder, 'scratch'),
      cache_dir: join(folder, 'cache'),
      threads: 1,
      python: '',
    }),
  );
  return file;
}

/** Null when it has found every tweet; else what is wrong, in words. */
async function runWorker(bench: HydrateBench, job: string, folder: string): Promise<string | null> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [bench.stageHost, job], {
    env: { PATH, X_BEARER_TOKEN: TOKEN, SSL_CERT_FILE: join(folder, 'authority.pem') },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    signal: bench.signal,
  });
  const said = ['', ''];
  for (const [index, descriptor] of [2, 3].entries()) {
    child.stdio[descriptor]?.on('data', (bytes: Buffer) => {
      said[index] = `${said[index]}${bytes}`.slice(-2000);
    });
  }
  const ended = await new Promise<string>((done) => {
    child.on('error', (error) => done(error.message));
    child.on('close', (code, signal) => done(code === 0 ? '' : `${signal ?? `exit code ${code}`}`));
  });
  const [errors = '', words = ''] = said;
  if (ended === '' && words.includes(`"found":${bench.tweets}`)) return null;
  return `hydrate ended with ${ended}: ${errors}${words.split('\n').at(-2) ?? ''}`;
}
