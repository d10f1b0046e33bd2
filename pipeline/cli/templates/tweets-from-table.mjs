// Turns a table of labelled texts into the `tweets` that the other stages read. Written by `pipeline init`; it is yours
// to change: the pipeline notices, and runs again what depends on it.
//
//   node tweets-from-table.mjs TABLE TWEETS --text=COLUMN --label=COLUMN [--id=COLUMN] [--split=COLUMN]
//
// TABLE is CSV (`,` or `;`), TSV or JSON Lines, in UTF-8. Rows without a text or a label are left out and counted. A row is
// of the test split when the split column says `test`; without that column every fifth text is, chosen by its content,
// so that equal texts stay on one side.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const [tablePath, tweetsPath, ...flags] = process.argv.slice(2);
const columns = Object.fromEntries(flags.map((flag) => flag.replace(/^--/, '').split(/=(.*)/s, 2)));

const rows = /\.(jsonl|ndjson)$/i.test(tablePath) ? readJsonLines(tablePath) : readTable(tablePath);
for (const column of Object.values(columns)) {
  if (!rows.some((row) => column in row)) {
    fail(
      `no row of ${tablePath} has a column "${column}"; the first has: ${Object.keys(rows[0] ?? {}).join(', ')}`,
    );
  }
}

const tweets = [];
let leftOut = 0;
rows.forEach((row, index) => {
  const text = String(row[columns.text] ?? '')
    .replace(/\s+/g, ' ')
    .trim();
  const label = String(row[columns.label] ?? '').trim();
  if (text === '' || label === '') {
    leftOut += 1;
    return;
  }
  const id = columns.id === undefined ? String(index + 1) : String(row[columns.id]);
  const split = splitOf(row, text);
  tweets.push({ split, entity: 'all', entity_name: 'all', domain: 'all', id, label, text });
});
if (tweets.length === 0) fail(`no row of ${tablePath} has both a text and a label`);
writeFileSync(tweetsPath, tweets.map((tweet) => `${JSON.stringify(tweet)}\n`).join(''));

const counts = {};
for (const { split, label } of tweets) {
  counts[split] ??= {};
  counts[split][label] = (counts[split][label] ?? 0) + 1;
}
console.log(JSON.stringify({ rows: rows.length, left_out: leftOut, ...counts }));

function splitOf(row, text) {
  if (columns.split !== undefined) return /^test/i.test(String(row[columns.split])) ? 'test' : 'training';
  return createHash('sha256').update(text).digest()[0] % 5 === 0 ? 'test' : 'training';
}

function readJsonLines(path) {
  const lines = decode(path).split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line)];
    } catch (error) {
      return fail(`${path}:${index + 1} is not JSON: ${error.message}`);
    }
  });
}

/** RFC 4180: fields in double quotes may hold separators, line ends and quotes written twice. */
function readTable(path) {
  const text = decode(path);
  const separator = /\.tsv$/i.test(path) ? '\t' : separatorOf(text);
  const records = [];
  let record = [];
  let field = '';
  let quoted = false;
  let line = 1;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\n') line += 1;
    if (quoted) {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (character === '"' && field === '') quoted = true;
    else if (character === separator) {
      record.push(field);
      field = '';
    } else if (character === '\n') {
      record.push(field.replace(/\r$/, ''));
      records.push({ fields: record, line });
      record = [];
      field = '';
    } else field += character;
  }
  if (quoted) fail(`${path}: a field in quotes is not closed before the end of the file`);
  if (field !== '' || record.length > 0) records.push({ fields: [...record, field], line: line + 1 });
  const [header, ...rest] = records.filter(({ fields }) => fields.length > 1 || fields[0] !== '');
  if (header === undefined) fail(`${path} is empty`);
  return rest.map(({ fields, line: end }) => {
    if (fields.length !== header.fields.length)
      fail(`${path}:${end - 1} has ${fields.length} fields, but the header has ${header.fields.length}`);
    return Object.fromEntries(header.fields.map((name, index) => [name.trim(), fields[index]]));
  });
}

function separatorOf(text) {
  const header = text.split('\n', 1)[0];
  return header.split(';').length > header.split(',').length ? ';' : ',';
}

function decode(path) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    return fail(`${path} cannot be read as UTF-8 text: ${error.message}`);
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
