import { join } from 'node:path';
import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';

const options = z.strictObject({
  source: z
    .enum(['sample', 'replab2013'])
    .describe(
      'Which labelled tweets: `sample` (synthetic, shipped with Edgeline) or `replab2013` (your copies, in `data`).',
    ),
  texts_optional: z
    .boolean()
    .default(false)
    .describe('Goes on without `data.texts`, for a later stage that asks for texts.'),
});

export const definition: StageDefinition = {
  id: 'fetch',
  version: 1,
  summary: 'Reads labelled tweets in the layout of the RepLab 2013 package and joins their texts.',
  options,
  inputs: [],
  outputs: [
    { name: 'rows', artifact: 'rows', path: 'rows.jsonl', kind: 'file' },
    { name: 'card', artifact: 'fetch-card', path: 'fetch.json', kind: 'file' },
  ],
  worker: { language: 'typescript', file: 'stages/fetch/worker.ts' },
  resolve(given, context) {
    const { source, texts_optional } = options.parse(given);
    const needs = { cpu: 1 };
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
        ...context.data.texts.map((path, index) => ({ name: `texts-${index + 1}`, path })),
      ],
      needs,
    };
  },
};
