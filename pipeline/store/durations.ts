import type { RecordStore } from './records.js';

/**
 * Seconds that an instance took when it last ran; null when it never did. Reads one small file an instance and only
 * when asked; what planning has read already costs nothing.
 */
export function expectedSeconds(records: Pick<RecordStore, 'last'>, instance: string): number | null {
  const seconds = records.last(instance)?.wall_seconds;
  return seconds === undefined || !Number.isFinite(seconds) ? null : Math.max(0, seconds);
}
