import { duration, figure } from './format.js';
import type { RunStanding } from './run-status.js';
import { tableLines } from './table.js';

/** One line of the history of a store. */
export interface RunEntry {
  readonly run: string;
  /** ISO 8601, UTC; null where its journal has not one whole line. */
  readonly started_at: string | null;
  readonly profile: readonly string[];
  readonly argv: readonly string[];
  readonly status: RunStanding;
  readonly seconds: number | null;
  readonly counts: Readonly<Record<'ran' | 'reused' | 'restored' | 'failed' | 'skipped', number>> | null;
}

const SHOWN = 20;

/** The newest last, as in a terminal's own history. */
export function runHistoryLines(entries: readonly RunEntry[], width: number): readonly string[] {
  const shown = entries.slice(-SHOWN);
  const count = (value: number | undefined): string => (value === undefined ? '-' : figure(value));
  const rows = shown.map(({ run, started_at, profile, status, seconds, counts }) => [
    run,
    started_at === null ? 'not known' : `${started_at.slice(0, 10)} ${started_at.slice(11, 16)}`,
    profile.join(','),
    status === 'aborted' ? 'stopped' : status === 'interrupted' ? 'killed' : status,
    seconds === null ? '-' : duration(seconds),
    count(counts?.ran),
    count(counts === null ? undefined : counts.reused + counts.restored),
    count(counts?.failed),
  ]);
  const older = entries.length - shown.length;
  return [
    ...(older > 0 ? [`${figure(older)} older; --json has all`, ''] : []),
    ...tableLines(
      [['Run', 'Started (UTC)', 'Profile', 'State', 'Time', 'Ran', 'Reused', 'Failed'], ...rows],
      width,
    ),
  ];
}
