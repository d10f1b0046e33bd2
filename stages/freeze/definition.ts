import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';

/** In the order in which they are applied; `edgeline_worker/rewrites.py` says what each does. */
const REWRITES = ['fold_norms', 'fold_attention_scale', 'merge_siblings', 'first_row'] as const;

const options = z.strictObject({
  sequence_length: z
    .union([z.literal('dynamic'), z.int().min(3)])
    .default('dynamic')
    .describe('Tokens that the converted files take: any number, or exactly so many'),
  rewrites: z
    .array(z.enum(REWRITES))
    .default([...REWRITES])
    .describe('Exact ones that make the model faster; `[]` is none'),
  texts: z
    .int()
    .min(1)
    .default(512)
    .describe('Validation texts that the SavedModel is asked about, for converted files to be compared on'),
});

export const definition: StageDefinition = {
  id: 'freeze',
  version: 1,
  summary: 'Makes a SavedModel a graph of constants for one text, with exact rewrites',
  options,
  inputs: [
    { name: 'model', artifact: 'saved-model', count: 'one' },
    { name: 'fit', artifact: 'encoded-fit', count: 'one' },
  ],
  outputs: [{ name: 'frozen', artifact: 'frozen-graph', path: 'frozen', kind: 'tree' }],
  worker: { language: 'python', file: 'stages/freeze/worker.py', dependsOnInstructionSet: true },
  resolve: (given) => ({ options: given, external: [], needs: { cpu: 1 } }),
};
