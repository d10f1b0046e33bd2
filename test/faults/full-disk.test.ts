import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Failure } from '../../pipeline/contract/failure.js';
import { PipelineRig, type RunResult } from '../rig/pipeline-rig.js';
import { CANNOT_MOUNT, MountedFolder } from './mount.js';
import { filesBelow, recordedKeys } from './store-check.js';

const MEGABYTE = 1_000_000;

/** Writes as much as `size.txt` says, and a small result before. */
const STUDY = `version: 1
name: full-disk
stages:
  small: { uses: command, with: { run: 'echo small > {outputs.text}', outputs: { text: text.txt } } }
  large:
    uses: command
    from: small
    with: { run: 'cat {inputs.small} > /dev/null; head -c $(cat {files.size}) /dev/zero > {outputs.bytes}', files: { size: size.txt }, outputs: { bytes: bytes.bin } }
`;

function failureOf(result: RunResult, instance: string): Failure | undefined {
  return result
    .events()
    .flatMap((event) => (event.type === 'instance-finished' && event.instance === instance ? [event] : []))
    .at(-1)?.outcome.failure;
}

async function expectNothingFalse(rig: PipelineRig): Promise<void> {
  // Only the small result is there, whole, and nothing of the failed one takes up room.
  expect(recordedKeys(rig.root).size).toBe(1);
  expect(rig.read('artifacts/out/small/text.txt')).toBe('small\n');
  expect(rig.exists('artifacts/out/large')).toBe(false);
  expect(filesBelow(rig.path('artifacts')).filter((path) => path.endsWith('.tmp'))).toEqual([]);
  if (rig.exists('artifacts/scratch')) expect(readdirSync(rig.path('artifacts/scratch'))).toEqual([]);
  const status = await rig.run(['status', '--json']);
  expect(status.exitCode).toBe(0);
}

async function expectDoneWithRoom(rig: PipelineRig, disk: MountedFolder, bytes: number): Promise<void> {
  disk.remount('size=64000000');
  const result = await rig.run(['run', 'all', '--json']);
  expect(result.exitCode, result.stdout + result.stderr).toBe(0);
  expect(rig.read('artifacts/out/large/bytes.bin').length).toBe(bytes);
}

it.skipIf(CANNOT_MOUNT !== null)('the disk is full while a worker writes', async () => {
  const bytes = 20 * MEGABYTE;
  await using rig = await PipelineRig.create({ pipeline: STUDY, files: { 'size.txt': String(bytes) } });
  using disk = new MountedFolder(rig.path('artifacts'), 8 * MEGABYTE);
  const result = await rig.run(['run', 'all', '--json']);
  expect(result.exitCode).toBe(1);
  const failure = failureOf(result, 'large');
  // The worker's own words are lost: its log is on the same disk.
  expect(failure?.reason).toBe('store-error');
  expect(JSON.stringify(failure)).toContain(
    'no space left on the disk, where its worker ended with exit code 1',
  );
  await expectNothingFalse(rig);
  await expectDoneWithRoom(rig, disk, bytes);
});

it.skipIf(CANNOT_MOUNT !== null)('the disk is full while the engine keeps a result', async () => {
  // The output itself fits; its copy for people does not.
  const bytes = 5 * MEGABYTE;
  await using rig = await PipelineRig.create({ pipeline: STUDY, files: { 'size.txt': String(bytes) } });
  using disk = new MountedFolder(rig.path('artifacts'), 8 * MEGABYTE);
  const result = await rig.run(['run', 'all', '--json']);
  expect(result.exitCode).toBe(1);
  const failure = failureOf(result, 'large');
  expect(failure?.reason).toBe('store-error');
  expect(JSON.stringify(failure)).toContain('ENOSPC');
  await expectNothingFalse(rig);

  const said = await rig.run(['run', 'all']);
  expect(said.stdout + said.stderr).toMatch(/no space left/i);
  expect(said.stdout + said.stderr).not.toMatch(/^\s+at .*\.js:\d+/m);
  await expectDoneWithRoom(rig, disk, bytes);
});

it.skipIf(CANNOT_MOUNT !== null)('the disk is full before anything begins', async () => {
  await using rig = await PipelineRig.create({ pipeline: STUDY, files: { 'size.txt': '10' } });
  using disk = new MountedFolder(rig.path('artifacts'), 8 * MEGABYTE);
  rig.write('artifacts/filling', '');
  fill(rig.path('artifacts/filling'));
  const result = await rig.run(['run', 'all']);
  expect(result.exitCode).toBe(1);
  expect(result.stdout + result.stderr).toMatch(/no space left/i);
  expect(result.stdout + result.stderr).not.toMatch(/^\s+at .*\.js:\d+/m);
  expect(recordedKeys(rig.root).size).toBe(0);
  const plan = await rig.run(['plan', 'all']);
  expect(plan.exitCode, plan.stderr).toBe(0);
  await expectDoneWithRoom(rig, disk, 10);
});

/** Writes until nothing more fits. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (const size of [MEGABYTE, 4096, 1]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  } finally {
    closeSync(file);
  }
}
