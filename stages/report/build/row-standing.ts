import type { TimingStanding } from '../model/paper-parts.js';
import type { ResultRow } from '../model/report.js';
import { isSpoilt } from '../read/inputs.js';

export function timingStanding(row: ResultRow): TimingStanding {
  if (row.conditions.emulated) return 'emulated';
  if (row.n_untimed === row.n_seeds) return 'not-timed';
  return isSpoilt(row) ? 'invalid' : 'measured';
}

/** Mean latency; null where timing means nothing. */
export function secondsOf(row: ResultRow): number | null {
  const seconds = row.latency_ms.mean / 1000;
  return timingStanding(row) === 'measured' && Number.isFinite(seconds) ? seconds : null;
}
