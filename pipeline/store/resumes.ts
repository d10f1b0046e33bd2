import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeFileAtomically } from '../base/atomic-write.js';
import type { Digest } from '../base/canonical.js';
import { heldByLiveProcess } from '../base/lock.js';
import type { StoreLayout } from './layout.js';

/** `note.json` of a key's folder: written before each attempt. */
export interface ResumeNote {
  readonly schema: 1;
  readonly instance: string;
  /** The run that made the last attempt. */
  readonly run: string;
  /** It was to be made anew, so nothing that is here is older than that wish. */
  readonly forced: boolean;
}

/** Where the next attempt goes on. */
export interface ResumePlace {
  /** Absolute. One for each executor: work that outlived its engine on another one may still write into its own. */
  readonly folder: string;
  /** What is there must not be used. */
  readonly anew: boolean;
}

/**
 * What attempts at a key leave for the next one at it. Written under the lock of the key alone; never part of a key,
 * because a result is the same whether its worker went on or not.
 */
export class ResumeFolders {
  readonly #layout: StoreLayout;

  constructor(layout: StoreLayout) {
    this.#layout = layout;
  }

  /** Whether an attempt there would find something. Takes no lock. */
  holds(key: Digest, executor: string, forced: boolean): boolean {
    return children(join(this.#layout.resume(key), executor)).length > 0 && this.#isUsable(key, forced);
  }

  /** Notes an attempt that is about to be made. */
  begin(key: Digest, executor: string, attempt: Omit<ResumeNote, 'schema'>): ResumePlace {
    const folder = join(this.#layout.resume(key), executor);
    const anew = !this.#isUsable(key, attempt.forced);
    mkdirSync(folder, { recursive: true });
    const note: ResumeNote = { schema: 1, ...attempt };
    writeFileAtomically(this.#note(key), JSON.stringify(note));
    return { folder, anew };
  }

  /** The result is stored, or what is there must never be used. */
  remove(key: Digest): void {
    rmSync(this.#layout.resume(key), { recursive: true, force: true });
  }

  /** Keys of which an attempt left something, each with its note: what `status` tells of interrupted work. */
  list(): readonly { readonly key: Digest; readonly note: ResumeNote }[] {
    return children(this.#layout.resumes).flatMap((name) => {
      const key: Digest = `sha256:${name}`;
      const note = readNote(this.#note(key));
      const left = children(this.#layout.resume(key)).some(
        (executor) => children(join(this.#layout.resume(key), executor)).length > 0,
      );
      return note === null || !left || this.isStored(key) ? [] : [{ key, note }];
    });
  }

  /** Removes what only a kill, after the result was stored and before it was removed, has left. */
  dropStored(): void {
    for (const name of children(this.#layout.resumes)) {
      const key: Digest = `sha256:${name}`;
      if (this.isStored(key) && !this.isInUse(key)) this.remove(key);
    }
  }

  /** Whose attempt was last; empty where that is not known. */
  instanceOf(key: Digest): string {
    return readNote(this.#note(key))?.instance ?? '';
  }

  /** Whether the result came after all that is here: a kill between both left it. */
  isStored(key: Digest): boolean {
    const stored = modifiedAt(this.#layout.action(key));
    return stored > 0n && stored >= modifiedAt(this.#note(key));
  }

  /** Whether somebody makes this key now, or work that outlived its engine may be at it still. */
  isInUse(key: Digest): boolean {
    const name = basename(this.#layout.resume(key));
    return (
      heldByLiveProcess(this.#layout.keyLock(key)) ||
      children(this.#layout.executors).some((executor) =>
        existsSync(join(this.#layout.executors, executor, name)),
      )
    );
  }

  #isUsable(key: Digest, forced: boolean): boolean {
    const note = readNote(this.#note(key));
    return note !== null && !this.isStored(key) && (note.forced || !forced);
  }

  #note(key: Digest): string {
    return join(this.#layout.resume(key), 'note.json');
  }
}

function readNote(path: string): ResumeNote | null {
  try {
    const note = JSON.parse(readFileSync(path, 'utf8')) as Partial<ResumeNote>;
    return note.schema === 1 && typeof note.instance === 'string' ? (note as ResumeNote) : null;
  } catch {
    return null;
  }
}

function modifiedAt(path: string): bigint {
  return lstatSync(path, { throwIfNoEntry: false, bigint: true })?.mtimeNs ?? 0n;
}

/** Names in a folder; none where there is no such folder. */
function children(folder: string): readonly string[] {
  return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(folder) : [];
}
