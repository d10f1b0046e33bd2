import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
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

  /**
   * Goes on in the file that stands at the path now, when another was put in the place of ours that has the same lines up to
   * here: a log of which secrets were taken out. What is left of the old one is handed out.
   */
  reopen(): readonly string[] {
    if (this.#file === null || fstatSync(this.#file).ino === statSync(this.#path).ino) return [];
    let lines = newlines(this.#file, this.#position);
    const left = this.end();
    lines += left.length;
    this.#file = openSync(this.#path, 'r');
    this.#position = offsetAfter(this.#file, lines);
    return left;
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

/** How many lines end before `until`. */
function newlines(file: number, until: number): number {
  let count = 0;
  for (const { piece } of pieces(file, until)) for (const byte of piece) if (byte === 0x0a) count += 1;
  return count;
}

/** Where the line after so many begins; the end where there are not so many. */
function offsetAfter(file: number, lines: number): number {
  const { size } = fstatSync(file);
  let left = lines;
  if (left === 0) return 0;
  for (const { piece, at } of pieces(file, size)) {
    for (const [index, byte] of piece.entries()) {
      if (byte !== 0x0a) continue;
      left -= 1;
      if (left === 0) return at + index + 1;
    }
  }
  return size;
}

function* pieces(file: number, until: number): Generator<{ readonly piece: Buffer; readonly at: number }> {
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  for (let at = 0; at < until; ) {
    const bytes = readSync(file, buffer, 0, Math.min(PIECE_BYTES, until - at), at);
    if (bytes === 0) return;
    yield { piece: buffer.subarray(0, bytes), at };
    at += bytes;
  }
}
