import { closingQuote } from './parse-row.js';

/**
 * Puts records together from lines: fields are separated by the delimiter, and those in double quotes may hold delimiters, line
 * ends and quotes written twice. A quote within a bare field stands for itself.
 *
 * Source: RFC 4180, section 2.
 */
export class RecordParser {
  readonly #delimiter: string;
  #fields: string[] = [];
  /** The beginning of a field in quotes that goes on in the next line. */
  #open: string | undefined;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  /** Whether a record has begun and not ended. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Forgets what has begun. */
  reset(): void {
    this.#fields = [];
    this.#open = undefined;
  }

  /** The fields of a record that this line ends; undefined while it goes on. */
  feed(line: string): readonly string[] | 'text-after-quote' | undefined {
    const goesOn = this.#open !== undefined;
    let isQuoted = goesOn || line[0] === '"';
    let position = isQuoted && !goesOn ? 1 : 0;
    for (;;) {
      if (isQuoted) {
        const close = closingQuote(line, position);
        if (close < 0) {
          this.#open = `${this.#open ?? ''}${line.slice(position).replaceAll('""', '"')}\n`;
          return undefined;
        }
        this.#fields.push(`${this.#open ?? ''}${line.slice(position, close).replaceAll('""', '"')}`);
        this.#open = undefined;
        position = close + 1;
        if (position >= line.length) return this.#take();
        if (line[position] !== this.#delimiter) {
          this.reset();
          return 'text-after-quote';
        }
      } else {
        const end = line.indexOf(this.#delimiter, position);
        this.#fields.push(end < 0 ? line.slice(position) : line.slice(position, end));
        if (end < 0) return this.#take();
        position = end;
      }
      position += 1;
      isQuoted = line[position] === '"';
      if (isQuoted) position += 1;
    }
  }

  #take(): readonly string[] {
    const fields = this.#fields;
    this.#fields = [];
    return fields;
  }
}
