import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '../base/result.js';
import type { BenchMeasure } from '../contract/bench.js';
import { type AxisSizes, writeLargeInputStudy, writeMatrixStudy } from './engine-study.js';
import type { Peer } from './peers.js';
import { summarize } from './summarize.js';
import { type Timing, timedProcess } from './timed-process.js';

export interface EngineBenchOptions {
  /** Command line of the engine, to which a command is added. */
  readonly engine: readonly string[];
  /** An empty folder of ours; needs room for the large file. */
  readonly folder: string;
  readonly peers: readonly Peer[];
  /** Why there are no peers. */
  readonly withoutPeers?: string;
  readonly repeats: number;
  readonly sizes: EngineBenchSizes;
  readonly host: string;
  readonly signal: AbortSignal;
  onProgress(message: string): void;
}

export interface EngineBenchSizes {
  readonly small: AxisSizes;
  readonly large: AxisSizes;
  /** Twice as many instances as `small` and `large`. */
  readonly smallDoubled: AxisSizes;
  readonly largeDoubled: AxisSizes;
  readonly hashedBytes: number;
}

/** The yardstick of the design: 343, 10,000 and 20,000 instances, and a file of 2 GB. */
export const ENGINE_BENCH_SIZES: EngineBenchSizes = {
  small: [7, 7, 7],
  smallDoubled: [7, 7, 14],
  large: [10, 10, 100],
  largeDoubled: [10, 10, 200],
  hashedBytes: 2_000_000_000,
};

const BLOCK_BYTES = 1 << 24;

/** Carries the error out of the middle of a measure; never leaves this file. */
class BenchFailure extends Error {}

/**
 * Measures the engine from outside, as a user does: whole processes, repeats of all that is compared taking turns.
 * The error is what a program that was measured said when it failed.
 */
export async function benchEngine(
  options: EngineBenchOptions,
): Promise<Result<readonly BenchMeasure[], string>> {
  try {
    return ok(await measureAll(options));
  } catch (error) {
    if (error instanceof BenchFailure) return err(error.message);
    throw error;
  }
}

async function measureAll(options: EngineBenchOptions): Promise<readonly BenchMeasure[]> {
  const { host } = options;
  const runs = await firstRunsAndNoops(options);
  const plans = await plansOf(options);
  const noop = await noopOf(options, options.sizes.large);
  const hash = await hashRatios(options);
  const growth = plans.map(({ single, doubled: two }) => two.seconds / single.seconds);
  const peerNote = options.withoutPeers === undefined ? {} : { note: options.withoutPeers };
  return [
    {
      measure: 'first_run_343_s',
      unit: 's',
      ...summarize(runs.first),
      peers: runs.peerFirst,
      limit: { kind: 'at-most', value: 4 },
      ...peerNote,
      host,
    },
    {
      measure: 'noop_343_s',
      unit: 's',
      ...summarize(runs.noop),
      peers: { ...runs.peerNoop, 'node, doing nothing': summarize(runs.nodeStart).value },
      limit: { kind: 'at-most', value: 0.25 },
      ...peerNote,
      host,
    },
    {
      measure: 'plan_10000_s',
      unit: 's',
      ...summarize(plans.map(({ single }) => single.seconds)),
      peers: {},
      limit: { kind: 'at-most', value: 1.5 },
      host,
    },
    {
      measure: 'plan_10000_mb',
      unit: 'MB',
      ...summarize(plans.map(({ single }) => single.peakBytes / 1e6)),
      peers: {},
      limit: { kind: 'at-most', value: 400 },
      host,
    },
    {
      measure: 'noop_10000_s',
      unit: 's',
      ...summarize(noop),
      peers: {},
      limit: { kind: 'at-most', value: 3 },
      host,
    },
    {
      measure: 'growth_2x',
      unit: 'ratio',
      ...summarize(growth),
      peers: {},
      limit: { kind: 'at-most', value: 2.2 },
      note: 'wall time of a plan of 20,000 instances over one of 10,000',
      host,
    },
    {
      measure: 'growth_2x_first_run',
      unit: 'ratio',
      ...summarize(runs.growth),
      peers: {},
      limit: { kind: 'at-most', value: 2.2 },
      note: 'wall time of a first run of 686 instances over one of 343',
      host,
    },
    {
      measure: 'hash_2gb_ratio',
      unit: 'ratio',
      ...summarize(hash),
      peers: {},
      limit: { kind: 'at-least', value: 0.8 },
      note: "speed of the first hash of a 2 GB input over sha256sum's on the same file, both from the page cache",
      host,
    },
  ];
}

interface Comparison {
  readonly first: readonly number[];
  readonly noop: readonly number[];
  /** First runs of twice as many instances over first runs, the two of a ratio one after the other. */
  readonly growth: readonly number[];
  /** `node -e ''`: what a no-op cannot be faster than. */
  readonly nodeStart: readonly number[];
  readonly peerFirst: Readonly<Record<string, number>>;
  readonly peerNoop: Readonly<Record<string, number>>;
}

