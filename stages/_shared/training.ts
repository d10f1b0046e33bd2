import { z } from 'zod';
import type { Json } from '../../pipeline/base/canonical.js';
import type {
  OutputDefinition,
  ResolveContext,
  ResolvedStage,
  StageBlocked,
} from '../../pipeline/contract/stage.js';
import type { Repeatability } from '../../pipeline/contract/verify.js';

type Options = Readonly<Record<string, Json>>;

/** More threads than this do not pay for the small encoders, and another training can use them. */
const MOST_THREADS = 2;

/** The options of every stage that trains a classifier. */
export const trainingOptions = z.strictObject({
  learning_rate: z.number().positive().lt(1).default(5e-5).describe('The highest, after warming up'),
  batch_size: z.int().positive().default(32).describe('Texts per update'),
  epochs: z.int().positive().default(3).describe('The one with the best macro-F1 on validation is kept'),
  warmup_fraction: z
    .number()
    .min(0)
    .lt(1)
    .default(0.1)
    .describe('Share of the updates over which the rate rises'),
  weight_decay: z.number().min(0).default(0.01).describe('Decoupled; norms and biases are left alone'),
  gradient_clip_norm: z
    .number()
    .positive()
    .default(1)
    .describe('Joint norm that gradients are scaled down to'),
  precision: z
    .enum(['auto', 'float32', 'bfloat16'])
    .default('auto')
    .describe('Of products and activations; weights are float32. `auto` is float32'),
  limit_train: z
    .int()
    .positive()
    .optional()
    .describe('Use only the first so many training texts, for quick runs'),
  seed: z.int().min(0).max(2147483647).default(1).describe('Used where there is no axis `seed`'),
});

/** What every stage that trains writes, so that what follows does not ask which one it was. */
export const trainingOutputs: readonly OutputDefinition[] = [
  { name: 'checkpoint', artifact: 'checkpoint', path: 'checkpoint', kind: 'tree' },
  { name: 'training', artifact: 'training-log', path: 'training.json', kind: 'file' },
  {
    name: 'predictions',
    artifact: 'validation-predictions',
    path: 'validation-predictions.jsonl',
    kind: 'file',
  },
];

export const trainingRepeatability: Repeatability = {
  measured: ['training'],
  figures: { validation_macro_f1: {}, validation_accuracy: {}, best_epoch: {} },
};

export function resolveTraining(given: Options, context: ResolveContext): ResolvedStage | StageBlocked {
  const seed = context.coordinates.seed ?? given.seed;
  if (typeof seed !== 'number' || !Number.isInteger(seed) || seed < 0 || seed > 2147483647) {
    return {
      blocked: `the seed ${JSON.stringify(seed)} is not a whole number from 0 to 2147483647`,
      hint: 'correct the values of the axis `seed` in pipeline.yaml',
    };
  }
  // oneDNN does not promise equal sums for another number of threads, though none that we measured differed.
  const threads = Math.min(MOST_THREADS, context.host.cpuCount);
  const precision = given.precision === 'bfloat16' ? 'bfloat16' : 'float32';
  return { options: { ...given, precision, seed, threads }, external: [], needs: { cpu: threads } };
}
