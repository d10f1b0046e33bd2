import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';

const options = z.strictObject({
  validation_fraction: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.1)
    .describe(
      'Share of the training tweets that is held out to choose the best epoch, the same for each label.',
    ),
  validation: z
    .enum(['random', 'latest'])
    .default('random')
    .describe(
      'Which are held out: drawn ones, or the latest of each entity by id, the same share of each label; ids grow with time as those of tweets do.',
    ),
  seed: z.int().min(0).default(1).describe('Draws which tweets are held out.'),
  limit: z
    .int()
    .min(1)
    .optional()
    .describe(
      'Takes at most this many training tweets (validation included), stratified by label; the test split stays whole.',
    ),
});

export const definition: StageDefinition = {
  id: 'split',
  version: 1,
  summary:
    'Splits the training tweets into train and validation, stratified by label; the test split stays whole.',
  options,
  inputs: [{ name: 'tweets', artifact: 'tweets', count: 'one' }],
  outputs: [
    { name: 'fit', artifact: 'fit-split', path: 'fit', kind: 'tree' },
    { name: 'test', artifact: 'test-split', path: 'test', kind: 'tree' },
    { name: 'card', artifact: 'split-card', path: 'split.json', kind: 'file' },
  ],
  worker: { language: 'typescript', file: 'stages/split/worker.ts' },
  resolve(given) {
    const { validation_fraction, validation, seed, limit } = options.parse(given);
    return {
      options: {
        validation_fraction,
        seed,
        // Left out where it changes nothing, so that keys from before it was there hold.
        ...(validation === 'random' ? {} : { validation }),
        ...(limit === undefined ? {} : { limit }),
      },
      external: [],
      needs: { cpu: 1 },
    };
  },
};
