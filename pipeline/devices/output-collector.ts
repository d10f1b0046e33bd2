import { StringDecoder } from 'node:string_decoder';

/** What is kept of a stream that nobody asked for whole. */
const TAIL_LENGTH = 64 * 1024;

/** Splits a byte stream into lines; a character cut by a chunk's end is put together again. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #pending = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  write(chunk: Uint8Array): void {
    const lines = (this.#pending + this.#decoder.write(Buffer.from(chunk))).split('\n');
    this.#pending = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
  }

  /** Hands over a last line without a line feed. */
  end(): void {
    this.#pending += this.#decoder.end();
    if (this.#pending !== '') this.#onLine(this.#pending);
    this.#pending = '';
  }
}

/** Collects text, whole or only its end. */
export class TextCollector {
  readonly #decoder = new StringDecoder('utf8');
  readonly #limit: number;
  #text = '';

  constructor(keep: 'all' | 'tail') {
    this.#limit = keep === 'all' ? Number.POSITIVE_INFINITY : TAIL_LENGTH;
  }

  write(chunk: Uint8Array): void {
    this.#text += this.#decoder.write(Buffer.from(chunk));
    if (this.#text.length > 2 * this.#limit) this.#text = this.#text.slice(-this.#limit);
  }

  text(): string {
    const text = this.#text + this.#decoder.end();
    return text.length > this.#limit ? text.slice(-this.#limit) : text;
  }
}
