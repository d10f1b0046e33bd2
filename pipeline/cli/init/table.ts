import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { detectFormat, isJsonLines, readHead, type TableFormat } from '../../../stages/fetch/table-format.js';
import { compareCodePoints } from '../../base/canonical.js';
import { err, ok, type Result } from '../../base/result.js';
import { unreachable } from '../../base/unreachable.js';

/** A table of labelled texts, how it is written down, and which of its columns are what. */
export interface LabelledTable {
  /** POSIX, relative to the project. */
  readonly path: string;
  readonly text: string;
  readonly label: string;
  readonly id: string | undefined;
  readonly group: string | undefined;
  readonly split: string | undefined;
  readonly encoding: string;
  /** Null for JSON Lines. */
  readonly delimiter: string | null;
}

export interface TableProblem {
  readonly message: string;
  readonly hint: string;
}

const TABLE = /\.(csv|tsv|jsonl|ndjson)$/i;
const TEXT_NAMES = ['text', 'tweet', 'content', 'sentence', 'message', 'body', 'review', 'comment', 'post'];
const LABEL_NAMES = ['label', 'sentiment', 'polarity', 'class', 'category', 'target', 'stance', 'topic'];
const ID_NAMES = ['id', 'tweet_id', 'text_id'];
const GROUP_NAMES = ['group', 'entity', 'entity_id', 'brand', 'company'];
const SPLIT_NAMES = ['split', 'set', 'subset', 'fold'];

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
  const format = formatOf(join(folder, path), path);
  if (!format.ok) return format;
  const { columns, encoding, delimiter } = format.value;
  const text = choose(columns, given.text, TEXT_NAMES);
  const label = choose(columns, given.label, LABEL_NAMES);
  const has = `its columns are: ${columns.join(', ')}`;
  if (text === undefined) return err(missing(path, 'text', given.text, has));
  if (label === undefined) return err(missing(path, 'label', given.label, has));
  if (text === label) {
    const message = `text and label cannot both be the column "${text}" of ${path}`;
    return err({ message, hint: has });
  }
  const others = columns.filter((column) => column !== text && column !== label);
  const [id, group, split] = [ID_NAMES, GROUP_NAMES, SPLIT_NAMES].map((names) =>
    choose(others, undefined, names),
  );
  return ok({ path, text, label, id, group, split, encoding, delimiter });
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

function formatOf(file: string, path: string): Result<TableFormat, TableProblem> {
  if (!TABLE.test(path)) {
    const hint = 'tables are .csv, .tsv, .jsonl or .ndjson';
    return err({ message: `${path} is no table that can be read`, hint });
  }
  let head: Buffer;
  try {
    head = readHead(file);
  } catch (error) {
    const message = `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return err({ message, hint: 'name a table with --data FILE' });
  }
  const format = detectFormat(head, isJsonLines(path) ? 'json-lines' : 'delimited');
  if (format.ok) return format;
  switch (format.error) {
    case 'empty':
      return err({ message: `${path} is empty`, hint: 'the first line names the columns' });
    case 'not-json':
      return err({
        message: `the first line of ${path} is no JSON object`,
        hint: 'give one object a line',
      });
    case 'unterminated-header':
      return err({
        message: `the header of ${path} has no end`,
        hint: 'look for a quote that is not closed',
      });
    default:
      return unreachable(format.error);
  }
}
