import { z } from 'zod';
import type { InputDefinition, StageDefinition } from '../../../pipeline/contract/stage.js';
import { definition as command } from '../../../stages/command/definition.js';

interface Shape {
  readonly id: string;
  readonly options: z.ZodType;
  readonly inputs?: readonly (readonly [artifact: string, count: InputDefinition['count']])[];
  readonly outputs: readonly string[];
}

function define({ id, options, inputs = [], outputs }: Shape): StageDefinition {
  return {
    id,
    version: 1,
    summary: `What ${id} does.`,
    options,
    inputs: inputs.map(([artifact, count]) => ({ name: artifact, artifact, count })),
    outputs: outputs.map((artifact) => ({ name: artifact, artifact, path: artifact, kind: 'file' })),
    worker: { language: 'typescript', file: `stages/${id}/worker.ts` },
    resolve: (resolved) => ({ options: resolved, external: [], needs: { cpu: 1 } }),
  };
}

const none = z.strictObject({});

/** Small stand-ins that have one of everything a definition can have. */
export const definitions: ReadonlyMap<string, StageDefinition> = new Map(
  [
    define({
      id: 'fetch',
      options: z.strictObject({ source: z.enum(['sample', 'replab2013']).describe('Which tweets.') }),
      outputs: ['rows', 'fetch-card'],
    }),
    define({
      id: 'clean',
      options: z.strictObject({
        rules: z.enum(['paper', 'light']).default('light'),
        language: z.string().min(2).default('EN'),
        keep_emojis: z.boolean().default(false),
      }),
      inputs: [['rows', 'one']],
      outputs: ['tweets', 'clean-card'],
    }),
    define({ id: 'encoder', options: none, outputs: ['encoder'] }),
    define({
      id: 'fine-tune',
      options: z.strictObject({
        learning_rate: z.number().positive().max(1).default(2e-5).describe('Peak learning rate.'),
        batch_size: z.int().min(1).default(32),
        schedule: z.strictObject({ warmup: z.number().default(0.1) }).optional(),
        layers: z.array(z.int()).optional(),
      }),
      inputs: [
        ['tweets', 'one'],
        ['encoder', 'one'],
      ],
      outputs: ['checkpoint'],
    }),
    define({ id: 'export', options: none, inputs: [['checkpoint', 'one']], outputs: ['saved-model'] }),
    define({
      id: 'convert',
      options: z.strictObject({
        sequence_length: z.union([z.literal('dynamic'), z.int().positive()]).default('dynamic'),
      }),
      inputs: [['saved-model', 'one']],
      outputs: ['tflite'],
    }),
    define({ id: 'deploy', options: none, inputs: [['tflite', 'one']], outputs: ['bundle'] }),
    define({
      id: 'report',
      options: none,
      inputs: [
        ['bundle', 'many'],
        ['clean-card', 'any'],
      ],
      outputs: ['report'],
    }),
    command,
  ].map((definition) => [definition.id, definition]),
);
