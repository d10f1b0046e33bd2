import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';
import {
  checkTraining,
  resolveTraining,
  trainingOptions,
  trainingOutputs,
  trainingRepeatability,
} from '../_shared/training.js';

const options = trainingOptions.extend({
  temperature: z
    .number()
    .positive()
    .default(2)
    .describe("Softens the teachers' and the student's distributions before they are compared"),
  alpha: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("Share of the distance from the teachers in the loss; the rest is the labels' cross-entropy"),
});

export const definition: StageDefinition = {
  id: 'distill',
  version: 1,
  summary: 'Trains a classifier on the labels and on what teachers think of the same texts',
  options,
  inputs: [
    { name: 'fit', artifact: 'encoded-fit', count: 'one' },
    { name: 'encoder', artifact: 'encoder', count: 'one' },
    { name: 'teacher', artifact: 'teacher-logits', count: 'one' },
  ],
  outputs: trainingOutputs,
  worker: { language: 'python', file: 'stages/distill/worker.py', dependsOnInstructionSet: true },
  repeatability: trainingRepeatability,
  resumable: true,
  check: checkTraining,
  resolve: resolveTraining,
};
