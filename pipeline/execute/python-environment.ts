import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../base/atomic-write.js';
import { digestOf, hexOf } from '../base/canonical.js';
import { acquireLock } from '../base/lock.js';
import { err, ok, type Result } from '../base/result.js';
import type { Failure } from '../contract/failure.js';
import { findPython, type Interpreter, SUPPORTED_PYTHON } from './python-interpreter.js';

/** The Python that workers run in: a venv made from the hashed lock, kept outside of projects and shared by them. */
export interface PythonEnvironment {
  readonly python: string;
  /** `3.11` */
  readonly version: string;
}

export interface EnvironmentOptions {
  /** `requirements.lock` of the installation. */
  readonly lockFile: string;
  /** Folder for environments, one for each lock and interpreter version. */
  readonly folder: string;
  /** A Python to use instead of searching, from EDGELINE_PYTHON. */
  readonly preferred: string | undefined;
}

/** What is being done, with how many packages of how many. */
export type SetupProgress = (message: string, done?: number, total?: number) => void;

/** Written last; an environment without it is an unfinished one. */
interface Marker {
  readonly schema: 1;
  readonly version: string;
  readonly interpreter: string;
  /** What pip put into site-packages, to notice what somebody removed. */
  readonly entries: readonly string[];
}

const MARKER = 'edgeline-environment.json';

/** Digest of the lock file, which is all of an environment that a key needs beside the interpreter's version. */
export function lockDigest(lockFile: string): string {
  return hexOf(digestOf(readFileSync(lockFile))).slice(0, 16);
}

/** The environment if it is there and whole; looks at files only, so that a run with nothing to do stays fast. */
export function existingEnvironment(options: EnvironmentOptions): PythonEnvironment | null {
  const digest = lockDigest(options.lockFile);
  for (const version of SUPPORTED_PYTHON) {
    const folder = join(options.folder, `${digest}-${version}`);
    const marker = readMarker(folder);
    if (marker === null || (options.preferred !== undefined && marker.interpreter !== options.preferred))
      continue;
    if (isWhole(folder, marker)) return { python: join(folder, 'bin', 'python'), version: marker.version };
  }
  return null;
}

/**
 * Makes the environment if it is not there, mends it if it is broken.
 */
export async function ensureEnvironment(
  options: EnvironmentOptions,
  onProgress: SetupProgress,
  signal: AbortSignal,
): Promise<Result<PythonEnvironment, Failure>> {
  const existing = existingEnvironment(options);
  if (existing !== null) return ok(existing);
  const found = await findPython(options.preferred);
  if (!found.ok) return err(found.error);
  const interpreter = found.value;
  mkdirSync(options.folder, { recursive: true });
  const folder = join(options.folder, `${lockDigest(options.lockFile)}-${interpreter.version}`);
  const lock = await acquireLock(
    `${folder}.lock`,
    'making a Python environment',
    (holder) => onProgress(`waiting for process ${holder.pid}, which is making the Python environment`),
    signal,
  );
  if (lock === null) return err({ reason: 'aborted' });
  try {
    const made = existingEnvironment(options);
    return made !== null ? ok(made) : await makeEnvironment(folder, interpreter, options, onProgress, signal);
  } finally {
    lock.release();
  }
}

async function makeEnvironment(
  folder: string,
  interpreter: Interpreter,
  options: EnvironmentOptions,
  onProgress: SetupProgress,
  signal: AbortSignal,
): Promise<Result<PythonEnvironment, Failure>> {
  rmSync(folder, { recursive: true, force: true });
  onProgress(`making a Python ${interpreter.version} environment`);
  const made = await run(interpreter.path, ['-m', 'venv', folder], signal);
  if (!made.ok) return err(environmentFailure('python -m venv failed', made.error, interpreter));
  const total = readFileSync(options.lockFile, 'utf8')
    .split('\n')
    .filter((line) => /^\S+==/.test(line)).length;
  const installed = await install(join(folder, 'bin', 'python'), options.lockFile, signal, (message, done) =>
    onProgress(message, done, total),
  );
  if (!installed.ok) {
    rmSync(folder, { recursive: true, force: true });
    if (signal.aborted) return err({ reason: 'aborted' });
    return err(environmentFailure('pip could not install the locked packages', installed.error, interpreter));
  }
  const marker: Marker = {
    schema: 1,
    version: interpreter.version,
    interpreter: options.preferred ?? interpreter.path,
    entries: readdirSync(sitePackages(folder, interpreter.version)).filter((name) => name !== '__pycache__'),
  };
  writeFileAtomically(join(folder, MARKER), JSON.stringify(marker));
  return ok({ python: join(folder, 'bin', 'python'), version: interpreter.version });
}

function sitePackages(folder: string, version: string): string {
  return join(folder, 'lib', `python${version}`, 'site-packages');
}

function readMarker(folder: string): Marker | null {
  const path = join(folder, MARKER);
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Marker;
  } catch {
    return null;
  }
}

function isWhole(folder: string, marker: Marker): boolean {
  // existsSync follows the link to the system's interpreter, which an upgrade may have removed.
  if (!existsSync(join(folder, 'bin', 'python'))) return false;
  const packages = sitePackages(folder, marker.version);
  return marker.entries.every(
    (entry) => lstatSync(join(packages, entry), { throwIfNoEntry: false }) !== undefined,
  );
}

async function install(
  python: string,
  lockFile: string,
  signal: AbortSignal,
  onPackage: (message: string, done: number) => void,
): Promise<Result<null, string>> {
  const { execa } = await import('execa');
  const argv = ['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'];
  const child = execa(python, [...argv, '--require-hashes', '--only-binary', ':all:', '-r', lockFile], {
    reject: false,
    all: true,
    stdin: 'ignore',
    cancelSignal: signal,
  });
  let seen = 0;
  void (async () => {
    for await (const line of child.iterable({ from: 'stdout' })) {
      const name = /^Collecting ([\w.-]+)/.exec(line)?.[1];
      if (name !== undefined) {
        seen += 1;
        onPackage(`downloading ${name}`, seen);
      } else if (line.startsWith('Installing collected')) onPackage('installing', seen);
    }
  })();
  const result = await child;
  return result.exitCode === 0 ? ok(null) : err(lastLines(result.all ?? result.shortMessage ?? ''));
}

async function run(
  command: string,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<Result<null, string>> {
  const { execa } = await import('execa');
  const result = await execa(command, argv, {
    reject: false,
    all: true,
    stdin: 'ignore',
    cancelSignal: signal,
  });
  return result.exitCode === 0 ? ok(null) : err(lastLines(result.all ?? result.shortMessage ?? ''));
}

function lastLines(text: string): string {
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('WARNING: Location'));
  return lines.slice(-3).join('; ');
}

function environmentFailure(what: string, details: string, interpreter: Interpreter): Failure {
  const hint = details.includes('ensurepip')
    ? `install the venv module of ${interpreter.path} (Debian: apt install python3-venv), then run the same command again`
    : 'check that the package index can be reached (pip uses your pip settings), then run the same command again';
  return { reason: 'environment', message: `${what} (${interpreter.path}): ${details}`, hint };
}
