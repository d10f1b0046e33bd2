import { z } from 'zod';
import { figure } from '../audit/report-schema.js';

const spread = z.object({ mean: figure });

/** As much of `report.json` as a choice needs. */
export const recommendSchema = z.object({
  schema: z.literal(1),
  results: z.array(
    z.object({
      id: z.string(),
      model: z.string(),
      precision: z.string(),
      device: z.string(),
      conditions: z.object({ emulated: z.boolean().optional() }),
      accuracy: spread,
      macro_f1: spread,
      latency_ms: z.object({ median: figure, p90: figure.nullable(), n: z.number() }),
      peak_rss_bytes: figure,
      model_bytes: figure,
    }),
  ),
});

export type RecommendRow = z.infer<typeof recommendSchema>['results'][number];
