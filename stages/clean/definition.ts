import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';

const options = z.strictObject({
  rules: z
    .enum(['light', 'paper'])
    .default('light')
    .describe(
      'Which cleaning: `paper` removes URLs, emojis, symbols, punctuation and redundant spaces, as the study did; ' +
        '`light` removes what an uncased WordPiece model cannot use and keeps the rest.',
    ),
  language: z
    .string()
    .regex(/^[A-Z]{2,3}$/, 'a language as the package writes it, for example EN')
    .default('EN')
    .describe('Tweets in other languages are left out, by the language column of the package.'),
});

export const definition: StageDefinition = {
  id: 'clean',
  version: 2,
  summary: 'Keeps the tweets that have a reputation polarity, in one language, and cleans their texts.',
  options,
  inputs: [{ name: 'rows', artifact: 'rows', count: 'one' }],
  outputs: [
    { name: 'tweets', artifact: 'tweets', path: 'tweets.jsonl', kind: 'file' },
    { name: 'card', artifact: 'clean-card', path: 'clean.json', kind: 'file' },
    { name: 'cleaning', artifact: 'cleaning', path: 'cleaning.json', kind: 'file' },
  ],
  worker: { language: 'typescript', file: 'stages/clean/worker.ts' },
  resolve: (given) => ({ options: options.parse(given), external: [], needs: { cpu: 1 } }),
};
