import { join } from 'node:path';
import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';

const options = z.strictObject({
  title: z.string().min(1).optional().describe('Heading of the report; the name of the study when absent.'),
  texts: z
    .enum(['withheld', 'local'])
    .default('withheld')
    .describe(
      '`local` shows texts of real tweets, and the report then says that it must not be passed on. Made-up ones are always shown.',
    ),
  published: z
    .union([z.literal(false), z.string().min(1)])
    .optional()
    .describe(
      "Published tables to look things up in, in the form that `pipeline audit` reads: a JSON file, or `false` for none; the paper's when absent.",
    ),
});

export const definition: StageDefinition = {
  id: 'report',
  version: 1,
  summary: 'Gathers what the other stages measured into one self-contained HTML page and its data.',
  options,
  inputs: [
    { name: 'evaluation', artifact: 'evaluation', count: 'any' },
    { name: 'baseline', artifact: 'baseline', count: 'any' },
    { name: 'baseline-timing', artifact: 'baseline-timing', count: 'any' },
    { name: 'training', artifact: 'training-log', count: 'any' },
    { name: 'validation', artifact: 'validation-predictions', count: 'any' },
    { name: 'conversion', artifact: 'conversion-card', count: 'any' },
    { name: 'export', artifact: 'export-card', count: 'any' },
    { name: 'fetch', artifact: 'fetch-card', count: 'any' },
    { name: 'hydration', artifact: 'hydration-card', count: 'any' },
    { name: 'clean', artifact: 'clean-card', count: 'any' },
    { name: 'split', artifact: 'split-card', count: 'any' },
    { name: 'fit-split', artifact: 'fit-split', count: 'any' },
    { name: 'test-split', artifact: 'test-split', count: 'any' },
    { name: 'encode', artifact: 'encode-card', count: 'any' },
    { name: 'deployment', artifact: 'deployment', count: 'any' },
  ],
  outputs: [{ name: 'report', artifact: 'report', path: 'report', kind: 'tree' }],
  readsHistory: true,
  worker: { language: 'typescript', file: 'stages/report/worker.ts' },
  resolve(given, { installation }) {
    const { title, texts, published } = options.parse(given);
    const paper = join(installation, 'stages', 'report', 'paper', 'tables.json');
    return {
      options: { ...(title === undefined ? {} : { title }), texts },
      external: published === false ? [] : [{ name: 'published', path: published ?? paper }],
      needs: { cpu: 1 },
    };
  },
};
