import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';
import { resolveTraining, trainingOptions } from '../_shared/training.js';

export const definition: StageDefinition = {
  id: 'teach',
  version: 1,
  summary: 'Writes down what trained classifiers think of the training texts, for students to learn from',
  options: trainingOptions.pick({ limit_train: true }).extend({
    precision: z
      .enum(['auto', 'float32', 'bfloat16'])
      .default('auto')
      .describe('Of products and activations. `auto` is float32'),
  }),
  inputs: [
    { name: 'fit', artifact: 'encoded-fit', count: 'one' },
    { name: 'teachers', artifact: 'checkpoint', count: 'many' },
  ],
  outputs: [{ name: 'teacher', artifact: 'teacher-logits', path: 'teacher', kind: 'tree' }],
  worker: { language: 'python', file: 'stages/teach/worker.py', dependsOnInstructionSet: true },
  resolve(given, context) {
    const resolved = resolveTraining({ ...given, seed: 0 }, { ...context, coordinates: {} });
    if ('blocked' in resolved) return resolved;
    // Nothing is drawn.
    const { seed: _, ...options } = resolved.options;
    return { ...resolved, options };
  },
};
