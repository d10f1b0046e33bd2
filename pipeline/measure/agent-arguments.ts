import { leaseArguments } from './board-lease.js';

/** The options of a stage that measures, as it resolved them. Seconds of idle sampling, untimed inferences, samples a second. */
export interface MeasuringOptions {
  readonly protocol: {
    readonly name: string;
    readonly before_s: number;
    readonly after_s: number;
    readonly warmup: number;
    readonly sample_hz: number;
    /** Fresh processes that time inferences; without them the latencies are those of the pass over all texts. */
    readonly windows?: {
      readonly count: number;
      readonly inferences: number;
      readonly seconds: number;
      readonly steady_s: number;
    };
    readonly governor?: 'as-shipped' | 'pinned';
    /** Seconds of rest between the answers and the windows, where a meter records. */
    readonly rest_s?: number;
  };
  readonly threads: number;
  /** Only the first tweets of the test set. */
  readonly limit?: number;
  /** Nothing is timed: answers alone are wanted. */
  readonly timing?: 'none';
  /** This machine answers the test set; the device only so many texts of it. */
  readonly answers?: { readonly from: 'host'; readonly after_texts: number };
}

/**
 * What the agent is started with.
 *
 * @param bundle the folder that it measures in, on the device
 * @param results where it writes
 * @param inference a program that it starts in place of its own
 */
export function agentArguments(
  bundle: string,
  results: string,
  { protocol, threads, limit, timing, answers }: MeasuringOptions,
  inference?: readonly string[],
): readonly string[] {
  const isTimed = timing !== 'none';
  const { windows, governor, rest_s, before_s, after_s } = isTimed ? protocol : { before_s: 0, after_s: 0 };
  return [
    ...['--bundle', bundle, '--out', results, ...leaseArguments()],
    ...['--threads', String(threads), '--warmup', String(protocol.warmup)],
    ...['--before', String(before_s), '--after', String(after_s)],
    ...['--sample-hz', String(protocol.sample_hz)],
    ...(windows === undefined
      ? []
      : [
          ...['--windows', String(windows.count), '--window-inferences', String(windows.inferences)],
          ...['--window-seconds', String(windows.seconds), '--steady', String(windows.steady_s)],
        ]),
    // Answers that are not timed may take all processors.
    ...(inference === undefined && (windows !== undefined || !isTimed) ? ['--workers', '0'] : []),
    ...(rest_s === undefined ? [] : ['--rest', String(rest_s)]),
    ...(governor === 'pinned' ? ['--pin-governor'] : []),
    ...(inference === undefined ? [] : ['--inference', JSON.stringify(inference)]),
    ...(limit === undefined ? [] : ['--limit', String(limit)]),
    ...(answers === undefined ? [] : ['--answers', String(answers.after_texts)]),
  ];
}
