import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { benchEngine, type EngineBenchOptions } from '../../../pipeline/bench/engine-bench.js';
import { summarize } from '../../../pipeline/bench/summarize.js';
import { timedProcess } from '../../../pipeline/bench/timed-process.js';
import { INSTALLATION } from '../../rig/pipeline-rig.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgeline-bench-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const options = (changes: Partial<EngineBenchOptions>): EngineBenchOptions => ({
  engine: [process.execPath, join(INSTALLATION, 'bin/pipeline.cjs')],
  folder,
  peers: [],
  repeats: 1,
  sizes: {
    small: [1, 2, 2],
    smallDoubled: [2, 2, 2],
    large: [1, 2, 2],
    largeDoubled: [2, 2, 2],
    hashedBytes: 20_000_000,
  },
  host: 'test',
  signal: new AbortController().signal,
  onProgress: () => undefined,
  ...changes,
});

// Ten runs of the real program: some 5 s, more beside other tests.
it('measures the real engine, and a peer in the same run', { timeout: 120_000 }, async () => {
  const peer = {
    name: 'sh 1',
    env: {},
    prepare: async () => ({ ok: true, value: undefined }) as const,
    // Fails unless each repeat begins in a fresh folder, and its second call finds what its first one made.
    run: ['sh', '-c', '[ ! -e second ] && { [ -e first ] && touch second || touch first; }'],
  };
  const measures = await benchEngine(options({ peers: [peer] }));
  if (!measures.ok) throw new Error(measures.error);
  expect(measures.value.map(({ measure, n }) => [measure, n])).toEqual([
    ['first_run_343_s', 1],
    ['noop_343_s', 1],
    ['plan_10000_s', 1],
    ['plan_10000_mb', 1],
    ['noop_10000_s', 1],
    ['growth_2x', 1],
    ['growth_2x_first_run', 1],
    ['hash_2gb_ratio', 1],
  ]);
  for (const { measure, value } of measures.value) {
    // Of a small file the time of a hash is lost in that of starting a program, and their difference may be anything.
    if (measure === 'hash_2gb_ratio') expect(Number.isFinite(value)).toBe(true);
    else expect(value, measure).toBeGreaterThan(0);
  }
  expect(measures.value.map(({ peers }) => Object.keys(peers))).toEqual([
    ['sh 1'],
    ['sh 1', 'node, doing nothing'],
    [],
    [],
    [],
    [],
    [],
    [],
  ]);
  expect(measures.value.find(({ unit }) => unit === 'MB')?.value).toBeGreaterThan(20);
});

it('says what a program said that failed', async () => {
  const measures = await benchEngine(options({ engine: ['sh', '-c', 'echo broken; exit 7'] }));
  expect(measures).toEqual({ ok: false, error: expect.stringMatching(/exit code 7:\nbroken/) });
});

it('takes the median', () => {
  expect(summarize([5, 1, 3])).toEqual({ value: 3, min: 1, max: 5, n: 3 });
  expect(summarize([4, 1, 3, 2])).toEqual({ value: 2.5, min: 1, max: 4, n: 4 });
});

it('is stopped by its signal', async () => {
  const controller = new AbortController();
  const timing = timedProcess(['sleep', '600'], { cwd: folder, signal: controller.signal });
  controller.abort();
  expect((await timing).ok).toBe(false);
  expect(existsSync(folder)).toBe(true);
});
