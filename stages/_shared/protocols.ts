import { z } from 'zod';

/** How much is measured around the inferences. Seconds of idle sampling, untimed inferences, samples a second. */
export interface Protocol {
  readonly before_s: number;
  readonly after_s: number;
  readonly warmup: number;
  readonly sample_hz: number;
}

export const PROTOCOLS = {
  quick: { before_s: 2, after_s: 2, warmup: 20, sample_hz: 10 },
  study: { before_s: 30, after_s: 30, warmup: 100, sample_hz: 10 },
} as const satisfies Readonly<Record<string, Protocol>>;

/** Options of all stages that measure, by name. */
export const measuringOptions = {
  protocol: z
    .enum(['quick', 'study'])
    .default('quick')
    .describe(
      'quick: 2 s of samples before and after, 20 untimed inferences. study: 30 s and 100, for results to publish.',
    ),
  limit: z
    .int()
    .min(1)
    .optional()
    .describe('Only the first tweets of the test set; all of them when absent.'),
};
