import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';
import { ALWAYS_ON, STEP_NAMES, stepsOf } from '../_shared/cleaning-steps.js';

const switches = z.strictObject(
  Object.fromEntries(
    STEP_NAMES.filter((name) => name !== ALWAYS_ON).map((name) => [name, z.boolean().optional()]),
  ),
);

const options = z.strictObject({
  rules: z
    .enum(['light', 'paper'])
    .default('light')
    .describe(
      'Which cleaning: `paper` removes URLs, emojis, symbols, punctuation and redundant spaces, as the study did; ' +
        '`light` removes what an uncased WordPiece model cannot use and keeps the rest.',
    ),
  steps: switches
    .optional()
    .describe(
      'Single steps switched on or off, beside what the rules say: `{ mentions: true, urls: false }`. The README lists them.',
    ),
  language: z
    .string()
    .regex(/^[A-Z]{2,3}$/, 'a language as the package writes it, for example EN')
    .default('EN')
    .describe(
      'Rows in other languages are left out, by the language column of the package; rows that name none stay.',
    ),
  near_duplicates: z
    .enum(['keep', 'exclude'])
    .default('keep')
    .describe('Whether rows that the package calls near duplicates of another one are used.'),
});

export const definition: StageDefinition = {
  id: 'clean',
  version: 3,
  summary: 'Keeps the rows that have a label, in one language, and cleans their texts.',
  options,
  inputs: [
    { name: 'rows', artifact: 'rows', count: 'one' },
    { name: 'fetched', artifact: 'fetch-card', count: 'any' },
    { name: 'hydrated', artifact: 'hydration-card', count: 'any' },
  ],
  outputs: [
    { name: 'tweets', artifact: 'tweets', path: 'tweets.jsonl', kind: 'file' },
    { name: 'card', artifact: 'clean-card', path: 'clean.json', kind: 'file' },
    { name: 'cleaning', artifact: 'cleaning', path: 'cleaning.json', kind: 'file' },
  ],
  worker: { language: 'typescript', file: 'stages/clean/worker.ts' },
  resolve(given) {
    const { rules, steps = {}, language, near_duplicates } = options.parse(given);
    // Only what differs from the rules: to say twice what they say changes no result.
    const asRuled = stepsOf(rules);
    const switched = Object.entries(steps).filter(
      ([name, on]) => on !== asRuled.some((other) => other === name),
    );
    return {
      options: {
        rules,
        language,
        ...(switched.length === 0 ? {} : { steps: Object.fromEntries(switched) }),
        ...(near_duplicates === 'keep' ? {} : { near_duplicates }),
      },
      external: [],
      needs: { cpu: 1 },
    };
  },
};
