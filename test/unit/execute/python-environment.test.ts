import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type EnvironmentOptions,
  ensureEnvironment,
  existingEnvironment,
  lockDigest,
} from '../../../pipeline/execute/python-environment.js';

let root = '';
let options: EnvironmentOptions;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'edgeline-environment-'));
  writeFileSync(join(root, 'requirements.lock'), 'six==1.17.0 \\\n    --hash=sha256:00\n');
  options = { lockFile: join(root, 'requirements.lock'), folder: join(root, 'python'), preferred: undefined };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** What a finished environment leaves on disk; no interpreter runs here. */
function finished(): string {
  const folder = join(options.folder, `${lockDigest(options.lockFile)}-3.11`);
  const packages = join(folder, 'lib', 'python3.11', 'site-packages');
  mkdirSync(join(packages, 'six'), { recursive: true });
  mkdirSync(join(folder, 'bin'));
  symlinkSync(process.execPath, join(folder, 'bin', 'python'));
  const marker = { schema: 1, version: '3.11', interpreter: '/usr/bin/python3.11', entries: ['six'] };
  writeFileSync(join(folder, 'edgeline-environment.json'), JSON.stringify(marker));
  return folder;
}

describe('existingEnvironment', () => {
  test('takes a whole one', () => {
    const folder = finished();
    expect(existingEnvironment(options)).toEqual({ python: join(folder, 'bin', 'python'), version: '3.11' });
  });

  test('not one that was never finished', () => {
    rmSync(join(finished(), 'edgeline-environment.json'));
    expect(existingEnvironment(options)).toBeNull();
  });

  test('not one whose packages somebody removed, so that it is made again', () => {
    rmSync(join(finished(), 'lib', 'python3.11', 'site-packages', 'six'), { recursive: true });
    expect(existingEnvironment(options)).toBeNull();
  });

  test('not one whose interpreter is gone', () => {
    const folder = finished();
    rmSync(join(folder, 'bin', 'python'));
    symlinkSync('/no/such/python', join(folder, 'bin', 'python'));
    expect(existingEnvironment(options)).toBeNull();
  });

  test('not that of another lock file', () => {
    finished();
    writeFileSync(options.lockFile, 'six==1.16.0 \\\n    --hash=sha256:00\n');
    expect(existingEnvironment(options)).toBeNull();
  });
});

describe('ensureEnvironment', () => {
  const ensure = (preferred: string) =>
    ensureEnvironment({ ...options, preferred }, () => undefined, new AbortController().signal);

  test('without a usable Python: one message with the versions that would do', async () => {
    expect(await ensure('/bin/false')).toEqual({
      ok: false,
      error: {
        reason: 'environment',
        message:
          "no usable Python: Edgeline's workers need Python 3.11, 3.12, 3.13 with venv; none was found",
        hint: 'install one (Debian: apt install python3 python3-venv) or name one in EDGELINE_PYTHON, then run again',
      },
    });
  });

  test.each([
    ['an old one', '3.9\\t/old\\tTrue', 'is 3.9'],
    ['one without venv', '3.12\\t/bare\\tFalse', '(3.12) lacks venv'],
  ])('%s is named', async (_, answer, found) => {
    const fake = join(root, 'python3');
    writeFileSync(fake, `#!/bin/sh\nprintf '${answer}\\n'\n`, { mode: 0o755 });
    const result = await ensure(fake);
    expect(result.ok ? '' : JSON.stringify(result.error)).toContain(found);
  });
});
