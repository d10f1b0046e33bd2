import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { StageFailure } from '../../pipeline/contract/worker.js';
import type { DropReason } from './dropped.js';
import { failures } from './failures.js';
import { type Line, LONGEST_LINE, readLines } from './read-lines.js';
import { isSystemError, type LineProblem, problemOf } from './read-table.js';
import { RecordParser } from './record-parser.js';
import { parseObject, type TableFormat } from './table-format.js';

/** A record of more lines than this is a quote that was never closed. */
const MOST_LINES = 1000;

export interface RecordHandlers {
  /** `line` is where the record begins; a value is undefined where the record has none. */
  readonly onRecord: (line: number, values: Readonly<Record<string, string | undefined>>) => void;
  readonly onBad: (line: number, reason: DropReason) => void;
  readonly signal: AbortSignal;
}

/**
 * Reads a table record by record; memory holds one record. A record that cannot be read is handed over as bad, and reading goes on
 * with the next line.
 *
 * @param columns those that are wanted
 * @returns how many lines were no UTF-8, or `unreadable-file` or `aborted`.
 */
export async function readRecords(
  path: string,
  format: TableFormat,
  columns: readonly string[],
  handlers: RecordHandlers,
): Promise<Result<{ readonly notUtf8: number }, StageFailure>> {
  const reader =
    format.delimiter === null
      ? new ObjectReader(columns, handlers)
      : new FieldReader(format.columns, format.delimiter, columns, handlers);
  let notUtf8 = 0;
  try {
    for await (const batch of readLines(path, format.encoding)) {
      if (handlers.signal.aborted) return err(failures.aborted());
      for (const line of batch) {
        if (!line.utf8) notUtf8 += 1;
        reader.feed(line);
      }
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return err(failures.unreadable(path, error.message));
  }
  reader.end();
  return ok({ notUtf8 });
}

/** One JSON object a line. */
class ObjectReader {
  readonly #columns: readonly string[];
  readonly #handlers: RecordHandlers;

  constructor(columns: readonly string[], handlers: RecordHandlers) {
    this.#columns = columns;
    this.#handlers = handlers;
  }

  feed(line: Line): void {
    const values = line.tooLong ? 'line-too-long' : this.#valuesOf(line.text);
    if (typeof values === 'string') this.#handlers.onBad(line.number, values);
    else this.#handlers.onRecord(line.number, values);
  }

  #valuesOf(text: string): Readonly<Record<string, string | undefined>> | DropReason {
    const row = parseObject(text);
    if (row === undefined) return 'not-json';
    const values: Record<string, string | undefined> = {};
    for (const column of this.#columns) {
      const value = row[column];
      if (typeof value === 'object' && value !== null) return 'unknown-value';
      if (value === undefined || value === null) values[column] = undefined;
      else values[column] = typeof value === 'number' ? digits(text, column, value) : String(value);
    }
    return values;
  }

  end(): void {}
}

/** A number as it is written: beyond 2^53 what was parsed is another one. */
function digits(line: string, column: string, value: number): string {
  if (Number.isSafeInteger(value) || !Number.isInteger(value)) return String(value);
  const written = [...line.matchAll(/"((?:[^"\\]|\\.)*)"\s*:\s*(-?[0-9]+)\b/g)].filter(
    ([, name]) => name === column,
  );
  return (written.length === 1 ? written[0]?.[2] : undefined) ?? String(value);
}

/** Fields between delimiters; a record may be several lines. */
class FieldReader {
  readonly #parser: RecordParser;
  readonly #width: number;
  readonly #positions: readonly (readonly [string, number])[];
  readonly #handlers: RecordHandlers;
  #isHeader = true;
  /** The lines of the record that has begun, to be read again should it turn out to be none. */
  #pending: Line[] = [];
  #length = 0;

  constructor(
    header: readonly string[],
    delimiter: string,
    columns: readonly string[],
    handlers: RecordHandlers,
  ) {
    this.#parser = new RecordParser(delimiter);
    this.#width = header.length;
    this.#positions = columns.map((column) => [column, header.indexOf(column)] as const);
    this.#handlers = handlers;
  }

  feed(line: Line): void {
    this.#pending.push(line);
    this.#length += line.text.length;
    const fields = line.tooLong ? 'line-too-long' : this.#parser.feed(line.text);
    if (fields === undefined) {
      const isEndless = this.#pending.length > MOST_LINES || this.#length > LONGEST_LINE;
      if (isEndless) this.#drop('unterminated-quote');
    } else if (this.#isHeader) {
      this.#isHeader = false;
      this.#clear();
    } else {
      const problem = problemOf(fields, this.#width);
      if (problem !== undefined) this.#drop(problem);
      else this.#take(fields, this.#pending[0]?.number ?? line.number);
    }
  }

  #take(fields: readonly string[] | LineProblem, start: number): void {
    this.#clear();
    const values = this.#positions.map(([column, position]) => [column, fields[position]] as const);
    this.#handlers.onRecord(start, Object.fromEntries(values));
  }

  end(): void {
    while (this.#parser.isOpen) this.#drop('unterminated-quote');
  }

  /** The first line of the record is bad; those after it may be good, where a quote took them in. */
  #drop(reason: DropReason): void {
    const [first, ...others] = this.#pending;
    this.#clear();
    this.#parser.reset();
    if (first !== undefined)
      this.#handlers.onBad(first.number, others.length > 0 ? 'unterminated-quote' : reason);
    for (const line of others) this.feed(line);
  }

  #clear(): void {
    this.#pending = [];
    this.#length = 0;
  }
}
