import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { benchConvert, type ConvertBenchOptions } from '../../../pipeline/bench/convert-bench.js';
import { workerEnvironment } from '../../../pipeline/cli/worker-environment.js';
import type { BenchMeasure } from '../../../pipeline/contract/bench.js';
import { definition } from '../../../stages/convert/definition.js';
import { INSTALLATION } from '../../rig/pipeline-rig.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgeline-bench-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const python = process.env.EDGELINE_TEST_PYTHON ?? '';

const options = (given: Partial<ConvertBenchOptions>): ConvertBenchOptions => ({
  own: {
    python,
    installation: INSTALLATION,
    environment: (scratch) => workerEnvironment(process.env, INSTALLATION, scratch, definition.worker),
  },
  peers: null,
  withoutPeers: 'without onnxruntime: not wanted',
  cases: [
    {
      name: 'tiny',
      preset: 'bert-tiny',
      memoryLimits: { int8: 1000 },
      conversionLimits: { one: 100, all: 200 },
    },
  ],
  lengths: [8],
  threads: [1],
  calls: 2,
  repeats: 1,
  folder,
  host: 'here',
  signal: new AbortController().signal,
  onProgress: () => {},
  ...given,
});

// Eight files of a small model by four routes, and the stages themselves: TensorFlow is loaded five times, a minute.
it.skipIf(!existsSync(python))(
  'converts by each route and times every file that was made',
  { timeout: 900_000 },
  async () => {
    const kept: BenchMeasure[] = [];
    const measured = await benchConvert(options({ onMeasured: (some) => kept.push(...some) }));
    if (!measured.ok) throw new Error(measured.error);
    expect(kept).toEqual(measured.value);
    expect(measured.value.map(({ measure, unit }) => [measure, unit])).toEqual([
      ['latency_tiny_fp32_8_1_ms', 'ms'],
      ['latency_tiny_int8_8_1_ms', 'ms'],
      ['memory_tiny_fp32_mb', 'MB'],
      ['memory_tiny_int8_mb', 'MB'],
      ['freeze_tiny_s', 's'],
      ['convert_tiny_int8_s', 's'],
      ['convert_tiny_all_s', 's'],
    ]);
    const [latency, , memory, , freeze, one, all] = measured.value;
    for (const compared of [latency, memory]) {
      expect(Object.keys(compared?.peers ?? {}).sort()).toEqual([
        'from_saved_model',
        'keras_export',
        'keras_layers',
      ]);
      for (const value of [compared?.value, ...Object.values(compared?.peers ?? {})]) {
        expect(value).toBeGreaterThan(0);
      }
    }
    const { keras_export = 0, from_saved_model = 0 } = latency?.peers ?? {};
    expect(latency?.limit).toEqual({ kind: 'at-most', value: Math.min(keras_export, from_saved_model) });
    expect(latency?.note).toContain('without onnxruntime: not wanted');
    expect(latency?.note).not.toContain('without keras');
    expect(freeze?.limit).toBeUndefined();
    expect(one?.limit).toEqual({ kind: 'at-most', value: 100 });
    // Of one process and of three, that one among them.
    expect(all?.value).toBeGreaterThan(one?.value ?? 0);
  },
);

it('says what a route of our own said when it failed', async () => {
  const broken = join(folder, 'python.mjs');
  writeFileSync(broken, `#!${process.execPath}\nconsole.error('no such weights'); process.exit(3);\n`, {
    mode: 0o755,
  });
  const own = { python: broken, installation: INSTALLATION, environment: () => process.env };
  const measured = await benchConvert(options({ own }));
  expect(measured).toMatchObject({ ok: false });
  expect(measured.ok ? '' : measured.error).toMatch(
    /convert_files\.py .* ended with exit code 3:\nno such weights/,
  );
});
