import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { canonicalJson, compareCodePoints, type Digest, type Json } from './canonical.js';

/** Text is written in pieces of about this many UTF-16 code units. */
const PIECE_LENGTH = 1 << 20;

/**
 * Reads the objects of a JSON Lines file that a stage of ours wrote.
 *
 * @throws SyntaxError when a line is no JSON: artifacts are checked by digest, so that is a bug of ours.
 */
export async function* readJsonLines<T>(path: string): AsyncGenerator<T> {
  for await (const lines of readPiecesOfLines(path)) {
    for (const line of lines) yield JSON.parse(line) as T;
  }
}

/**
 * Reads the lines of a file, as many at once as a piece of it ends: waiting for each by itself takes longer than to parse it.
 * Not `node:readline`, which also ends lines at U+2028 and U+2029: JSON strings may hold those as they are.
 */
export async function* readPiecesOfLines(path: string): AsyncGenerator<readonly string[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of createReadStream(path, { highWaterMark: PIECE_LENGTH })) {
    const lines = (rest + decoder.write(chunk as Buffer)).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
  rest += decoder.end();
  if (rest !== '') yield [rest];
}

/** Writes canonical JSON, one object a line, and knows the digest of what it wrote. */
export class JsonLinesWriter {
  readonly #file: number;
  readonly #hash = createHash('sha256');
  #lines: string[] = [];
  #length = 0;
  /** Of the last record that was found to be in canonical order: most have the same. */
  #ordered: readonly string[] = [];

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  write(value: Json): void {
    const line = this.#isCanonicalRecord(value) ? JSON.stringify(value) : canonicalJson(value);
    this.#lines.push(line);
    this.#length += line.length;
    if (this.#length >= PIECE_LENGTH) this.#flush();
  }

  /** Ends the file; nothing may be written afterwards. */
  close(): Digest {
    this.#flush();
    closeSync(this.#file);
    return `sha256:${this.#hash.digest('hex')}`;
  }

  #flush(): void {
    if (this.#lines.length === 0) return;
    const bytes = Buffer.from(`${this.#lines.join('\n')}\n`);
    this.#hash.update(bytes);
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#file, bytes, written);
    this.#lines = [];
    this.#length = 0;
  }

  /**
   * Whether `JSON.stringify` gives the canonical form as it is: an object whose keys are in order and whose members
   * are texts or null. Rows that are written like that take a third of the time.
   */
  #isCanonicalRecord(value: Json): boolean {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
    const record = value as Readonly<Record<string, Json>>;
    const keys = Object.keys(record);
    for (const key of keys) {
      const member = record[key];
      if (typeof member !== 'string' && member !== null) return false;
    }
    const isKnown =
      keys.length === this.#ordered.length && keys.every((key, at) => key === this.#ordered[at]);
    if (isKnown) return true;
    if (keys.some((key, at) => at > 0 && compareCodePoints(keys[at - 1] ?? '', key) > 0)) return false;
    this.#ordered = keys;
    return true;
  }
}
