import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK = 256 * 1024;

/** Reads what is added to a file that somebody else writes. */
export class FileTail {
  readonly #path: string;
  readonly #onBytes: (bytes: Buffer) => void;
  #offset = 0;

  constructor(path: string, onBytes: (bytes: Buffer) => void) {
    this.#path = path;
    this.#onBytes = onBytes;
  }

  /** Hands over all that is new. */
  read(): void {
    let file: number;
    try {
      file = openSync(this.#path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    try {
      for (;;) {
        const bytes = Buffer.alloc(CHUNK);
        const count = readSync(file, bytes, 0, CHUNK, this.#offset);
        if (count === 0) return;
        this.#offset += count;
        this.#onBytes(bytes.subarray(0, count));
      }
    } finally {
      closeSync(file);
    }
  }
}
