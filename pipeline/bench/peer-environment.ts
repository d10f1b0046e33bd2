import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ok, type Result } from '../base/result.js';
import { timedProcess } from './timed-process.js';

/**
 * Programs from PyPI in an environment of their own below `cache`, made once; the folder with what they start by.
 *
 * @param python makes the environment, which has its version
 * @param packages requirements with their versions, for example `dvc==3.67.1`
 */
export async function peerEnvironment(
  cache: string,
  python: string,
  packages: readonly string[],
  signal: AbortSignal,
): Promise<Result<string, string>> {
  const folder = join(cache, 'bench-peers', packages.join(',').replaceAll('==', '-'));
  const bin = join(folder, 'bin');
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return ok(bin);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  const pip = [join(bin, 'pip'), 'install', '--quiet', '--disable-pip-version-check'];
  for (const argv of [
    [python, '-m', 'venv', folder],
    [...pip, ...packages],
  ]) {
    const done = await timedProcess(argv, { cwd: dirname(folder), signal });
    if (!done.ok) return done;
  }
  writeFileSync(complete, '');
  return ok(bin);
}
