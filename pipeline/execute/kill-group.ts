import { setTimeout as sleep } from 'node:timers/promises';
import { allProcesses } from './processes.js';

const GRACE_MILLISECONDS = 5_000;
const LONGEST_POLL_MILLISECONDS = 100;
/** A dead process is gone for good by then, if anybody waits for it. */
const REAPED_MILLISECONDS = 100;

/**
 * Ends a process group: SIGINT, grace, SIGTERM, grace, SIGKILL. Resolves when no process of the group is left, at once
 * when there is none.
 */
export async function killGroup(group: number): Promise<void> {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    if (!signalGroup(group, name)) return;
    const signalled = performance.now();
    for (let poll = 2; ; poll = Math.min(2 * poll, LONGEST_POLL_MILLISECONDS)) {
      await sleep(poll);
      if (!signalGroup(group, 0)) return;
      const waited = performance.now() - signalled;
      if (waited > REAPED_MILLISECONDS && onlyDeadOnes(group)) return;
      if (waited > GRACE_MILLISECONDS) break;
    }
  }
}

/** False when nobody is left in the group. */
function signalGroup(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, name);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** In a container whose first process waits for nobody, dead processes stay in their group for ever. */
function onlyDeadOnes(group: number): boolean {
  const members = allProcesses().filter((status) => status.group === group);
  return members.length > 0 && members.every(({ state }) => state === 'Z' || state === 'X');
}
