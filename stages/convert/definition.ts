import { z } from 'zod';
import type { StageDefinition } from '../../pipeline/contract/stage.js';

const precision = z.enum(['fp32', 'fp16', 'int8']);

const options = z.strictObject({
  precision: precision
    .default('fp32')
    .describe('Of the weights, where there is no axis `precision`; int8 quantises activations as they come'),
  accept: z
    .partialRecord(precision, z.string().trim().min(1))
    .default({})
    .describe('Why a file past its gate is wanted all the same, by precision: `{ int8: "..." }`'),
});

export const definition: StageDefinition = {
  id: 'convert',
  version: 2,
  summary: 'Converts a frozen graph to a TFLite file that stands alone, at one precision, with proof',
  options,
  inputs: [{ name: 'frozen', artifact: 'frozen-graph', count: 'one' }],
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
    // What is accepted of other precisions is no cause to make this file again.
    const accept = Object.fromEntries(
      Object.entries(given.accept ?? {}).filter(([accepted]) => accepted === parsed.data),
    );
    return { options: { ...given, accept, precision: parsed.data }, external: [], needs: { cpu: 1 } };
  },
};
