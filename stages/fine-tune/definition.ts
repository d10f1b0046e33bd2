import type { StageDefinition } from '../../pipeline/contract/stage.js';
import {
  checkTraining,
  resolveTraining,
  trainingOptions,
  trainingOutputs,
  trainingRepeatability,
} from '../_shared/training.js';

export const definition: StageDefinition = {
  id: 'fine-tune',
  version: 1,
  summary: 'Trains a classifier on top of an encoder, and the encoder with it',
  options: trainingOptions,
  inputs: [
    { name: 'fit', artifact: 'encoded-fit', count: 'one' },
    { name: 'encoder', artifact: 'encoder', count: 'one' },
  ],
  outputs: trainingOutputs,
  resumable: true,
  worker: { language: 'python', file: 'stages/fine-tune/worker.py', dependsOnInstructionSet: true },
  repeatability: trainingRepeatability,
  check: checkTraining,
  resolve: resolveTraining,
};
