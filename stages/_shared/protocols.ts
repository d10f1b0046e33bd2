import { z } from 'zod';

/** How much is measured around the inferences. Seconds of idle sampling, untimed inferences, samples a second. */
export interface Protocol {
  readonly before_s: number;
  readonly after_s: number;
  readonly warmup: number;
  readonly sample_hz: number;
}

/** How inferences are timed: fresh processes, each with a window of its own. */
export interface TimingProtocol {
  readonly windows: {
    readonly count: number;
    /** At least, in each. */
    readonly inferences: number;
    /** At least, in each. */
    readonly seconds: number;
    /** Of warming up before each, at most; it ends when latencies change by less than 1 %. */
    readonly steady_s: number;
  };
  /** `pinned` holds the highest clock while measuring where the device allows it, and puts the governor back. */
  readonly governor: 'as-shipped' | 'pinned';
}

/** What a board and this machine both answer before anything is measured there. */
export const PARITY_TEXTS = 256;

export const PROTOCOLS = {
  quick: { before_s: 2, after_s: 2, warmup: 20, sample_hz: 10 },
  // Idle for 120 s, so that a baseline stands on more than a pause between two cron jobs.
  study: { before_s: 120, after_s: 120, warmup: 100, sample_hz: 10 },
} as const satisfies Readonly<Record<string, Protocol>>;

/** `study`: 1,024 inferences and 60 s, as MLPerf Mobile's SingleStream scenario has them. */
export const TIMING_PROTOCOLS = {
  quick: { windows: { count: 3, inferences: 128, seconds: 1, steady_s: 2 }, governor: 'as-shipped' },
  study: { windows: { count: 5, inferences: 1024, seconds: 60, steady_s: 60 }, governor: 'pinned' },
} as const satisfies Readonly<Record<keyof typeof PROTOCOLS, TimingProtocol>>;

/** Seconds of windows that an energy to publish needs, as MLPerf Inference has it: below, a board has not settled. */
export const ENERGY_SECONDS = 600;

/**
 * The same where a meter records. `study`: windows twice as long, so that they make 600 s together; five processes as before,
 * because inferences of one process are alike. Idle is measured again right before the windows: answers may take hours, and a warm
 * board draws more at rest.
 */
export function metered(name: keyof typeof PROTOCOLS): TimingProtocol & { readonly rest_s: number } {
  const { windows, governor } = TIMING_PROTOCOLS[name];
  const seconds =
    name === 'study' ? Math.max(windows.seconds, ENERGY_SECONDS / windows.count) : windows.seconds;
  return { windows: { ...windows, seconds }, governor, rest_s: PROTOCOLS[name].before_s };
}

/** Options of all stages that measure, by name. */
export const measuringOptions = {
  protocol: z
    .enum(['quick', 'study'])
    .default('quick')
    .describe(
      'quick: 2 s of samples before and after, 3 windows of 1 s. study: 120 s, and 5 windows of 60 s, for results to publish.',
    ),
  limit: z
    .int()
    .min(1)
    .optional()
    .describe('Only the first tweets of the test set; all of them when absent.'),
};
