import { writeFileAtomically } from '../../pipeline/base/atomic-write.js';
import { canonicalJson } from '../../pipeline/base/canonical.js';
import { JsonLinesWriter } from '../../pipeline/base/json-lines.js';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { StageContext, StageFailure, StageSummary } from '../../pipeline/contract/worker.js';
import { emptyReport, fetchCard, fetchSummary, type SplitReport, splitWarnings } from './card.js';
import { DroppedRows, dropWarnings } from './dropped.js';
import { failures } from './failures.js';
import { readRecords } from './read-records.js';
import { isSystemError } from './read-table.js';
import type { Split } from './split-counts.js';
import { detectFormat, readHead, type TableFormat } from './table-format.js';
import type { TableOptions } from './table-options.js';
import { TestRows } from './test-rows.js';
import { IdCheck, isRoundedId } from './tweet-id.js';

/** More bad records than this share mean that the table is read wrongly; a handful in a small one does not. */
const MALFORMED_LIMIT = 0.01;
const MALFORMED_FEW = 5;

const STRIDE = 10_000;

/** Ids may be names here, of which an end in 0 says nothing. */
const NUMBER = /^[0-9.,eE+]+$/;

const TRAINING = ['train', 'training', 'dev', 'development', 'valid', 'validation', 'val'];
const TEST = ['test', 'testing', 'eval', 'evaluation'];
const SPLIT_VALUES: ReadonlyMap<string, Split> = new Map([
  ...TRAINING.map((value) => [value, 'training'] as const),
  ...TEST.map((value) => [value, 'test'] as const),
]);

