import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

const PIECE_BYTES = 1 << 18;
/** A line longer than this is handed on in pieces, so that a worker that never ends a line does not fill our memory. */
const LONGEST_LINE = 1 << 20;

/**
 * Reads the whole lines that were added to a file since the last look. The file may come to be later, and is held open
 * from then on: when it is replaced or removed, what was written to it is still read.
 */
export class LogTail {
  readonly #path: string;
  readonly #decoder = new StringDecoder('utf8');
  readonly #buffer = Buffer.allocUnsafe(PIECE_BYTES);
  #file: number | null = null;
  #position: number;
  #rest = '';

  /** @param from bytes to leave out at the beginning */
  constructor(path: string, from = 0) {
    this.#path = path;
    this.#position = from;
  }

  /** At most one piece's lines; an empty list when nothing was added. */
  read(): readonly string[] {
    if (this.#file === null) {
      if (!existsSync(this.#path)) return [];
      this.#file = openSync(this.#path, 'r');
    }
    for (;;) {
      const bytes = readSync(this.#file, this.#buffer, 0, PIECE_BYTES, this.#position);
      if (bytes === 0) return [];
      this.#position += bytes;
      const lines = (this.#rest + this.#decoder.write(this.#buffer.subarray(0, bytes))).split('\n');
      this.#rest = lines.pop() ?? '';
      if (this.#rest.length > LONGEST_LINE) {
        lines.push(this.#rest);
        this.#rest = '';
      }
      if (lines.length > 0) return lines;
    }
  }

  /** All that is left, a last line without an end included; nothing may be read afterwards. */
  end(): readonly string[] {
    const lines: string[] = [];
    for (let more = this.read(); more.length > 0; more = this.read()) lines.push(...more);
    if (this.#rest !== '') lines.push(this.#rest);
    this.#rest = '';
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    return lines;
  }
}

/** Where the last `count` lines of a file begin, in bytes; 0 when it has no more than that, or is not there. */
export function offsetOfLastLines(path: string, count: number): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  const file = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  let left = count;
  try {
    for (let end = stats.size; end > 0; ) {
      const length = Math.min(PIECE_BYTES, end);
      readSync(file, buffer, 0, length, end - length);
      for (let index = length - 1; index >= 0; index -= 1) {
        const at = end - length + index;
        // The newline that ends the file ends its last line and begins none.
        if (buffer[index] !== 0x0a || at === stats.size - 1) continue;
        left -= 1;
        if (left <= 0) return at + 1;
      }
      end -= length;
    }
  } finally {
    closeSync(file);
  }
  return 0;
}
