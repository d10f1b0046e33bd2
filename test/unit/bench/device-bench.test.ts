import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { err, ok } from '../../../pipeline/base/result.js';
import { benchDevice } from '../../../pipeline/bench/device-bench.js';
import type { BenchMeasure } from '../../../pipeline/contract/bench.js';
import { openDevice } from '../../../pipeline/devices/open-device.js';
import { makeBundle } from '../../../stages/deploy/make-bundle.js';
import { INSTALLATION } from '../../rig/pipeline-rig.js';

const python = process.env.EDGELINE_TEST_PYTHON ?? '';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgeline-device-bench-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Loads TensorFlow twice to convert a tiny model, then runs the real agent and a real rsync.
it.skipIf(!existsSync(python))('measures what measuring costs', { timeout: 600_000 }, async () => {
  const kept: BenchMeasure[] = [];
  const measured = await benchDevice({
    own: {
      python,
      installation: INSTALLATION,
      environment: () => ({ ...process.env, PYTHONPATH: join(INSTALLATION, 'stages', '_python') }),
    },
    agent: join(INSTALLATION, 'stages', 'deploy', 'agent'),
    repeats: 1,
    inferences: 16,
    texts: 300,
    seconds: 0.6,
    processors: 1,
    timed: 'bert-tiny',
    answering: 'bert-tiny',
    folder,
    host: 'here',
    signal: new AbortController().signal,
    connect: async () => {
      const device = await openDevice(
        { name: 'bench', transport: 'local', threads: 1 },
        { localRoot: join(folder, 'devices'), python },
      );
      return device.ok ? ok(device.value) : err(device.error.message);
    },
    makeBundle,
    onProgress: () => {},
    onMeasured: (some) => kept.push(...some),
  });
  if (!measured.ok) throw new Error(measured.error);
  expect(kept).toEqual(measured.value);
  expect(measured.value.map(({ measure, unit }) => [measure, unit])).toEqual([
    ['agent_overhead_percent', '%'],
    ['sampler_core_percent', '%'],
    ['start_s', 's'],
    ['redeploy_kb', 'KB'],
    ['accuracy_pass_tweets_per_s', 'tweets/s'],
  ]);
  const [, sampler, start, redeploy, pass] = measured.value;
  expect(sampler?.value).toBeGreaterThan(0);
  expect(start?.value).toBeGreaterThan(0);
  // The model is there already: what is sent are other texts.
  expect(redeploy?.value).toBeGreaterThan(1);
  expect(redeploy?.value).toBeLessThan((redeploy?.peers['first deploy'] ?? 0) / 10);
  expect(pass?.limit).toEqual({ kind: 'at-least', value: 4 * (pass?.peers.padded_128 ?? 0) });
});
