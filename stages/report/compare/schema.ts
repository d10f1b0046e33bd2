import { z } from 'zod';
import { figure } from '../audit/report-schema.js';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const uncertain = z.object({ value: figure, u_k2: figure });
const mean = z.object({ mean: figure });
const latency = z.object({ median: figure, n: z.number() });

const row = z.object({
  id: z.string(),
  stage: z.string(),
  model: z.string(),
  precision: z.string(),
  device: z.string(),
  variant: z.record(z.string(), scalar),
  conditions: z.object({
    transport: z.string(),
    emulated: z.boolean(),
    runtime: z.string(),
    protocol: z.string(),
    test_set: z.string(),
  }),
  n_tweets: z.number(),
  labels: z.array(z.string()),
  n_seeds: z.number(),
  seeds: z.array(
    z.object({
      seed: scalar.nullable(),
      instance: z.string(),
      key: z.string(),
      accuracy: figure,
      macro_f1: figure,
      latency_ms: latency,
      peak_rss_bytes: figure,
      model_bytes: figure,
      model_sha256: z.string(),
      verdict: z.string(),
    }),
  ),
  accuracy: mean,
  macro_f1: mean,
  latency_ms: latency,
  median_interval_ms: z.tuple([figure, figure]).nullable(),
  n_invalid: z.number(),
  peak_rss_bytes: figure,
  model_bytes: figure,
  confusion: z.array(z.array(z.number())),
});

const energy = z.object({
  row: z.string(),
  power_class: z.enum(['measured_inline', 'partial', 'modelled', 'none']),
  emulated: z.boolean(),
  invalid: z.array(z.object({ gate: z.string(), message: z.string() })),
  gross_j_per_inference: uncertain.nullable(),
});

/** As much of `report.json` as a comparison needs: a baseline file is this excerpt of one. Other members are passed over. */
export const comparisonSchema = z.object({
  schema: z.literal(1),
  study: z.string(),
  profile: z.array(z.string()),
  notices: z.array(z.string()),
  results: z.array(row),
  energy: z.array(z.object({ results: z.array(energy) })),
  conversions: z.array(z.object({ versions: z.record(z.string(), z.string()) })),
  exports: z.array(z.object({ instance: z.string(), values: z.record(z.string(), z.string()) })),
  devices: z.array(
    z.object({
      device: z.string(),
      facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
    }),
  ),
  provenance: z.array(
    z.object({ instance: z.string(), artifact: z.string(), key: z.string(), digest: z.string() }),
  ),
});

export type ReportExcerpt = z.infer<typeof comparisonSchema>;
export type ExcerptRow = ReportExcerpt['results'][number];
export type ExcerptEnergy = ReportExcerpt['energy'][number]['results'][number];
