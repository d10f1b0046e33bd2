import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';

export const definition: StageDefinition = {
  id: 'export',
  version: 1,
  summary: 'Writes a checkpoint as a TensorFlow SavedModel with a serving signature',
  options: z.strictObject({}),
  inputs: [{ name: 'checkpoint', artifact: 'checkpoint', count: 'one' }],
  outputs: [
    { name: 'model', artifact: 'saved-model', path: 'saved_model', kind: 'tree' },
    { name: 'card', artifact: 'export-card', path: 'export.json', kind: 'file' },
  ],
  worker: { language: 'python', file: 'stages/export/worker.py', dependsOnInstructionSet: true },
  resolve: (given) => ({ options: given, external: [], needs: { cpu: 1 } }),
};
