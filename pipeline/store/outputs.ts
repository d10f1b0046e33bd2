import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Digest } from '../base/canonical.js';
import type { OutputPresence, Reason } from '../contract/plan.js';
import type { Artifact, RunRecord, TreeEntry } from '../contract/store.js';
import type { ContentStore } from './content.js';
import { listFiles } from './content.js';
import { hashFileSync } from './hash.js';
import type { StoreLayout } from './layout.js';
import type { StatCache } from './stat-cache.js';

/**
 * What people and workers read: for each key a folder with copies of its stored content (a view), checked by digest before each
 * use, and for each instance a link to the view of its newest key. A worker reads views, which never change under
 * it, whatever another run links meanwhile.
 */
export class OutputFolders {
  readonly #content: ContentStore;
  readonly #stats: StatCache;
  readonly #layout: StoreLayout;
  readonly #superseded = new Set<string>();
  #counter = 0;

  constructor(content: ContentStore, stats: StatCache, layout: StoreLayout) {
    this.#content = content;
    this.#stats = stats;
    this.#layout = layout;
  }

  /**
   * Whether both copies of everything are there. Each file that has one good copy can be mended from it.
   *
   * @param link where the instance's outputs are linked
   */
  presence(record: RunRecord, link: string): OutputPresence {
    const view = this.#layout.view(record.key);
    const reasons: Reason[] = [];
    let lost = false;
    for (const [name, artifact] of Object.entries(record.outputs)) {
      const files = this.#content.files(artifact);
      if (files === null) {
        reasons.push({ kind: 'blob-missing', output: name });
        lost = true;
        continue;
      }
      const root = `${view}/${artifact.path}`;
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
    if (reasons.length === 0) {
      const target = linkTarget(link, { text: this.#linkText(link, view), target: view });
      if (target === view) return { state: 'present' };
      const path = relative(this.#layout.artifacts, link);
      reasons.push({ kind: target === null ? 'output-missing' : 'output-modified', path });
    }
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

  /**
   * Makes good what {@link presence} called restorable, then shows exactly the record's outputs.
   *
   * @returns false when stored content turned out to be damaged: it is in quarantine now, so that it is missing.
   */
  restore(record: RunRecord, link: string): boolean {
    const view = this.#layout.view(record.key);
    for (const artifact of Object.values(record.outputs)) {
      const root = `${view}/${artifact.path}`;
      for (const file of this.#content.files(artifact) ?? []) {
        if (this.#content.hasBlob(file.digest, file.size)) continue;
        this.#content.copyIn(file.path === '' ? root : join(root, file.path), file.digest);
      }
    }
    return this.#link(record, link, false);
  }

  /** Shows content that was stored just now: its view holds exactly the record's outputs. */
  show(record: Pick<RunRecord, 'key' | 'outputs'>, link: string): void {
    this.#link(record, link, true);
  }

  #link(record: Pick<RunRecord, 'key' | 'outputs'>, link: string, isFresh: boolean): boolean {
    const view = this.#layout.view(record.key);
    const isWhole = Object.values(record.outputs).every((artifact) => this.isShown(record.key, artifact));
    if (!isWhole && !this.#fill(record, view, isFresh)) return false;
    const target = this.#linkText(link, view);
    const before = linkTarget(link);
    if (before === view) return true;
    const own = this.#temporary();
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(target, own);
    // A folder cannot be replaced by renaming a link over it.
    if (before === 'folder') this.#discard(link);
    renameSync(own, link);
    if (before !== null && before !== 'folder') this.#superseded.add(before);
    return true;
  }

  /** Whether the view of this key shows exactly this content. */
  isShown(key: Digest, artifact: Artifact): boolean {
    const root = `${this.#layout.view(key)}/${artifact.path}`;
    const files = this.#content.files(artifact) ?? [];
    if (!files.every((file) => this.#shown(root, file) === 'good')) return false;
    return artifact.kind === 'file' || !hasMore(root, files);
  }

  /** What the link from there to the view says; by hand, because a plan asks it for every instance. */
  #linkText(link: string, view: string): string {
    const start = this.#layout.artifacts.length + 1;
    return `${'../'.repeat(link.slice(start).split('/').length - 1)}${view.slice(start)}`;
  }

  #fill(record: Pick<RunRecord, 'outputs'>, view: string, isFresh: boolean): boolean {
    const staging = this.#temporary();
    mkdirSync(staging);
    const shown: { path: string; digest: Digest }[] = [];
    // An old modification time keeps the copies out of the stat cache's racy window: any later write moves it.
    const past = new Date(Date.now() - 10_000);
    for (const artifact of Object.values(record.outputs)) {
      for (const file of this.#content.files(artifact) ?? []) {
        const path = file.path === '' ? artifact.path : join(artifact.path, file.path);
        this.#content.copyOut(file, join(staging, path));
        // Content that has lain in the store for long may have rotted: a copy of it counts only after it was read.
        if (!isFresh && hashFileSync(join(staging, path)) !== file.digest) {
          this.#content.quarantine(file.digest, `${file.digest} has other bytes than its name says`);
          rmSync(staging, { recursive: true, force: true });
          return false;
        }
        utimesSync(join(staging, path), past, past);
        shown.push({ path, digest: file.digest });
      }
    }
    mkdirSync(dirname(view), { recursive: true });
    this.#discard(view);
    renameSync(staging, view);
    for (const { path, digest } of shown) {
      const absolute = join(view, path);
      this.#stats.remember(absolute, lstatSync(absolute, { bigint: true }), digest);
    }
    return true;
  }

  /** Moved away first, so that a crash never leaves half of it in place. */
  #discard(path: string): void {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
    const old = this.#temporary();
    renameSync(path, old);
    rmSync(old, { recursive: true, force: true });
  }

  #temporary(): string {
    this.#counter += 1;
    mkdirSync(this.#layout.scratch, { recursive: true });
    const path = join(this.#layout.scratch, `show-${process.pid}-${this.#counter}`);
    rmSync(path, { recursive: true, force: true });
    return path;
  }

  /** Removes the views that this process's links no longer show. Only while nobody else runs: they may read them. */
  dropSuperseded(): void {
    if (this.#superseded.size === 0) return;
    const linked = new Set(linksBelow(join(this.#layout.artifacts, 'out')).map((path) => linkTarget(path)));
    for (const view of this.#superseded) {
      if (linked.has(view) || !view.startsWith(this.#layout.views)) continue;
      for (const path of existsSync(view) ? listFiles(view) : []) this.#stats.forget(join(view, path));
      this.#discard(view);
    }
    this.#superseded.clear();
  }
}

/** Where a link points, absolute; `folder` when something else is in its place; null when nothing is. */
function linkTarget(link: string, usual?: { readonly text: string; readonly target: string }): string | null {
  try {
    const target = readlinkSync(link);
    return usual !== undefined && target === usual.text ? usual.target : resolve(dirname(link), target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === 'EINVAL') return 'folder';
    throw error;
  }
}

function linksBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, basename(entry.name)));
}

function hasMore(root: string, files: readonly TreeEntry[]): boolean {
  return listFiles(root).length > files.length;
}
