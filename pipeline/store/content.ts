import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../base/atomic-write.js';
import { canonicalJson, compareCodePoints, type Digest, digestOf, type Json } from '../base/canonical.js';
import { err, ok, type Result } from '../base/result.js';
import type { OutputDefinition } from '../contract/stage.js';
import type { Artifact, TreeEntry, TreeManifest } from '../contract/store.js';
import { hashFile, hashFileSync, SMALL_FILE_BYTES } from './hash.js';
import type { StoreLayout } from './layout.js';

/** An output that the worker should have written and did not, or wrote as something else. */
export interface OutputProblem {
  readonly output: string;
  readonly path: string;
  readonly problem: string;
}

/** Content by digest: blobs that never change, and tree manifests that list them. */
export class ContentStore {
  readonly #layout: StoreLayout;

  constructor(layout: StoreLayout) {
    this.#layout = layout;
  }

  hasBlob(digest: Digest, size: number): boolean {
    const stats = lstatSync(this.#layout.blob(digest), { throwIfNoEntry: false });
    return stats?.isFile() === true && stats.size === size;
  }

  /** The files of an artifact; for a single file a list of one with the path ''. Null when the manifest is gone. */
  files(artifact: Artifact): readonly TreeEntry[] | null {
    if (artifact.kind === 'file') {
      return [{ path: '', executable: false, size: artifact.size, digest: artifact.digest }];
    }
    const path = this.#layout.tree(artifact.digest);
    if (!existsSync(path)) return null;
    const text = readFileSync(path, 'utf8');
    if (digestOf(text) !== artifact.digest) return null;
    return (JSON.parse(text) as TreeManifest).files;
  }

  /** Takes over what a worker wrote below `folder`; the files are moved, not copied. */
  async ingest(folder: string, output: OutputDefinition): Promise<Result<Artifact, OutputProblem>> {
    const path = join(folder, output.path);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    const problem = (text: string): Result<Artifact, OutputProblem> =>
      err({ output: output.name, path: output.path, problem: text });
    if (stats === undefined) return problem('it is not there');
    const base = { kind: output.kind, artifact: output.artifact, path: output.path };
    if (output.kind === 'file') {
      if (!stats.isFile()) return problem('it is not a regular file');
      const digest = await this.#take(path, stats.size);
      return ok({ ...base, digest, size: stats.size });
    }
    if (!stats.isDirectory()) return problem('it is not a folder');
    const files: TreeEntry[] = [];
    for (const inside of listFiles(path)) {
      const entry = lstatSync(join(path, inside));
      if (!entry.isFile()) return problem(`${inside} is neither a regular file nor a folder`);
      const executable = (entry.mode & 0o100) !== 0;
      files.push({
        path: inside,
        executable,
        size: entry.size,
        digest: await this.#take(join(path, inside), entry.size),
      });
    }
    if (files.length === 0) return problem('the folder is empty');
    const manifest: TreeManifest = { schema: 1, files };
    const text = canonicalJson(manifest as unknown as Json);
    const digest = digestOf(text);
    writeFileAtomically(this.#layout.tree(digest), text);
    return ok({ ...base, digest, size: files.reduce((sum, file) => sum + file.size, 0) });
  }

  /** Puts a damaged blob aside, with why: from now on it is missing, and what made it runs again. */
  quarantine(digest: Digest, why: string): void {
    const aside = this.#layout.quarantine(digest);
    mkdirSync(dirname(aside), { recursive: true });
    renameSync(this.#layout.blob(digest), aside);
    writeFileAtomically(`${aside}.txt`, `${why}\n`);
  }

  async #take(path: string, size: number): Promise<Digest> {
    const digest = size <= SMALL_FILE_BYTES ? hashFileSync(path) : await hashFile(path);
    if (this.hasBlob(digest, size)) {
      rmSync(path);
      return digest;
    }
    const blob = this.#layout.blob(digest);
    mkdirSync(dirname(blob), { recursive: true });
    // Before a record may name it, content must survive a power cut.
    const file = await open(path, 'r');
    try {
      await file.chmod(0o444);
      await file.sync();
    } finally {
      await file.close();
    }
    renameSync(path, blob);
    return digest;
  }

  /** Copies a blob to a new path: a reflink where the file system has them, else bytes; never a hard link. */
  copyOut(entry: TreeEntry, to: string): void {
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(this.#layout.blob(entry.digest), to, constants.COPYFILE_FICLONE);
    chmodSync(to, entry.executable ? 0o755 : 0o644);
  }

  /** Makes a blob again from a file whose digest was checked. */
  copyIn(from: string, digest: Digest): void {
    const blob = this.#layout.blob(digest);
    mkdirSync(dirname(blob), { recursive: true });
    const temporary = `${blob}.${process.pid}.tmp`;
    copyFileSync(from, temporary, constants.COPYFILE_FICLONE);
    chmodSync(temporary, 0o444);
    flush(temporary);
    renameSync(temporary, blob);
  }
}

function flush(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Files below a folder as sorted POSIX paths; links and special files are listed, not followed. */
export function listFiles(folder: string): readonly string[] {
  const found: string[] = [];
  const visit = (relative: string): void => {
    for (const entry of readdirSync(join(folder, relative), { withFileTypes: true })) {
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else found.push(path);
    }
  };
  visit('');
  return found.sort(compareCodePoints);
}
