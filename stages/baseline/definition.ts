import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';
import { seedOf } from '../_shared/training.js';

const classifier = z.enum(['naive-bayes', 'linear']);

const options = z.strictObject({
  classifiers: z
    .array(classifier)
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'a classifier is named twice')
    .default(['naive-bayes', 'linear'])
    .describe('Which are trained: multinomial naive Bayes on counts, logistic regression on TF-IDF.'),
  language: z.enum(['en', 'es']).default('en').describe('Of the stemmer and of the stop words.'),
  stop_words: z
    .enum(['keep', 'drop'])
    .default('keep')
    .describe('`drop` leaves out the most frequent words of the language, as natural lists them.'),
  ngrams: z.int().min(1).max(3).default(2).describe('Features are runs of 1 to so many tokens.'),
  feature_bits: z
    .int()
    .min(8)
    .max(22)
    .default(18)
    .describe(
      'Runs are hashed to 2^bits features: fewer make a smaller model, in which more runs share one.',
    ),
  epochs: z.int().min(1).max(100).default(5).describe('Of the linear classifier, over the training tweets.'),
  class_weights: z
    .enum(['none', 'balanced'])
    .default('balanced')
    .describe('Of the linear classifier; `balanced`: each class counts the same, however rare it is.'),
  seed: z
    .int()
    .min(0)
    .max(2147483647)
    .default(1)
    .describe(
      'Draws the order in which the linear classifier sees tweets; used where there is no axis `seed`.',
    ),
});

export const definition: StageDefinition = {
  id: 'baseline',
  version: 1,
  summary: 'Trains small classifiers on words in a second: what a transformer has to be better than.',
  options,
  inputs: [
    { name: 'fit', artifact: 'fit-split', count: 'one' },
    { name: 'test', artifact: 'test-split', count: 'one' },
  ],
  outputs: [
    { name: 'baseline', artifact: 'baseline', path: 'baseline', kind: 'tree' },
    { name: 'timing', artifact: 'baseline-timing', path: 'timing.json', kind: 'file' },
  ],
  worker: { language: 'typescript', file: 'stages/baseline/worker.ts' },
  repeatability: { measured: ['timing'], figures: {} },
  resolve(given, context) {
    const parsed = options.parse(given);
    const seed = seedOf(parsed, context);
    return typeof seed === 'number'
      ? { options: { ...parsed, seed }, external: [], needs: { cpu: 1 } }
      : seed;
  },
};
