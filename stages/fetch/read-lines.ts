import { createReadStream } from 'node:fs';
import { decodeWindows1252 } from '../../pipeline/base/windows-1252.js';

export interface Line {
  readonly text: string;
  /** Starts at 1. */
  readonly number: number;
  /** False where the bytes are no UTF-8 and were read as Windows-1252, as some lines of the real package are. */
  readonly utf8: boolean;
  /** Set where the line is longer than any row is; its text is then empty. */
  readonly tooLong?: true;
}

export type Encoding = 'utf-8' | 'windows-1252' | 'utf-16le' | 'utf-16be';

const LINE_FEED = 0x0a;
const PIECE = 1 << 20;

/** Longer lines are no rows, and are not held in memory: a megabyte is a thousand long tweets. */
export const LONGEST_LINE = 1 << 20;

/**
 * Yields the lines of a file in batches, one batch for each piece read: without byte-order mark, without line ends
 * (LF or CRLF), blank lines left out. Memory holds the longest line and a piece, however long a line is.
 *
 * @param longest bytes of a line; what is longer comes without its text, as `tooLong`
 */
export async function* readLines(
  path: string,
  encoding: Encoding = 'utf-8',
  longest = LONGEST_LINE,
): AsyncGenerator<readonly Line[]> {
  const decoder = new LineDecoder(encoding, longest);
  let rest: Buffer = Buffer.alloc(0);
  let isSkipping = false;
  for await (const piece of readPieces(path, encoding)) {
    let bytes = piece;
    if (isSkipping) {
      const feed = piece.indexOf(LINE_FEED);
      if (feed < 0) continue;
      isSkipping = false;
      yield [decoder.skipped()];
      bytes = piece.subarray(feed + 1);
    }
    bytes = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    rest = bytes.subarray(end);
    yield decoder.decode(bytes.subarray(0, end));
    isSkipping = rest.length > longest;
    if (isSkipping) rest = Buffer.alloc(0);
  }
  yield isSkipping ? [decoder.skipped()] : decoder.decode(rest);
}

/** UTF-16 becomes UTF-8 on the way, so that lines can be found by their line feeds. */
async function* readPieces(path: string, encoding: Encoding): AsyncGenerator<Buffer> {
  const wide = encoding.startsWith('utf-16') ? new TextDecoder(encoding, { ignoreBOM: true }) : undefined;
  for await (const chunk of createReadStream(path, { highWaterMark: PIECE })) {
    const bytes = chunk as Buffer;
    yield wide === undefined ? bytes : Buffer.from(wide.decode(bytes, { stream: true }));
  }
}

class LineDecoder {
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #narrow: boolean;
  readonly #longest: number;
  #number = 0;

  constructor(encoding: Encoding, longest: number) {
    this.#narrow = encoding === 'windows-1252';
    this.#longest = longest;
  }

  /** A line that was too long to be kept. */
  skipped(): Line {
    this.#number += 1;
    return { text: '', number: this.#number, utf8: true, tooLong: true };
  }

  /** Takes whole lines; only the last of a file may lack its line feed. */
  decode(bytes: Buffer): readonly Line[] {
    if (bytes.length === 0) return [];
    const lines: Line[] = [];
    const whole = this.#tryUtf8(bytes);
    if (whole !== undefined) {
      const texts = whole.split('\n');
      if (texts.at(-1) === '') texts.pop();
      for (const text of texts) this.#add(lines, text, true);
      return lines;
    }
    for (let start = 0; start < bytes.length; ) {
      const feed = bytes.indexOf(LINE_FEED, start);
      const end = feed < 0 ? bytes.length : feed;
      const line = bytes.subarray(start, end);
      const text = this.#tryUtf8(line);
      this.#add(lines, text ?? decodeWindows1252(line), text !== undefined);
      start = end + 1;
    }
    return lines;
  }

  #tryUtf8(bytes: Buffer): string | undefined {
    if (this.#narrow) return undefined;
    try {
      return this.#utf8.decode(bytes);
    } catch {
      return undefined;
    }
  }

  #add(lines: Line[], raw: string, utf8: boolean): void {
    if (raw.length > this.#longest) {
      lines.push(this.skipped());
      return;
    }
    this.#number += 1;
    let text = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (this.#number === 1 && text.startsWith('\uFEFF')) text = text.slice(1);
    if (text !== '') lines.push({ text, number: this.#number, utf8 });
  }
}
