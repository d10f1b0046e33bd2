import { closeSync, openSync, readSync } from 'node:fs';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import { decodeWindows1252 } from '../../pipeline/base/windows-1252.js';
import type { Encoding } from './read-lines.js';
import { RecordParser } from './record-parser.js';

/** How a table is written down, as found in its first piece. */
export interface TableFormat {
  readonly kind: 'delimited' | 'json-lines';
  readonly encoding: Encoding;
  /** Null where every line is a JSON object. */
  readonly delimiter: string | null;
  /** Names of the columns; for JSON Lines those of the first object. */
  readonly columns: readonly string[];
}

/** What a user says of it, which is then not looked for. */
export interface GivenFormat {
  readonly encoding?: Encoding | undefined;
  readonly delimiter?: string | undefined;
}

export type FormatProblem = 'empty' | 'not-json' | 'unterminated-header';

/** The first piece of a table is no longer than this; a header of more is none. */
const HEAD_BYTES = 1 << 20;

/** In this order where two are equally frequent. */
const DELIMITERS = [',', '\t', ';', '|'];

export const isJsonLines = (name: string): boolean => /\.(jsonl|ndjson)$/i.test(name);

/** The first megabyte of a file, or all of a shorter one; throws what the system says. */
export function readHead(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    return bytes.subarray(0, readSync(file, bytes, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

/**
 * Finds encoding, delimiter and columns of a table.
 *
 * @param head what `readHead` gives
 */
export function detectFormat(
  head: Buffer,
  kind: TableFormat['kind'],
  given: GivenFormat = {},
): Result<TableFormat, FormatProblem> {
  const encoding = given.encoding ?? encodingOf(head);
  const text = decode(head, encoding).replace(/^\uFEFF/, '');
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const first = lines.findIndex((line) => line !== '');
  if (first < 0) return err('empty');
  if (kind === 'json-lines') {
    const row = parseObject(lines[first] ?? '');
    return row === undefined
      ? err('not-json')
      : ok({ kind, encoding, delimiter: null, columns: Object.keys(row) });
  }
  const delimiter = given.delimiter ?? delimiterOf(lines[first] ?? '');
  const parser = new RecordParser(delimiter);
  for (const line of lines.slice(first)) {
    const fields = parser.feed(line);
    if (fields === 'text-after-quote') break;
    if (fields !== undefined) {
      return ok({ kind, encoding, delimiter, columns: fields.map((name) => name.trim()) });
    }
  }
  return err('unterminated-header');
}

/** Undefined for a line that is no JSON object. */
export function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** By its mark; else UTF-8 where that is valid, and Windows-1252, of which Latin-1 is a part, where it is not. */
function encodingOf(head: Buffer): Encoding {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  try {
    // What was cut at the end is no mistake of the file.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}

function decode(head: Buffer, encoding: Encoding): string {
  return encoding === 'windows-1252'
    ? decodeWindows1252(head)
    : new TextDecoder(encoding, { ignoreBOM: true }).decode(head, { stream: true });
}

/** The sign that occurs most often in the header outside of quotes. */
function delimiterOf(header: string): string {
  const bare = header.replace(/"(?:[^"]|"")*"/g, '');
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}
