import { join } from 'node:path';
import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';

const column = z.string().min(1);

const table = z.strictObject({
  file: z.string().min(1).describe('The table, relative to the project: .csv or .tsv, .jsonl or .ndjson.'),
  text: column.describe('Column of the texts.'),
  label: column.describe('Column of the labels; any number of them.'),
  id: column.optional().describe('Column of the ids; the number of the line where there is none.'),
  group: column
    .optional()
    .describe('Column of what a text is about; scores are reported for each, as for an entity.'),
  split: column
    .optional()
    .describe('Column that says `train` or `test`; `dev` and `validation` are of train.'),
  test_fraction: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.2)
    .describe('Share of the texts that is the test split where no column says so; chosen by the text alone.'),
  delimiter: z
    .string()
    .length(1)
    .optional()
    .describe('Between columns; found in the header where it is not given.'),
  encoding: z
    .enum(['utf-8', 'windows-1252', 'utf-16le', 'utf-16be'])
    .optional()
    .describe('Found in the first megabyte where it is not given.'),
});

const options = z.strictObject({
  source: z
    .enum(['sample', 'replab2013', 'table'])
    .describe(
      'Which labelled texts: `sample` (synthetic, shipped with Edgeline), `replab2013` (your copies, in `data`) or `table` (a file of yours).',
    ),
  table: table.optional().describe('With `source: table`: which file, and which of its columns are what.'),
  texts_optional: z
    .boolean()
    .default(false)
    .describe(
      'With `source: replab2013`: goes on without `data.texts`, for a later stage that asks for texts.',
    ),
});

export const definition: StageDefinition = {
  id: 'fetch',
  version: 3,
  summary:
    'Reads labelled texts: tweets in the layout of the RepLab 2013 package, with their texts, or any table.',
  options,
  inputs: [],
  outputs: [
    { name: 'rows', artifact: 'rows', path: 'rows.jsonl', kind: 'file' },
    { name: 'card', artifact: 'fetch-card', path: 'fetch.json', kind: 'file' },
  ],
  worker: { language: 'typescript', file: 'stages/fetch/worker.ts' },
  check(given) {
    const { source, table: described } = options.parse(given);
    if (source === 'table' && described === undefined) {
      const hint = 'for example table: { file: my.csv, text: text, label: label }';
      return [{ path: ['source'], message: '`source: table` needs `table`, which says where it is', hint }];
    }
    if (source !== 'table' && described !== undefined) {
      return [
        {
          path: ['table'],
          message: `\`table\` is not read with \`source: ${source}\``,
          hint: 'use source: table',
        },
      ];
    }
    return [];
  },
  resolve(given, context) {
    const { source, table: described, texts_optional } = options.parse(given);
    const needs = { cpu: 1 };
    if (source === 'table' && described !== undefined) {
      // Of the path only what it says of the format: the content is in the key.
      const { file, ...columns } = described;
      const format = /\.(jsonl|ndjson)$/i.test(file) ? 'json-lines' : 'delimited';
      return {
        options: { source, table: JSON.parse(JSON.stringify({ ...columns, format })) },
        external: [{ name: 'table', path: file }],
        needs,
      };
    }
    if (source === 'sample') {
      const folder = join(context.installation, 'datasets', 'sample');
      return {
        options: { source },
        external: [
          { name: 'package', path: join(folder, 'official') },
          { name: 'texts-1', path: join(folder, 'texts') },
        ],
        needs,
      };
    }
    if (context.data.package === null) {
      return {
        blocked:
          'the RepLab 2013 package is not part of Edgeline, and `data.package` does not say where yours is',
        hint: 'pass --set data.package=FOLDER (the folder that holds entities/, training/ and test/)',
      };
    }
    if (context.data.texts.length === 0 && !texts_optional) {
      return {
        blocked:
          'the RepLab 2013 package holds ids without texts, and `data.texts` does not say where the texts are',
        hint:
          'pass --set data.texts=FOLDER (the folder that holds training/ENTITY.tsv and test/ENTITY.tsv), ' +
          'or ask X for them with --profile ...,x-api',
      };
    }
    return {
      options: { source },
      external: [
        { name: 'package', path: context.data.package },
        // What the organisers' package is, by digests.
        { name: 'source', path: join(context.installation, 'datasets', 'replab2013.source.yaml') },
        ...context.data.texts.map((path, index) => ({ name: `texts-${index + 1}`, path })),
      ],
      needs,
    };
  },
};
