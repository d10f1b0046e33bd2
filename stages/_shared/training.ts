import { z } from 'zod';
import type { Json } from '../../pipeline/base/canonical.js';
import type {
  OptionProblem,
  OutputDefinition,
  ResolveContext,
  ResolvedStage,
  StageBlocked,
} from '../../pipeline/contract/stage.js';
import type { Repeatability } from '../../pipeline/contract/verify.js';

type Options = Readonly<Record<string, Json>>;

/** More threads than this do not pay for the small encoders, and another training can use them. */
const MOST_THREADS = 2;

const probability = z.number().min(0).lt(1);

/** The options of every stage that trains a classifier. */
export const trainingOptions = z.strictObject({
  learning_rate: z.number().positive().lt(1).default(5e-5).describe('The highest, after warming up'),
  batch_size: z.int().positive().default(32).describe('Texts per update'),
  gradient_accumulation: z
    .int()
    .positive()
    .default(1)
    .describe('Parts that a batch is computed in, one after the other, where memory is short'),
  epochs: z.int().positive().default(3).describe('The one with the best macro-F1 on validation is kept'),
  early_stopping_patience: z
    .int()
    .positive()
    .optional()
    .describe('Stop after so many epochs that were not better than the best one'),
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
  layer_learning_rate_decay: z
    .number()
    .positive()
    .max(1)
    .default(1)
    .describe('Factor of the learning rate from each layer to the one below it; embeddings have the lowest'),
  class_weights: z
    .enum(['none', 'balanced'])
    .default('none')
    .describe('`balanced`: each class counts the same in the loss, however rare it is'),
  label_smoothing: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe('Share of the target that is spread over all classes'),
  dropout: probability.optional().describe("Instead of the model's own"),
  attention_dropout: probability.optional().describe("Instead of the model's own"),
  average: z
    .enum(['none', 'ema', 'epochs'])
    .default('none')
    .describe(
      'Mean of weights that competes with the weights themselves on validation: a moving one over steps, or that of epochs',
    ),
  average_decay: z
    .number()
    .positive()
    .lt(1)
    .default(0.999)
    .describe('Of the moving average, per step; `ema` only'),
  processor: z
    .enum(['cpu', 'gpu'])
    .default('cpu')
    .describe('Where it computes; `gpu` fails where TensorFlow sees none'),
  threads: z
    .int()
    .positive()
    .max(1024)
    .optional()
    .describe('Of the processor; 2, or 1 where there is only one, if not given'),
  precision: z
    .enum(['auto', 'float32', 'bfloat16', 'float16'])
    .default('auto')
    .describe(
      'Of products and activations; weights are float32. `auto` is bfloat16 on `gpu` and where the processor has instructions for it, else float32',
    ),
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

/** Options that do not go together. */
export function checkTraining({
  precision,
  processor,
  batch_size,
  gradient_accumulation,
}: Options): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  if (precision === 'float16' && processor !== 'gpu') {
    problems.push({
      path: ['precision'],
      message: 'float16 is for `processor: gpu`: a processor computes it slower than float32',
      hint: 'use bfloat16 or float32',
    });
  }
  if (Number(gradient_accumulation) > Number(batch_size)) {
    problems.push({
      path: ['gradient_accumulation'],
      message: `a batch of ${batch_size} texts cannot be cut into ${gradient_accumulation} parts`,
    });
  }
  return problems;
}

/** Where and how exactly a model is computed, and the options that say so as they are in the key. */
export function resolveComputing(given: Options, { host }: ResolveContext): ResolvedStage {
  // oneDNN does not promise equal sums for another number of threads, though none that we measured differed.
  const threads = typeof given.threads === 'number' ? given.threads : Math.min(MOST_THREADS, host.cpuCount);
  const gpu = given.processor === 'gpu';
  const automatic = gpu || host.bfloat16 === true ? 'bfloat16' : 'float32';
  const precision = given.precision === 'auto' ? automatic : (given.precision ?? automatic);
  return {
    options: { ...given, precision, threads },
    external: [],
    needs: { cpu: threads, ...(gpu ? { gpu: 1 } : {}) },
  };
}

/** The axis `seed`, or the option where there is none. */
export function seedOf(given: Options, { coordinates }: ResolveContext): number | StageBlocked {
  const seed = coordinates.seed ?? given.seed;
  if (typeof seed !== 'number' || !Number.isInteger(seed) || seed < 0 || seed > 2147483647) {
    return {
      blocked: `the seed ${JSON.stringify(seed)} is not a whole number from 0 to 2147483647`,
      hint: 'correct the values of the axis `seed` in pipeline.yaml',
    };
  }
  return seed;
}

export function resolveTraining(given: Options, context: ResolveContext): ResolvedStage | StageBlocked {
  const seed = seedOf(given, context);
  if (typeof seed !== 'number') return seed;
  return resolveComputing({ ...given, seed }, context);
}
