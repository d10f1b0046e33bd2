import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import type { Json } from '../base/canonical.js';
import { digestOf, hexOf } from '../base/canonical.js';
import { err, ok, type Result } from '../base/result.js';
import type { Failure } from '../contract/failure.js';
import type { DetachedExit } from './detached-attempt.js';
import { pythonFile } from './python-files.js';
import { type ReadFile, readFiles } from './read-files.js';
import { type AskOptions, type SshExecutorConfig, type SshShell, shellFailure } from './ssh-shell.js';

/** What a workstation says of an attempt. */
export type AttemptState =
  | { readonly state: 'absent' | 'running' | 'dead'; readonly contents?: string }
  | { readonly state: 'ended'; readonly exit: DetachedExit; readonly contents?: string };

interface Place {
  readonly root: string;
  /** attempt_helper.py there. */
  readonly helper: string;
  readonly rsync: string | null;
  readonly node: string | null;
}

/** Below the login folder. */
const DEFAULT_ROOT = '~/.edgeline';
const FILES = ['attempt_supervisor.py', 'attempt_helper.py'] as const;

/** Puts the programs of this version there, beside those of others, and drops what nothing used for a month. */
const INSTALL = `
import json, os, shutil, sys, time
request = json.loads(sys.stdin.readline())
root = os.path.abspath(os.path.expanduser(request['root']))
folder = os.path.join(root, 'helper', request['version'])
for path in (folder, os.path.join(root, 'attempts'), os.path.join(root, 'pool')):
    os.makedirs(path, exist_ok=True)
for name, text in request['files'].items():
    path = os.path.join(folder, name)
    temporary = '%s.%d' % (path, os.getpid())
    with open(temporary, 'w', encoding='utf-8') as file:
        file.write(text)
    os.replace(temporary, path)
def is_old(path):
    try:
        return time.time() - os.stat(path).st_mtime > 30 * 86400
    except OSError:
        return False
for above, _, names in os.walk(os.path.join(root, 'pool')):
    for path in (os.path.join(above, name) for name in names):
        if is_old(path):
            os.unlink(path)
resumes = os.path.join(root, 'resume')
for key in os.listdir(resumes) if os.path.isdir(resumes) else []:
    left = os.path.join(resumes, key)
    below = [os.path.join(above, name) for above, _, names in os.walk(left) for name in names]
    if not os.path.exists(os.path.join(root, 'attempts', key)) and all(map(is_old, [left, *below])):
        shutil.rmtree(left, ignore_errors=True)
helper = os.path.join(folder, 'attempt_helper.py')
print(json.dumps({'root': root, 'helper': helper, 'rsync': shutil.which('rsync'), 'node': shutil.which('node')}))
`;

/** Another machine with a folder of ours: contents by digest in `pool/`, one folder for each attempt in `attempts/`. */
export class Workstation {
  readonly name: string;
  readonly #config: SshExecutorConfig;
  readonly #shell: SshShell;
  readonly #lockFile: string;
  #place: Promise<Result<Place, Failure>> | undefined;
  readonly #pythons = new Map<string, Promise<Result<string, Failure>>>();

  /** @param lockFile the hashed requirements from which an environment is made there. */
  constructor(config: SshExecutorConfig, shell: SshShell, lockFile: string) {
    this.name = config.name;
    this.#config = config;
    this.#shell = shell;
    this.#lockFile = lockFile;
  }

  /** Where it all is; a failed look is tried again the next time. */
  async place(): Promise<Result<Place, Failure>> {
    this.#place ??= this.#install();
    const place = await this.#place;
    if (!place.ok) this.#place = undefined;
    return place;
  }

  /** The Python that has exactly the locked packages, for an action key with these members. */
  async python(
    environment: Readonly<Record<string, string>>,
    options: AskOptions,
  ): Promise<Result<string, Failure>> {
    const { python: version, python_lock } = environment;
    if (version === undefined) return ok('');
    const known = this.#pythons.get(version) ?? this.#makePython(version, python_lock, options);
    this.#pythons.set(version, known);
    const python = await known;
    if (!python.ok) this.#pythons.delete(version);
    return python;
  }

  /** Sends what is not there yet and makes a new attempt's folder of it. */
  async send(
    files: readonly ReadFile[],
    folder: string,
    options: AskOptions,
  ): Promise<Result<null, Failure>> {
    const place = await this.place();
    if (!place.ok) return place;
    const { root } = place.value;
    const items = files.map((file): Json => ({ ...file }));
    // Twice, because content there may turn out to be damaged only when it is put in place.
    for (let round = 0; round < 2; round += 1) {
      const missing = await this.ask<{ readonly missing: readonly string[] }>(
        'missing',
        { root, files: items },
        options,
      );
      if (!missing.ok) return missing;
      const incoming = `${folder}.incoming`;
      if (missing.value.missing.length > 0) {
        const sent = await this.#sendContents(files, new Set(missing.value.missing), incoming, options);
        if (!sent.ok) return sent;
      }
      const placed = await this.ask<{ readonly damaged: readonly string[] }>(
        'place',
        { root, folder, incoming, files: items },
        options,
      );
      if (!placed.ok) return placed;
      if (placed.value.damaged.length === 0) return ok(null);
    }
    return err({
      reason: 'executor-error',
      executor: this.name,
      message: `what was sent to ${this.#config.host} did not arrive as it was`,
      hint: `check the disk there (folder ${root}), then run the same command again`,
    });
  }

