import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { compareCodePoints } from '../../base/canonical.js';
import { err, ok, type Result } from '../../base/result.js';

/** A table of labelled texts, and which of its columns are what. */
export interface LabelledTable {
  /** POSIX, relative to the project. */
  readonly path: string;
  readonly text: string;
  readonly label: string;
  readonly id: string | undefined;
  readonly split: string | undefined;
}

export interface TableProblem {
  readonly message: string;
  readonly hint: string;
}

const TABLE = /\.(csv|tsv|jsonl|ndjson)$/i;
const TEXT_NAMES = ['text', 'tweet', 'content', 'sentence', 'message', 'body', 'review', 'comment', 'post'];
const LABEL_NAMES = ['label', 'sentiment', 'polarity', 'class', 'category', 'target', 'stance', 'topic'];
const ID_NAMES = ['id', 'tweet_id', 'text_id'];
const SPLIT_NAMES = ['split', 'set', 'subset', 'fold'];
/** A header is no longer than this. */
const HEAD_BYTES = 64 * 1024;

/** Tables at the top of a folder, sorted. */
export function findTables(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && TABLE.test(entry.name))
    .map((entry) => entry.name)
    .sort(compareCodePoints);
}

/** Reads the names of a table's columns and finds text and label among them, unless they are given. */
export function describeTable(
  folder: string,
  path: string,
  given: { readonly text: string | undefined; readonly label: string | undefined },
): Result<LabelledTable, TableProblem> {
  const columns = columnsOf(join(folder, path), path);
  if (!columns.ok) return columns;
  const text = choose(columns.value, given.text, TEXT_NAMES);
  const label = choose(columns.value, given.label, LABEL_NAMES);
  const has = `its columns are: ${columns.value.join(', ')}`;
  if (text === undefined) return err(missing(path, 'text', given.text, has));
  if (label === undefined) return err(missing(path, 'label', given.label, has));
  if (text === label) {
    const message = `text and label cannot both be the column "${text}" of ${path}`;
    return err({ message, hint: has });
  }
  const others = columns.value.filter((column) => column !== text && column !== label);
  const id = choose(others, undefined, ID_NAMES);
  return ok({ path, text, label, id, split: choose(others, undefined, SPLIT_NAMES) });
}

function choose(
  columns: readonly string[],
  given: string | undefined,
  names: readonly string[],
): string | undefined {
  if (given !== undefined) return columns.find((column) => column === given);
  for (const name of names) {
    const found = columns.find((column) => column.toLowerCase() === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function missing(path: string, what: string, given: string | undefined, has: string): TableProblem {
  const message =
    given === undefined
      ? `no column of ${path} is called as columns of ${what}s are`
      : `${path} has no column "${given}"`;
  return { message, hint: `name it with --${what} COLUMN; ${has}` };
}

function columnsOf(file: string, path: string): Result<readonly string[], TableProblem> {
  if (!TABLE.test(path)) {
    const hint = 'tables are .csv, .tsv, .jsonl or .ndjson, in UTF-8';
    return err({ message: `${path} is no table that can be read`, hint });
  }
  let head: string;
  try {
    head = readHead(file);
  } catch (error) {
    const message = `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return err({ message, hint: 'name a table in UTF-8 with --table FILE' });
  }
  const line = head.split('\n', 1)[0]?.trim() ?? '';
  if (line === '') return err({ message: `${path} is empty`, hint: 'the first line names the columns' });
  if (!/\.(jsonl|ndjson)$/i.test(path)) return ok(headerFields(line, path));
  try {
    const row: unknown = JSON.parse(line);
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) return ok(Object.keys(row));
  } catch {
    // Said below: it makes no difference whether it is no JSON or no object.
  }
  return err({ message: `the first line of ${path} is no JSON object`, hint: 'give one object a line' });
}

function readHead(file: string): string {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    const length = readSync(descriptor, bytes, 0, HEAD_BYTES, 0);
    return new TextDecoder().decode(bytes.subarray(0, length));
  } finally {
    closeSync(descriptor);
  }
}

function headerFields(line: string, path: string): readonly string[] {
  const semicolons = line.split(';').length > line.split(',').length;
  const separator = /\.tsv$/i.test(path) ? '\t' : semicolons ? ';' : ',';
  return line.split(separator).map((field) =>
    field
      .trim()
      .replace(/^"(.*)"$/s, '$1')
      .replaceAll('""', '"'),
  );
}
