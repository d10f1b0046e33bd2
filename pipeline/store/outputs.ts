import { existsSync, lstatSync, mkdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Digest } from '../base/canonical.js';
import type { OutputPresence, Reason } from '../contract/plan.js';
import type { Artifact, RunRecord, TreeEntry } from '../contract/store.js';
import type { ContentStore } from './content.js';
import { listFiles } from './content.js';
import { hashFileSync } from './hash.js';
import type { StatCache } from './stat-cache.js';

/** The outputs folders that people and workers read: copies of stored content, checked by digest before each use. */
export class OutputFolders {
  readonly #content: ContentStore;
  readonly #stats: StatCache;
  readonly #scratch: string;
  #counter = 0;

  constructor(content: ContentStore, stats: StatCache, scratch: string) {
    this.#content = content;
    this.#stats = stats;
    this.#scratch = scratch;
  }

  /** Whether both copies of everything are there. Each file that has one good copy can be mended from it. */
  presence(record: RunRecord, folder: string): OutputPresence {
    const reasons: Reason[] = [];
    let lost = false;
    for (const [name, artifact] of Object.entries(record.outputs)) {
      const files = this.#content.files(artifact);
      if (files === null) {
        reasons.push({ kind: 'blob-missing', output: name });
        lost = true;
        continue;
      }
      const root = join(folder, artifact.path);
      let blobMissing = false;
      let firstProblem: Reason | undefined;
      for (const file of files) {
        const stored = this.#content.hasBlob(file.digest, file.size);
        const shown = this.#shown(root, file);
        if (!stored) blobMissing = true;
        if (shown !== 'good' && firstProblem === undefined) {
          const path = file.path === '' ? artifact.path : `${artifact.path}/${file.path}`;
          firstProblem = { kind: shown === 'absent' ? 'output-missing' : 'output-modified', path };
        }
        if (!stored && shown !== 'good') lost = true;
      }
      if (artifact.kind === 'tree' && firstProblem === undefined && hasMore(root, files)) {
        firstProblem = { kind: 'output-modified', path: artifact.path };
      }
      if (blobMissing) reasons.push({ kind: 'blob-missing', output: name });
      if (firstProblem !== undefined) reasons.push(firstProblem);
    }
    if (reasons.length === 0) return { state: 'present' };
    return { state: lost ? 'missing' : 'restorable', reasons };
  }

  #shown(root: string, file: TreeEntry): 'good' | 'absent' | 'modified' {
    const path = file.path === '' ? root : join(root, file.path);
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return 'absent';
    if (!stats.isFile() || stats.size !== BigInt(file.size)) return 'modified';
    let digest: Digest | null = this.#stats.peek(path, stats);
    if (digest === null) {
      digest = hashFileSync(path);
      this.#stats.remember(path, stats, digest);
    }
    return digest === file.digest ? 'good' : 'modified';
  }

  /** Makes good what {@link presence} called restorable, then shows exactly the record's outputs. */
  restore(record: RunRecord, folder: string): void {
    for (const artifact of Object.values(record.outputs)) {
      const root = join(folder, artifact.path);
      for (const file of this.#content.files(artifact) ?? []) {
        if (this.#content.hasBlob(file.digest, file.size)) continue;
        this.#content.copyIn(file.path === '' ? root : join(root, file.path), file.digest);
      }
    }
    this.show(record.outputs, folder);
  }

  /** Replaces the outputs folder as a whole: what is not an output of this record is gone afterwards. */
  show(outputs: Readonly<Record<string, Artifact>>, folder: string): void {
    this.#counter += 1;
    const staging = join(this.#scratch, `show-${process.pid}-${this.#counter}`);
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging, { recursive: true });
    const shown: { path: string; digest: Digest }[] = [];
    // An old modification time keeps the copies out of the stat cache's racy window: any later write moves it.
    const past = new Date(Date.now() - 10_000);
    for (const artifact of Object.values(outputs)) {
      for (const file of this.#content.files(artifact) ?? []) {
        const relative = file.path === '' ? artifact.path : join(artifact.path, file.path);
        this.#content.copyOut(file, join(staging, relative));
        utimesSync(join(staging, relative), past, past);
        shown.push({ path: relative, digest: file.digest });
      }
    }
    const old = `${staging}.old`;
    mkdirSync(dirname(folder), { recursive: true });
    if (existsSync(folder)) renameSync(folder, old);
    renameSync(staging, folder);
    rmSync(old, { recursive: true, force: true });
    for (const { path, digest } of shown) {
      const absolute = join(folder, path);
      this.#stats.remember(absolute, lstatSync(absolute, { bigint: true }), digest);
    }
  }
}

function hasMore(root: string, files: readonly TreeEntry[]): boolean {
  return listFiles(root).length > files.length;
}
