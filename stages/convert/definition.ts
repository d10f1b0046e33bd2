import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';

const precision = z.enum(['fp32', 'fp16', 'int8']);

const options = z.strictObject({
  precision: precision
    .default('fp32')
    .describe('Of the weights, where there is no axis `precision`; int8 quantises activations as they come'),
  sequence_length: z
    .union([z.literal('dynamic'), z.int().min(3)])
    .default('dynamic')
    .describe('Tokens that the file takes: any number, or exactly so many'),
});

export const definition: StageDefinition = {
  id: 'convert',
  version: 1,
  summary: 'Converts a SavedModel to a TFLite file that stands alone, at one precision',
  options,
  inputs: [{ name: 'model', artifact: 'saved-model', count: 'one' }],
  outputs: [
    { name: 'tflite', artifact: 'tflite', path: 'model.tflite', kind: 'file' },
    { name: 'conversion', artifact: 'conversion-card', path: 'conversion.json', kind: 'file' },
  ],
  worker: { language: 'python', file: 'stages/convert/worker.py', dependsOnInstructionSet: true },
  resolve(given, context) {
    const parsed = precision.safeParse(context.coordinates.precision ?? given.precision);
    if (!parsed.success) {
      return {
        blocked: `no precision is called ${JSON.stringify(context.coordinates.precision)}`,
        hint: `precisions: ${precision.options.join(', ')}`,
      };
    }
    return { options: { ...given, precision: parsed.data }, external: [], needs: { cpu: 1 } };
  },
};
