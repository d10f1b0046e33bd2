import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const GRACE_MILLISECONDS = 5_000;
const POLL_MILLISECONDS = 50;

/**
 * Ends a detached child and everything it started: SIGINT, grace, SIGTERM, grace, SIGKILL, to the process group.
 * Resolves when no process of the group is left.
 */
export async function killGroup(child: ChildProcess): Promise<void> {
  const group = child.pid;
  if (group === undefined) return;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    if (!signalGroup(group, name)) return;
    const deadline = performance.now() + GRACE_MILLISECONDS;
    while (performance.now() < deadline) {
      await sleep(POLL_MILLISECONDS);
      if (!signalGroup(group, 0)) return;
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
