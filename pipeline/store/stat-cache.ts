import { type BigIntStats, existsSync, lstatSync, readFileSync } from 'node:fs';
import { writeFileAtomically } from '../base/atomic-write.js';
import type { Digest } from '../base/canonical.js';
import { hashFile } from './hash.js';

/** [device, inode, size, mtime ns, ctime ns, digest, time of hashing in ms] */
type Entry = readonly [string, string, string, string, string, Digest, number];

/**
 * A file that changed in the same clock tick in which it was hashed keeps its times, so an entry is only trusted
 * when the file was older than the hashing by more than the coarsest tick we know of (git's racy rule).
 */
const RACY_MILLISECONDS = 50;

/** Digests of files by what `lstat` says of them, so that an unchanged file is never read twice. */
export class StatCache {
  readonly #file: string;
  readonly #entries: Map<string, Entry>;
  #changed = false;

  constructor(file: string) {
    this.#file = file;
    this.#entries = readEntries(file);
  }

  /** The known digest of an unchanged file, or null. */
  peek(path: string, stats: BigIntStats): Digest | null {
    const entry = this.#entries.get(path);
    if (entry === undefined) return null;
    const [device, inode, size, modified, changed, digest, hashedAt] = entry;
    const same =
      device === String(stats.dev) &&
      inode === String(stats.ino) &&
      size === String(stats.size) &&
      modified === String(stats.mtimeNs) &&
      changed === String(stats.ctimeNs);
    const racy = Number(stats.mtimeNs / 1_000_000n) > hashedAt - RACY_MILLISECONDS;
    return same && !racy ? digest : null;
  }

  /** The digest of a regular file: from the cache, or read now. */
  async digest(path: string): Promise<Digest> {
    const stats = lstatSync(path, { bigint: true });
    const known = this.peek(path, stats);
    if (known !== null) return known;
    const digest = await hashFile(path);
    this.remember(path, stats, digest);
    return digest;
  }

  remember(path: string, stats: BigIntStats, digest: Digest): void {
    this.#entries.set(path, [
      String(stats.dev),
      String(stats.ino),
      String(stats.size),
      String(stats.mtimeNs),
      String(stats.ctimeNs),
      digest,
      Date.now(),
    ]);
    this.#changed = true;
  }

  forget(path: string): void {
    if (this.#entries.delete(path)) this.#changed = true;
  }

  save(): void {
    if (!this.#changed) return;
    const document = { schema: 1, entries: Object.fromEntries(this.#entries) };
    writeFileAtomically(this.#file, JSON.stringify(document));
    this.#changed = false;
  }
}

function readEntries(file: string): Map<string, Entry> {
  if (!existsSync(file)) return new Map();
  try {
    const document = JSON.parse(readFileSync(file, 'utf8')) as {
      schema: number;
      entries: Record<string, Entry>;
    };
    return document.schema === 1 ? new Map(Object.entries(document.entries)) : new Map();
  } catch {
    // A cache that cannot be read is only slow, never wrong: everything is hashed again.
    return new Map();
  }
}
