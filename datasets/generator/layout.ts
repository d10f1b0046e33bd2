import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ENTITIES, type Entity } from './entities.js';
import type { SampleRow, Split } from './tweets.js';

/** The oddities of the real package, each in a file or two, so that whoever reads the sample meets them. */
const ODD = {
  lineEndsCrLf: new Set([
    'official/entities/replab2013_entities.tsv',
    'official/test/labeled/SY2013D03E006.dat',
    'texts/test/SY2013D02E004.tsv',
  ]),
  windows1252: new Set([
    'official/training/labeled/SY2013D02E005.dat',
    'official/test/labeled/SY2013D01E003.dat',
  ]),
  shiftedRow: { split: 'training', entity: 'SY2013D04E009', index: 57 },
  tabInTopic: { split: 'test', entity: 'SY2013D01E001', index: 31 },
} as const;

/** Writes the package and the texts below `folder`, in the organisers' layout. */
export function writeSample(folder: string, rows: readonly SampleRow[]): void {
  const write = (path: string, lines: readonly (readonly string[])[], byteOrderMark = false): void => {
    const crlf = ODD.lineEndsCrLf.has(path);
    const text = lines.map((fields) => fields.map(quote).join('\t') + (crlf ? '\r\n' : '\n')).join('');
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, encode(byteOrderMark ? `\uFEFF${text}` : text, ODD.windows1252.has(path)));
  };
  write('official/entities/replab2013_entities.tsv', [ENTITY_COLUMNS, ...ENTITIES.map(entityRow)]);
  for (const split of ['training', 'test'] as const) {
    for (const entity of ENTITIES) {
      const own = rows.filter((row) => row.split === split && row.entity === entity);
      const labelled = own.map((row, index) => labelledRow(row, index));
      write(`official/${split}/labeled/${entity.id}.dat`, [LABELLED_COLUMNS, ...labelled]);
      const infos = own.map((row, index) => infoRow(row, index));
      write(`official/${split}/tweet_info/${entity.id}.dat`, [INFO_COLUMNS, ...infos]);
      if (split === 'test' && !entity.testTexts) continue;
      write(`texts/${split}/${entity.id}.tsv`, [TEXT_COLUMNS, ...textRows(own, split)], split === 'training');
    }
  }
}

const ENTITY_COLUMNS = [
  ...['entity_id', 'query', 'entity_name', 'category', 'homepage', 'wikipedia_en', 'wikipedia_es'],
  ...['md5_homepage', 'md5_wikipedia_en', 'md5_wikipedia_es'],
];
const LABELLED_COLUMNS = [
  'tweet_id',
  'author',
  'entity_id',
  'filtering',
  'polarity',
  'topic',
  'topic_priority',
];
const INFO_COLUMNS = [
  ...['tweet_id', 'author', 'entity_id', 'tweet_url', 'language', 'timestamp', 'urls', 'extended_urls'],
  ...['md5_extended_urls', 'is_near_duplicate_of'],
];
const TEXT_COLUMNS = ['tweet_id', 'author', 'entity_id', 'text'];

function entityRow(entity: Entity): readonly string[] {
  const urls = ['www', 'en', 'es'].map(
    (host) => `http://${host}.${entity.query.replace(' ', '-').toLowerCase()}.example/`,
  );
  return [entity.id, entity.query, entity.name, entity.domain, ...urls, ...urls.map(md5)];
}

function labelledRow(row: SampleRow, index: number): readonly string[] {
  const start = [row.id, row.author, row.entity.id];
  if (isAt(ODD.shiftedRow, row, index)) return [...start, 'RELATED', 'RELATED', 'neutral', 'NEUTRAL'];
  const accented = index % 40 === 5 && row.topic !== '' ? `${row.topic} (crédito, año)` : row.topic;
  const topic = isAt(ODD.tabInTopic, row, index) ? `${accented}\tsecond part\t` : accented;
  return [...start, row.polarity === null ? 'UNRELATED' : 'RELATED', row.polarity ?? '', topic, row.priority];
}

function infoRow(row: SampleRow, index: number): readonly string[] {
  const address = `http://x.example/${row.author}/${row.id}`;
  const start = [row.id, row.author, row.entity.id, address, row.language, String(row.timestamp)];
  if (isAt(ODD.shiftedRow, row, index)) return [...start, row.link ?? '', 'medium', row.topic, row.topic];
  const target = row.link === null ? '' : `http://news.example/${row.id.slice(-6)}`;
  return [...start, row.link ?? '', target, target === '' ? '' : md5(target), row.nearDuplicateOf ?? '-1'];
}

/** The texts of one file: one row is missing altogether, two come again, one of them with another text. */
function textRows(rows: readonly SampleRow[], split: Split): readonly (readonly string[])[] {
  const lines = rows.map(({ id, author, entity, text }) => [id, author, entity.id, text]);
  const repeated = lines
    .slice(3, 5)
    .map((line, index) => (index === 0 ? line : [...line.slice(0, 3), `${line[3]} (edited)`]));
  return split === 'training' ? [...lines.slice(0, 9), ...lines.slice(10), ...repeated] : lines;
}

function isAt(
  place: { readonly split: Split; readonly entity: string; readonly index: number },
  row: SampleRow,
  index: number,
): boolean {
  return place.split === row.split && place.entity === row.entity.id && place.index === index;
}

function quote(field: string): string {
  return `"${field.replaceAll('"', '""')}"`;
}

/** Windows-1252 equals Latin-1 for what topics hold; such a file is not UTF-8 where letters have accents. */
function encode(text: string, windows1252: boolean): Buffer {
  return Buffer.from(text, windows1252 ? 'latin1' : 'utf8');
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
