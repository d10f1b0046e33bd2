import { err, ok, type Result } from '../base/result.js';
import type { Failure } from '../contract/failure.js';

/** Minor versions that the lock file has wheels for, the preferred first. */
export const SUPPORTED_PYTHON: readonly string[] = ['3.12', '3.13', '3.11'];

export interface Interpreter {
  readonly path: string;
  readonly version: string;
}

const QUESTION =
  'import sys, importlib.util as u; print("%d.%d" % sys.version_info[:2], sys.executable, bool(u.find_spec("venv") and u.find_spec("ensurepip")), sep="\\t")';

/** The first usable Python: the preferred one, else the supported versions by name, else `python3`. */
export async function findPython(preferred: string | undefined): Promise<Result<Interpreter, Failure>> {
  // Loaded at need: a run with nothing to do never gets here.
  const { execa } = await import('execa');
  const candidates =
    preferred !== undefined
      ? [preferred]
      : [...SUPPORTED_PYTHON.map((version) => `python${version}`), 'python3'];
  const seen: string[] = [];
  for (const candidate of candidates) {
    const answer = await execa(candidate, ['-c', QUESTION], {
      reject: false,
      stdin: 'ignore',
      timeout: 20_000,
    });
    if (answer.exitCode !== 0) continue;
    const [version = '', path = candidate, venv] = answer.stdout.trim().split('\t');
    if (!SUPPORTED_PYTHON.includes(version)) seen.push(`${candidate} is ${version}`);
    else if (venv !== 'True') seen.push(`${candidate} (${version}) lacks venv`);
    else return ok({ path, version });
  }
  const wanted = [...SUPPORTED_PYTHON].sort().join(', ');
  const found = seen.length === 0 ? 'none was found' : `found: ${seen.join('; ')}`;
  return err({
    reason: 'environment',
    message: `no usable Python: Edgeline's workers need Python ${wanted} with venv; ${found}`,
    hint: 'install one (Debian: apt install python3 python3-venv) or name one in EDGELINE_PYTHON, then run again',
  });
}