/** `source: table`: rows of a CSV, TSV or JSON Lines file of the user's. */
export async function fetchTable(
  context: StageContext,
  path: string,
  paths: { readonly rows: string; readonly card: string },
): Promise<Result<StageSummary, StageFailure>> {
  const options = context.job.options.table as unknown as TableOptions;
  let head: Buffer;
  try {
    head = readHead(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return err(failures.unreadable(path, error.message));
  }
  const format = detectFormat(head, options.format, options);
  if (!format.ok) return err(failures.badTable(path, format.error));
  const found = checkColumns(path, format.value, options);
  if (found !== undefined) return err(found);

  const testRows = new TestRows(options.test_fraction);
  if (options.split === undefined) {
    const looked = await readRecords(path, format.value, [options.text, options.label], {
      onRecord: (_, values) =>
        testRows.look(values[options.text] ?? '', (values[options.label] ?? '').trim()),
      onBad: () => undefined,
      signal: context.signal,
    });
    if (!looked.ok) return looked;
  }

  const reader = new RowReader(options, testRows, new JsonLinesWriter(paths.rows), context);
  const read = await readRecords(path, format.value, columnsOf(options), reader);
  const digest = reader.writer.close();
  if (!read.ok) return read;
  const finding = reader.ids.finding();
  if (finding !== null) return err(failures.roundedIds(path, finding));
  const { reports, dropped } = reader;
  if (dropped.count > Math.max(MALFORMED_FEW, reader.records * MALFORMED_LIMIT)) {
    const worst = dropped.worstFiles().map((entry) => ({ ...entry, file: path }));
    return err(failures.tooManyMalformed('records', dropped.count, reader.records, worst));
  }
  const never = columnsOf(options).find((column) => !reader.columns.has(column));
  if (never !== undefined && reader.columns.size > 0)
    return err(failures.missingColumn(path, never, format.value.columns));
  if (reports.training.rows + reports.test.rows === 0) return err(failures.noRows(path));
  reports.training.files = 1;
  const { encoding, delimiter, kind } = format.value;
  const raised = testRows.raised();
  const warnings = [
    ...dropWarnings('records', dropped),
    ...splitWarnings('training', reports.training),
    ...splitWarnings('test', reports.test),
    ...(raised === undefined
      ? []
      : [`${raised.toFixed(2)} of the rows are the test split, so that each label has one there`]),
  ];
  for (const warning of warnings) context.log('warning', warning);
  const how = delimiter === null ? 'JSON Lines' : `columns separated by ${JSON.stringify(delimiter)}`;
  context.log('info', `read as ${encoding}, ${how}: ${format.value.columns.join(', ')}`);
  const table = {
    kind,
    encoding,
    delimiter,
    columns: [...format.value.columns],
    not_utf8_lines: read.value.notUtf8,
  };
  const card = fetchCard('table', reports, warnings, digest, { table, unassigned: dropped });
  writeFileAtomically(paths.card, `${canonicalJson(card)}\n`);
  return ok({ ...fetchSummary(reports), dropped: dropped.count });
}

/** Turns records into rows, and counts them. */
class RowReader {
  readonly reports: Record<Split, SplitReport> = { training: emptyReport(), test: emptyReport() };
  /** Of a record that cannot be read not even the split is known. */
  readonly dropped = new DroppedRows();
  readonly ids = new IdCheck();
  /** Those that some record has. */
  readonly columns = new Set<string>();
  records = 0;

  readonly #options: TableOptions;
  readonly #testRows: TestRows;
  readonly writer: JsonLinesWriter;
  readonly #context: StageContext;
  readonly signal: AbortSignal;

  constructor(options: TableOptions, testRows: TestRows, writer: JsonLinesWriter, context: StageContext) {
    this.#options = options;
    this.#testRows = testRows;
    this.writer = writer;
    this.#context = context;
    this.signal = context.signal;
  }

  readonly onBad = (
    line: number,
    reason: Parameters<DroppedRows['add']>[0],
    id: string | null = null,
  ): void => {
    this.records += 1;
    this.dropped.add(reason, { file: 'table', line, id });
  };

  readonly onRecord = (line: number, values: Readonly<Record<string, string | undefined>>): void => {
    const { text, id, split } = this.#options;
    for (const column in values) if (values[column] !== undefined) this.columns.add(column);
    const own = values[text] ?? '';
    const name = id === undefined ? String(line) : (values[id] ?? '').trim();
    if (NUMBER.test(name)) this.ids.add(name);
    const part =
      split === undefined
        ? this.#testRows.splitOf(own)
        : SPLIT_VALUES.get((values[split] ?? '').trim().toLowerCase());
    if (name === '') this.onBad(line, 'not-an-id');
    else if (isRoundedId(name)) this.onBad(line, 'rounded-id', name);
    else if (part === undefined) this.onBad(line, 'unknown-value', name);
    else this.#take(part, name, own, values);
  };

  #take(part: Split, id: string, own: string, values: Readonly<Record<string, string | undefined>>): void {
    const { label, group } = this.#options;
    this.records += 1;
    if (this.records % STRIDE === 0) this.#context.progress(this.records, undefined, 'rows');
    const entity = group === undefined ? 'all' : (values[group] ?? '').trim() || '(none)';
    const report = this.reports[part];
    report.labelled += 1;
    report.rows += 1;
    report.texts += 1;
    const isEmpty = own.trim() === '';
    if (isEmpty) report.emptyTexts += 1;
    else report.withText += 1;
    // Keys in the order of canonical JSON: the writer is fast then.
    this.writer.write({
      domain: 'all',
      entity,
      entity_name: entity,
      filtering: null,
      id,
      language: null,
      near_duplicate_of: null,
      polarity: (values[label] ?? '').trim(),
      split: part,
      text: isEmpty ? null : own,
    });
  }
}

function columnsOf({ text, label, id, group, split }: TableOptions): readonly string[] {
  return [text, label, id, group, split].filter((column) => column !== undefined);
}

/** Objects may leave a member out, so of JSON Lines it is known at the end only. */
function checkColumns(path: string, format: TableFormat, options: TableOptions): StageFailure | undefined {
  if (format.kind === 'json-lines') return undefined;
  const missing = columnsOf(options).find((column) => !format.columns.includes(column));
  return missing === undefined ? undefined : failures.missingColumn(path, missing, format.columns);
}
