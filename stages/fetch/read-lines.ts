import { createReadStream } from 'node:fs';
import { decodeWindows1252 } from '../../pipeline/base/windows-1252.js';

export interface Line {
  readonly text: string;
  /** Starts at 1. */
  readonly number: number;
  /** False where the bytes are no UTF-8 and were read as Windows-1252, as some lines of the real package are. */
  readonly utf8: boolean;
}

/** A line that no format of ours can have; it is not kept in memory. */
export class LineTooLong extends Error {
  /** Starts at 1. */
  readonly line: number;

  constructor(line: number) {
    super(`line ${line} is too long`);
    this.line = line;
  }
}

const LONGEST_LINE = 16 << 20;
const LINE_FEED = 0x0a;

/**
 * Yields the lines of a file in batches, one batch for each piece read: without byte-order mark, without line ends
 * (LF or CRLF), blank lines left out.
 *
 * @throws LineTooLong and system errors.
 */
export async function* readLines(path: string): AsyncGenerator<readonly Line[]> {
  const decoder = new LineDecoder();
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    rest = bytes.subarray(end);
    yield decoder.decode(bytes.subarray(0, end));
    if (rest.length > LONGEST_LINE) throw new LineTooLong(decoder.lines + 1);
  }
  yield decoder.decode(rest);
}

class LineDecoder {
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #number = 0;

  /** So far, blank ones included. */
  get lines(): number {
    return this.#number;
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
    try {
      return this.#utf8.decode(bytes);
    } catch {
      return undefined;
    }
  }

  #add(lines: Line[], raw: string, utf8: boolean): void {
    this.#number += 1;
    let text = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (this.#number === 1 && text.startsWith('\uFEFF')) text = text.slice(1);
    if (text !== '') lines.push({ text, number: this.#number, utf8 });
  }
}
