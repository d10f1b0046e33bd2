import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheFolder } from '../../pipeline/cli/installation.js';
import { PipelineRig } from '../rig/pipeline-rig.js';
import { tinyReference } from '../rig/tiny-reference.js';

// Four processes load TensorFlow, one after the other: half a minute.
test('the SavedModel is run from Python where no compiler is, and everything says so', {
  timeout: 600_000,
}, async () => {
  await using rig = await PipelineRig.create({ pipeline: tinyReference('{ limit: 40 }') });
  const programs = rig.path('programs');
  mkdirSync(programs);
  for (const folder of (process.env.PATH ?? '').split(':')) link(folder, programs);
  // A binding that was built earlier would be found in the usual cache; the Python of that is wanted all the same.
  const cache = rig.path('cache');
  mkdirSync(cache);
  symlinkSync(join(cacheFolder(process.env), 'python'), join(cache, 'python'));
  const env = { PATH: programs, EDGELINE_CACHE: cache };
  const result = await rig.run(['run', 'report', '--json'], { env, timeoutSeconds: 500 });
  expect(result.exitCode, result.stderr).toBe(0);
  const said = result.events().flatMap((event) => {
    if (event.type !== 'instance-log' || event.instance !== 'reference@model=tiny') return [];
    return [event.message.message];
  });
  expect(said[0]).toMatch(
    /^TensorFlow from Python is measured, for tfjs-node cannot be had here: no C\+\+ compiler/,
  );

  const folder = 'artifacts/out/reference/model=tiny/evaluation';
  const evaluation = JSON.parse(rig.read(`${folder}/evaluation.json`));
  expect(evaluation).toMatchObject({ format: 'saved-model', n: 40, transport: 'local' });
  expect(evaluation.runtime).toEqual({
    name: expect.stringMatching(/^TensorFlow [\d.]+ from Python$/),
    delegate: null,
    threads: 1,
  });
  const card = JSON.parse(rig.read('artifacts/out/export/model=tiny/export.json'));
  expect(evaluation.model_bytes).toBe(card.bytes);
  const phases = rig
    .read(`${folder}/telemetry.jsonl`)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).phase);
  expect(new Set(phases)).toEqual(new Set(['before', 'during', 'after']));
  const [row] = JSON.parse(rig.read('artifacts/out/report/report/report.json')).results;
  expect(row).toMatchObject({ model: 'tiny', variant: {}, precision: 'SavedModel' });

  const asked = await rig.run(['run', 'reference', '--set', 'stages.reference.with.runtime=tfjs-node'], {
    env,
    timeoutSeconds: 300,
  });
  expect(asked.exitCode).toBe(1);
  expect(asked.stdout + asked.stderr).toContain('tfjs-node cannot be had here: no C++ compiler');
});

/** Everything that is in a folder of PATH but compilers; the first one of a name counts. */
function link(folder: string, target: string): void {
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    return;
  }
  for (const name of names) {
    if (/^(c|g|clang)\+\+/.test(name)) continue;
    try {
      symlinkSync(`${folder}/${name}`, `${target}/${name}`);
    } catch {
      // An earlier folder has it.
    }
  }
}
