import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';

const options = z.strictObject({
  max_length: z
    .int()
    .min(3)
    .max(512)
    .default(128)
    .describe('Longest text in tokens, [CLS] and [SEP] included; longer ones are cut and counted'),
  input: z
    .enum(['tweet', 'entity-tweet'])
    .default('tweet')
    .describe(
      "What is encoded: the text of the tweet alone, or the entity's name and the tweet as two segments",
    ),
});

export const definition: StageDefinition = {
  id: 'encode',
  version: 2,
  summary: "Turns texts into the encoder's WordPiece tokens",
  options,
  inputs: [
    { name: 'fit', artifact: 'fit-split', count: 'one' },
    { name: 'test', artifact: 'test-split', count: 'one' },
    { name: 'encoder', artifact: 'encoder', count: 'one' },
  ],
  outputs: [
    { name: 'fit', artifact: 'encoded-fit', path: 'fit', kind: 'tree' },
    { name: 'test', artifact: 'encoded-test', path: 'test', kind: 'tree' },
    { name: 'card', artifact: 'encode-card', path: 'encode.json', kind: 'file' },
  ],
  worker: { language: 'python', file: 'stages/encode/worker.py' },
  resolve: (given) => ({ options: given, external: [], needs: { cpu: 1 } }),
};
