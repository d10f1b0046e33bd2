import type { RetryConfig } from '../contract/config.js';
import type { Failure } from '../contract/failure.js';

/** Timers hold no more milliseconds than this; a longer wait would fire at once. */
const LONGEST_SECONDS = (2 ** 31 - 1) / 1000;

/**
 * Seconds to wait before the next attempt; null when the failure stands.
 *
 * @param attempt the one that failed; the first is 1.
 */
export function retryDelay(
  retries: RetryConfig | undefined,
  failure: Failure | undefined,
  attempt: number,
): number | null {
  if (retries === undefined || failure === undefined || attempt > retries.count) return null;
  if (!retries.on.some((reason) => matches(reason, failure))) return null;
  return Math.min(retries.backoffSeconds * 2 ** (attempt - 1), LONGEST_SECONDS);
}

/** `exit-nonzero` is any exit code, `exit-nonzero:75` that one; `stage-error:CODE` one code of a stage's README. */
function matches(on: string, failure: Failure): boolean {
  if (on === failure.reason) return true;
  switch (failure.reason) {
    case 'exit-nonzero':
      return on === `exit-nonzero:${failure.exitCode}`;
    case 'stage-error':
      return on === `stage-error:${failure.code}`;
    case 'signal':
      return on === `signal:${failure.signal}`;
    default:
      return false;
  }
}
