import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { heldByLiveProcess, holderText, readHolder, selfAsHolder, tryLock } from '../base/lock.js';
import type { StoreLayout } from '../store/layout.js';
import type { OutputFolders } from '../store/outputs.js';
import { liveRuns } from '../store/runs.js';
import { recoverDeadRuns } from './recover.js';

const POLL_MILLISECONDS = 200;

export interface RunSession {
  readonly run: string;
  /** Worker trees of dead runs that had to be ended. */
  readonly orphansEnded: number;
  /** Removes the run's work in progress and views that nobody shows any more, and signs off. */
  end(): void;
}

/**
 * Signs a run on, so that others see that it lives and no content is collected under it, and clears up after dead runs.
 *
 * @param onWait called once when somebody collects garbage just now.
 * @returns null when the signal aborted the wait.
 */
export async function beginRun(
  layout: StoreLayout,
  outputs: OutputFolders,
  run: string,
  command: string,
  onWait: (holder: string) => void,
  signal: AbortSignal,
): Promise<RunSession | null> {
  const owner = layout.owner(run);
  // Asked first, because making a folder in a read-only one fails with the words that there is no such folder.
  if (existsSync(layout.artifacts)) accessSync(layout.artifacts, constants.W_OK);
  mkdirSync(dirname(owner), { recursive: true });
  const text = JSON.stringify(selfAsHolder(command));
  let told = false;
  for (;;) {
    // First sign on, then look: the collector takes its lock first and looks then, so that one of both gives way.
    writeFileSync(owner, text);
    if (!heldByLiveProcess(layout.collectorLock)) break;
    rmSync(owner, { force: true });
    const holder = readHolder(layout.collectorLock);
    if (!told && holder !== null) onWait(holderText(holder));
    told = true;
    await sleep(POLL_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return null;
  }
  const orphansEnded = await recoverDeadRuns(layout);
  const end = (): void => {
    for (const name of existsSync(layout.scratch) ? readdirSync(layout.scratch) : []) {
      // The second kind is left only where copying an output failed.
      const isOurs = name === run || name.startsWith(`show-${process.pid}-`);
      if (isOurs) rmSync(join(layout.scratch, name), { recursive: true, force: true });
    }
    const lock = tryLock(layout.collectorLock, command);
    if (lock !== null) {
      if (liveRuns(layout).every((live) => live.run === run)) outputs.dropSuperseded();
      lock.release();
    }
    rmSync(owner, { force: true });
  };
  return { run, orphansEnded, end };
}
