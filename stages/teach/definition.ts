import type { StageDefinition } from '../../pipeline/contract/stage.js';
import { checkTraining, resolveComputing, trainingOptions } from '../_shared/training.js';

export const definition: StageDefinition = {
  id: 'teach',
  version: 1,
  summary: 'Writes down what trained classifiers think of the training texts, for students to learn from',
  options: trainingOptions.pick({ processor: true, threads: true, precision: true, limit_train: true }),
  inputs: [
    { name: 'fit', artifact: 'encoded-fit', count: 'one' },
    { name: 'teachers', artifact: 'checkpoint', count: 'many' },
  ],
  outputs: [{ name: 'teacher', artifact: 'teacher-logits', path: 'teacher', kind: 'tree' }],
  worker: { language: 'python', file: 'stages/teach/worker.py', dependsOnInstructionSet: true },
  check: checkTraining,
  resolve: resolveComputing,
};
