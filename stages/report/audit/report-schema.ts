import { z } from 'zod';

/** What is no finite number stands in `report.json` as a text. */
export const figure = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const spread = z.object({ mean: figure, sd: figure.nullable(), min: figure, max: figure, n: z.number() });

const row = z.object({
  id: z.string(),
  model: z.string(),
  precision: z.string(),
  device: z.string(),
  variant: z.record(z.string(), z.unknown()),
  conditions: z.record(z.string(), z.unknown()),
  n_tweets: z.number(),
  n_seeds: z.number(),
  seeds: z.array(
    z.object({
      seed: scalar.nullable(),
      accuracy: figure,
      macro_f1: figure,
      model_bytes: figure,
      verdict: z.string(),
    }),
  ),
  accuracy: spread,
  macro_f1: spread,
  latency_ms: z.object({
    median: figure,
    p90: figure.nullable(),
    p99: figure.nullable(),
    mean: figure,
    min: figure,
    max: figure,
    n: z.number(),
  }),
  confusion: z.array(z.array(z.number())),
  per_class: z.array(z.object({ label: z.string(), support: z.number() })),
  against_fp32: z
    .object({
      n_seeds: z.number(),
      accuracy_difference: spread,
      gained: z.number(),
      lost: z.number(),
      speed_up: figure.nullable(),
      size_ratio: figure,
    })
    .nullable(),
});

/** As much of `report.json` as can be computed again from the rest of it. Other members are passed over. */
export const reportSchema = z.object({
  schema: z.literal(1),
  study: z.string(),
  title: z.string(),
  results: z.array(row),
  answers: z.array(
    z.object({ device: z.string(), row: z.string(), best_row: z.string(), tolerance: z.number() }),
  ),
});

export type ReportDocument = z.infer<typeof reportSchema>;
export type ReportRow = ReportDocument['results'][number];
