import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Why an archive is not read further. `entry` is the name in the archive that is to blame. */
export interface ArchiveProblem {
  readonly kind: 'unsafe' | 'damaged' | 'too-large';
  readonly problem: string;
  readonly entry?: string;
}

/** Thrown while an archive is read, and caught where it was opened. */
export class ArchiveError extends Error {
  readonly problem: ArchiveProblem;

  constructor(problem: ArchiveProblem) {
    super(problem.problem);
    this.problem = problem;
  }
}

/** The package and its texts have some 100 MB; a few kilobytes that become more than this are no data. */
const MOST_BYTES = 4 * 2 ** 30;
const MOST_FILES = 10_000;

/** Writes what comes out of an archive below one folder, and nothing outside of it. */
export class Extraction {
  readonly #folder: string;
  readonly #isWanted: (path: string) => boolean;
  #bytes = 0;
  #files = 0;

  constructor(folder: string, isWanted: (path: string) => boolean) {
    this.#folder = folder;
    this.#isWanted = isWanted;
  }

  /** Looks at a name, wanted or not; an archive with one that leads out is not to be trusted with the others. */
  check(name: string): void {
    const parts = name.split('/');
    const leaves = name.startsWith('/') || /^[A-Za-z]:|\\|\0/.test(name) || parts.includes('..');
    if (leaves)
      throw new ArchiveError({ kind: 'unsafe', problem: 'its path leads out of the archive', entry: name });
  }

  refuseLink(name: string): never {
    throw new ArchiveError({
      kind: 'unsafe',
      problem: 'it is a link or a device and not a file',
      entry: name,
    });
  }

  /** A file to write into; undefined where nobody reads it. The path is safe: it was checked. */
  open(name: string): ExtractedFile | undefined {
    this.check(name);
    const path = name
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/');
    if (!this.#isWanted(path)) return undefined;
    this.#files += 1;
    if (this.#files > MOST_FILES)
      throw new ArchiveError({ kind: 'too-large', problem: `more than ${MOST_FILES} files` });
    const target = join(this.#folder, path);
    mkdirSync(dirname(target), { recursive: true });
    try {
      return new ExtractedFile(openSync(target, 'wx'), (bytes) => this.#count(bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw new ArchiveError({ kind: 'damaged', problem: 'it is there twice', entry: name });
    }
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > MOST_BYTES) throw new ArchiveError({ kind: 'too-large', problem: 'more than 4 GiB' });
  }
}

export class ExtractedFile {
  readonly #file: number;
  readonly #count: (bytes: number) => void;

  constructor(file: number, count: (bytes: number) => void) {
    this.#file = file;
    this.#count = count;
  }

  write(bytes: Uint8Array): void {
    this.#count(bytes.length);
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#file, bytes, written);
  }

  close(): void {
    closeSync(this.#file);
  }
}