async function firstRunsAndNoops(options: EngineBenchOptions): Promise<Comparison> {
  const { small, smallDoubled } = options.sizes;
  const own = {
    first: [] as number[],
    noop: [] as number[],
    growth: [] as number[],
    nodeStart: [] as number[],
  };
  const others = new Map(
    options.peers.map((peer) => [peer, { first: [] as number[], noop: [] as number[] }]),
  );
  for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
    const of = `${repeat} of ${options.repeats}`;
    options.onProgress(`${count(small)} instances, first run and no-op: edgeline, ${of}`);
    const folder = fresh(options, 'runs');
    writeMatrixStudy(folder, small);
    const first = (await engine(options, folder, ['run', 'all'])).seconds;
    own.first.push(first);
    own.noop.push((await engine(options, folder, ['run', 'all'])).seconds);
    own.nodeStart.push((await timed(options, [process.execPath, '-e', ''], folder)).seconds);
    const doubled = fresh(options, 'runs');
    writeMatrixStudy(doubled, smallDoubled);
    own.growth.push((await engine(options, doubled, ['run', 'all'])).seconds / first);
    for (const [peer, seconds] of others) {
      options.onProgress(`${count(small)} instances, first run and no-op: ${peer.name}, ${of}`);
      const project = fresh(options, 'peer');
      const prepared = await peer.prepare(project, small);
      if (!prepared.ok) throw new BenchFailure(prepared.error);
      for (const kind of ['first', 'noop'] as const) {
        seconds[kind].push((await timed(options, peer.run, project, peer.env)).seconds);
      }
    }
  }
  const medians = (kind: 'first' | 'noop') =>
    Object.fromEntries([...others].map(([peer, seconds]) => [peer.name, summarize(seconds[kind]).value]));
  return { ...own, peerFirst: medians('first'), peerNoop: medians('noop') };
}

async function plansOf(
  options: EngineBenchOptions,
): Promise<readonly { readonly single: Timing; readonly doubled: Timing }[]> {
  const single = fresh(options, 'large');
  const doubled = fresh(options, 'doubled');
  writeMatrixStudy(single, options.sizes.large);
  writeMatrixStudy(doubled, options.sizes.largeDoubled);
  const timings: { single: Timing; doubled: Timing }[] = [];
  for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
    options.onProgress(
      `plans of ${count(options.sizes.large)} and twice as many, ${repeat} of ${options.repeats}`,
    );
    timings.push({
      single: await engine(options, single, ['plan', 'all', '--json']),
      doubled: await engine(options, doubled, ['plan', 'all', '--json']),
    });
  }
  return timings;
}

async function noopOf(options: EngineBenchOptions, sizes: AxisSizes): Promise<readonly number[]> {
  options.onProgress(
    `a first run of ${count(sizes)} instances, so that there is something to find unchanged`,
  );
  const folder = fresh(options, 'large');
  writeMatrixStudy(folder, sizes);
  await engine(options, folder, ['run', 'all']);
  const seconds: number[] = [];
  for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
    options.onProgress(`${count(sizes)} instances, no-op, ${repeat} of ${options.repeats}`);
    seconds.push((await engine(options, folder, ['run', 'all'])).seconds);
  }
  rmSync(folder, { recursive: true, force: true });
  return seconds;
}

/** How fast the first hash of a file is in comparison; what a plan takes without hashing is not counted. */
async function hashRatios(options: EngineBenchOptions): Promise<readonly number[]> {
  const folder = fresh(options, 'hash');
  writeLargeInputStudy(folder, 'large.bin');
  options.onProgress('a large input: writing it');
  writeLargeFile(join(folder, 'large.bin'), options.sizes.hashedBytes);
  const ratios: number[] = [];
  for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
    options.onProgress(`a large input: hashing it, ${repeat} of ${options.repeats}`);
    rmSync(join(folder, 'artifacts'), { recursive: true, force: true });
    const other = await timed(options, ['sha256sum', 'large.bin'], folder);
    const first = await engine(options, folder, ['plan', 'all']);
    const second = await engine(options, folder, ['plan', 'all']);
    ratios.push(other.seconds / (first.seconds - second.seconds));
  }
  rmSync(folder, { recursive: true, force: true });
  return ratios;
}

function writeLargeFile(path: string, bytes: number): void {
  // Real bytes: holes would be read at another speed than data.
  const block = Buffer.alloc(BLOCK_BYTES, 'edgeline');
  const file = openSync(path, 'w');
  for (let written = 0; written < bytes; ) {
    block.writeUInt32LE(written / BLOCK_BYTES, 0);
    written += writeSync(file, block, 0, Math.min(BLOCK_BYTES, bytes - written));
  }
  closeSync(file);
}

function engine(options: EngineBenchOptions, folder: string, args: readonly string[]): Promise<Timing> {
  return timed(options, [...options.engine, ...args], folder);
}

async function timed(
  options: EngineBenchOptions,
  argv: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Timing> {
  const timing = await timedProcess(argv, { cwd, env, signal: options.signal });
  if (!timing.ok) throw new BenchFailure(timing.error);
  return timing.value;
}

function fresh(options: EngineBenchOptions, name: string): string {
  const folder = join(options.folder, name);
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

function count(sizes: AxisSizes): number {
  return sizes.reduce((product, size) => product * size, 1);
}
