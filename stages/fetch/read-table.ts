import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { StageFailure } from '../../pipeline/contract/worker.js';
import { failures } from './failures.js';
import { parseRow, type RowProblem } from './parse-row.js';
import { LineTooLong, readLines } from './read-lines.js';

export type LineProblem = RowProblem | 'too-few-fields' | 'too-many-fields';

export interface BadLine {
  readonly line: number;
  readonly problem: LineProblem;
  /** The first field, where the line begins like a row: the id of the tweet in all files of the package. */
  readonly id: string | null;
}

export interface TableHandlers<Column extends string> {
  /** `values` holds the columns that were asked for; lines start at 1, the header included. */
  readonly onRow: (line: number, values: Readonly<Record<Column, string>>) => void;
  readonly onBadLine: (bad: BadLine) => void;
}

export interface TableStatistics {
  /** Lines after the header, bad ones included. */
  readonly lines: number;
  /** Lines that were read as Windows-1252. */
  readonly notUtf8: number;
}

/**
 * Reads one file of the package line by line. Columns are found by the header's names. A bad line is handed over
 * and reading goes on, but a bad last line means that the file was cut, which is a failure.
 *
 * @returns `bad-header`, `truncated-file` or `unreadable-file` as failures.
 */
export async function readTable<Column extends string>(
  path: string,
  columns: readonly Column[],
  handlers: TableHandlers<Column>,
): Promise<Result<TableStatistics, StageFailure>> {
  let header:
    | { readonly width: number; readonly positions: readonly (readonly [Column, number])[] }
    | undefined;
  let lines = 0;
  let notUtf8 = 0;
  let last: BadLine | undefined;
  try {
    for await (const batch of readLines(path)) {
      for (const { text, number, utf8 } of batch) {
        const fields = parseRow(text);
        if (header === undefined) {
          const names = typeof fields === 'string' ? [] : fields;
          const found = locate(columns, names);
          if (!found.ok) return err(failures.badHeader(path, found.error));
          header = { width: names.length, positions: found.value };
          continue;
        }
        lines += 1;
        if (!utf8) notUtf8 += 1;
        const problem = problemOf(fields, header.width);
        if (problem === undefined) {
          last = undefined;
          handlers.onRow(number, pick(fields, header.positions));
        } else {
          last = { line: number, problem, id: /^"?([0-9]+)"?(?:\t|$)/.exec(text)?.[1] ?? null };
          handlers.onBadLine(last);
        }
      }
    }
  } catch (error) {
    if (error instanceof LineTooLong) return err(failures.lineTooLong(path, error.line));
    if (!isSystemError(error)) throw error;
    return err(failures.unreadable(path, error.message));
  }
  if (header === undefined) return err(failures.badHeader(path, columns));
  if (last?.problem === 'unterminated-quote' || last?.problem === 'too-few-fields') {
    return err(failures.truncatedFile(path, last.line, last.problem.replaceAll('-', ' ')));
  }
  return ok({ lines, notUtf8 });
}

function locate<Column extends string>(
  columns: readonly Column[],
  names: readonly string[],
): Result<readonly (readonly [Column, number])[], readonly string[]> {
  const positions = columns.map((column) => [column, names.indexOf(column)] as const);
  const missing = positions.filter(([, position]) => position < 0).map(([column]) => column);
  return missing.length === 0 ? ok(positions) : err(missing);
}

function pick<Column extends string>(
  fields: readonly string[] | RowProblem,
  positions: readonly (readonly [Column, number])[],
): Record<Column, string> {
  const values: Partial<Record<Column, string>> = {};
  for (const [column, position] of positions) values[column] = fields[position] ?? '';
  return values as Record<Column, string>;
}

function problemOf(fields: readonly string[] | RowProblem, width: number): LineProblem | undefined {
  if (typeof fields === 'string') return fields;
  if (fields.length === width) return undefined;
  return fields.length < width ? 'too-few-fields' : 'too-many-fields';
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}
