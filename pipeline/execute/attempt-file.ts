import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { processStartTime, readBootId } from '../base/lock.js';
import { killGroup } from './kill-group.js';
import { allProcesses, hasVariable } from './processes.js';

/** Every process of an attempt has it in its environment, so that it can be told from all others. */
export const ATTEMPT_VARIABLE = 'EDGELINE_ATTEMPT';

/** `attempt.json`: enough to find what a killed engine left running, also after a reboot or with a reused pid. */
export interface AttemptFile {
  readonly schema: 1;
  /** Value of EDGELINE_ATTEMPT. */
  readonly marker: string;
  readonly host: string;
  readonly boot_id: string | null;
  /** Absent in the moment between writing this and knowing them. */
  readonly pid?: number;
  readonly group?: number;
  /** Of the group's first process: field 22 of /proc/PID/stat. */
  readonly start_time?: string | null;
}

let bootId: string | null | undefined;

/** Written before the process is there, so that no moment is left in which a killed engine's worker cannot be found. */
export function newAttempt(path: string): AttemptFile {
  bootId ??= readBootId();
  const attempt: AttemptFile = {
    schema: 1,
    marker: randomBytes(12).toString('hex'),
    host: hostname(),
    boot_id: bootId,
  };
  writeFileSync(path, JSON.stringify(attempt));
  return attempt;
}

export function startedAttempt(path: string, attempt: AttemptFile, pid: number): void {
  const started: AttemptFile = { ...attempt, pid, group: pid, start_time: processStartTime(pid) };
  // Over the shorter text, without emptying the file first: there is no moment without a marker in it.
  writeFileSync(path, JSON.stringify(started), { flag: 'r+' });
}

/**
 * Ends what the attempt of a killed engine left running: processes that carry its marker, and the rest of its group when
 * pid and start time, or a member with the marker, prove that the group is its. Does nothing for an attempt of another
 * machine or an earlier boot. Needs /proc.
 */
export async function endOrphans(attemptFile: string): Promise<'none' | 'ended'> {
  const attempt = readAttempt(attemptFile);
  if (attempt === null || attempt.host !== hostname() || attempt.boot_id !== readBootId()) return 'none';
  const groups = new Set<number>();
  for (const status of allProcesses()) {
    if (status.state === 'Z' || status.pid === process.pid) continue;
    const isLeader = status.pid === attempt.pid && status.startTime === attempt.start_time;
    if (isLeader || hasVariable(status.pid, ATTEMPT_VARIABLE, attempt.marker)) groups.add(status.group);
  }
  await Promise.all([...groups].map(killGroup));
  return groups.size > 0 ? 'ended' : 'none';
}

function readAttempt(path: string): AttemptFile | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as AttemptFile;
  } catch {
    return null;
  }
}
