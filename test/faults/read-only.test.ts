import { expect, it } from 'vitest';
import { PipelineRig, type RunResult } from '../rig/pipeline-rig.js';
import { CANNOT_MOUNT, MountedFolder } from './mount.js';

const STUDY = `version: 1
name: read-only
stages:
  copy: { uses: command, with: { run: 'cat {files.input} > {outputs.text}', files: { input: input.txt }, outputs: { text: text.txt } } }
`;

function expectSaid({ exitCode, stdout, stderr }: RunResult): void {
  const said = stdout + stderr;
  expect(exitCode, said).toBe(1);
  expect(said).toContain('artifacts');
  expect(said).toMatch(/read-only/i);
  expect(said).not.toMatch(/^\s+at .*\.js:\d+/m);
}

// Root ignores permissions, so the folder is a file system that is mounted read-only.
it.skipIf(CANNOT_MOUNT !== null)(
  'a read-only artifacts folder: what only reads goes on, a run says why not',
  async () => {
    await using rig = await PipelineRig.create({ pipeline: STUDY, files: { 'input.txt': 'one\n' } });
    using disk = new MountedFolder(rig.path('artifacts'), 8_000_000);
    disk.remount('ro');
    expectSaid(await rig.run(['run', 'all']));
    const fresh = await rig.run(['plan', 'all', '--check']);
    expect(fresh.exitCode, fresh.stderr).toBe(3);

    disk.remount('rw');
    expect((await rig.run(['run', 'all'])).exitCode).toBe(0);
    disk.remount('ro');
    for (const command of [['plan', 'all', '--check'], ['status'], ['status', '--json']]) {
      const result = await rig.run(command);
      expect(result.exitCode, `${command.join(' ')}: ${result.stderr}`).toBe(0);
    }
    rig.write('input.txt', 'two\n');
    expect((await rig.run(['plan', 'all', '--check'])).exitCode).toBe(3);
    expectSaid(await rig.run(['run', 'all']));
    expect(rig.read('artifacts/out/copy/text.txt')).toBe('one\n');
  },
);
