// pytest in the engine's own Python environment, and how many of its tests passed.
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { capture, root, run } from './processes.mjs';
import { atLeastOneFailure, countPytest, status } from './test-counts.mjs';

/** The interpreter of the environment, made if it is not there; what went wrong was printed when the exit code is not 0. */
export async function pythonEnvironment() {
  const { exitCode, stdout } = await capture(process.execPath, ['bin/pipeline.cjs', 'doctor', '--python']);
  return { exitCode, python: stdout.trim() };
}

/**
 * Counts, and what pytest printed.
 * @param results an existing folder for pytest's own report
 */
export async function runPytest(python, results, args) {
  const packages = await developmentPackages(python);
  if (packages === null) return { counts: status(1, 'packages of pytest'), output: '' };
  const file = join(results, 'pytest.xml');
  const path = [packages, join(root, 'stages', '_python'), join(root, 'test', 'python')].join(delimiter);
  const env = { PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: '1' };
  const { exitCode, stdout } = await capture(
    python,
    ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--durations=12', `--junitxml=${file}`, ...args],
    env,
  );
  const counts = existsSync(file) ? countPytest(readFileSync(file, 'utf8')) : status(exitCode || 1, 'pytest');
  return { counts: atLeastOneFailure(counts, exitCode, 'pytest'), output: stdout };
}

/** What only tests need, beside the environment that users get: a folder for each lock, made whole or not at all. */
async function developmentPackages(python) {
  const { cacheFolder } = await import('../dist/pipeline/cli/installation.js');
  const { digestOf, hexOf } = await import('../dist/pipeline/base/canonical.js');
  const lock = join(root, 'stages', '_python', 'dev-requirements.lock');
  const folder = join(
    cacheFolder(process.env),
    'python-dev',
    hexOf(digestOf(readFileSync(lock))).slice(0, 16),
  );
  if (existsSync(folder)) return folder;
  const temporary = `${folder}.${process.pid}.tmp`;
  mkdirSync(dirname(folder), { recursive: true });
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    '--require-hashes',
  ];
  const exitCode = await run(python, [...pip, '--target', temporary, '-r', lock]);
  if (exitCode !== 0) return null;
  renameSync(temporary, folder);
  return folder;
}