  /** Makes `to` equal to the attempt's `out/`, checked by content. */
  async fetch(folder: string, to: string, options: AskOptions): Promise<Result<null, Failure>> {
    const there = await this.ask<{ readonly files: readonly { path: string; digest: string }[] }>(
      'outputs',
      { folder },
      options,
    );
    if (!there.ok) return there;
    mkdirSync(to, { recursive: true });
    const source = { there: `${posix.join(folder, 'out')}/` };
    const copied = await this.#shell.copy(
      ['--recursive', '--links', '--perms', '--delete', '--checksum'],
      source,
      `${to}/`,
      options,
    );
    if (!copied.ok) return err(shellFailure(this.name, copied.error));
    for (const { path, digest } of there.value.files) {
      const here = await readFiles([join(to, path)]);
      if (here.ok && here.value[0]?.digest === digest) continue;
      const message = `${path} did not arrive from ${this.#config.host} as it was there`;
      return err({ reason: 'executor-error', executor: this.name, message });
    }
    return ok(null);
  }

  async ask<T>(command: string, request: Json, options: AskOptions): Promise<Result<T, Failure>> {
    const place = await this.place();
    if (!place.ok) return place;
    const answer = await this.#shell.ask(['python3', '-B', place.value.helper, command], request, options);
    return answer.ok ? ok(answer.value as T) : err(shellFailure(this.name, answer.error));
  }

  async #install(): Promise<Result<Place, Failure>> {
    const files = Object.fromEntries(FILES.map((name) => [name, pythonFile(name)]));
    const version = hexOf(digestOf(JSON.stringify(files))).slice(0, 16);
    const request = { root: this.#config.root ?? DEFAULT_ROOT, version, files };
    const answer = await this.#shell.ask(['python3', '-B', '-c', INSTALL], request);
    if (!answer.ok) return err(shellFailure(this.name, answer.error));
    const place = answer.value as unknown as Place;
    if (!/^[\w./:=@%+,-]+$/.test(place.root)) {
      // Its paths replace ours in the texts of commands, where ours may stand without quotes.
      const message = `the folder ${place.root} on ${this.#config.host} has characters that mean something to a shell`;
      const hint = `set executors.${this.name}.root to a folder without spaces and quotes`;
      return err({ reason: 'executor-error', executor: this.name, message, hint });
    }
    if (place.rsync !== null) return ok(place);
    const message = `${this.#config.host} has no rsync`;
    return err({
      reason: 'executor-error',
      executor: this.name,
      message,
      hint: 'install it there: apt install rsync',
    });
  }

  async #makePython(
    version: string,
    lock: string | undefined,
    options: AskOptions,
  ): Promise<Result<string, Failure>> {
    const place = await this.place();
    if (!place.ok) return place;
    const text = readFileSync(this.#lockFile, 'utf8');
    const name = `${lock ?? hexOf(digestOf(text)).slice(0, 16)}-${version}`;
    const packages = Object.fromEntries(
      [...text.matchAll(/^([\w.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)/gm)].map(([, of = '', at = '']) => [of, at]),
    );
    const { python = null } = this.#config;
    const request = { root: place.value.root, lock: text, name, version, packages, python };
    const made = await this.ask<{ readonly python?: string; readonly problem?: string }>(
      'environment',
      request,
      options,
    );
    if (!made.ok) return made;
    if (made.value.python !== undefined) return ok(made.value.python);
    const { host } = this.#config;
    return err({
      reason: 'executor-error',
      executor: this.name,
      message:
        python === null
          ? `no Python environment could be made on ${host}: ${made.value.problem ?? ''}`
          : `${python} on ${host} is not what the lock file says: ${made.value.problem ?? ''}`,
      hint:
        python === null
          ? `install Python ${version} with venv there (Debian: apt install python3-venv), or name one as executors.${this.name}.python`
          : `install stages/_python/requirements.lock there, or remove executors.${this.name}.python`,
    });
  }

  async #sendContents(
    files: readonly ReadFile[],
    wanted: ReadonlySet<string>,
    incoming: string,
    options: AskOptions,
  ): Promise<Result<null, Failure>> {
    // Links named by content: what is the same twice goes once, and no name of ours has to survive the journey.
    const links = mkdtempSync(join(tmpdir(), 'edgeline-send-'));
    try {
      const named = new Map(files.map(({ digest, path }) => [digest, path]));
      for (const digest of wanted) symlinkSync(named.get(digest) ?? '', join(links, digest));
      const args = ['--recursive', '--copy-links', '--chmod=D0700,F0600'];
      const sent = await this.#shell.copy(args, `${links}/`, { there: `${incoming}/` }, options);
      return sent.ok ? ok(null) : err(shellFailure(this.name, sent.error));
    } finally {
      rmSync(links, { recursive: true, force: true });
    }
  }
}
