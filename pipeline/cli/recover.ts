import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { breakIfDead, isGoneProcess, readHolder } from '../base/lock.js';
import { endOrphans } from '../execute/attempt-file.js';
import { ATTEMPT_FILE } from '../execute/local-executor.js';
import { halfWrittenFiles } from '../store/half-written.js';
import type { StoreLayout } from '../store/layout.js';
import { ResumeFolders } from '../store/resumes.js';

/**
 * Clears up after runs whose process is provably gone: ends what they left running, removes their work in progress,
 * locks and half-written files. Results, and what the next attempts go on from, are not touched. Takes no lock: several may do it at once.
 *
 * @returns how many worker trees were still running.
 */
export async function recoverDeadRuns(layout: StoreLayout): Promise<number> {
  // Scratch folders are listed before their owners are looked up: a run announces itself before it makes one.
  const scratch = existsSync(layout.scratch) ? readdirSync(layout.scratch) : [];
  const dead = scratch.filter((name) => !isLive(layout, name)).map((name) => join(layout.scratch, name));
  // All at once: each may take its grace to end.
  const endings = await Promise.all(
    dead.flatMap((folder) =>
      listIfFolder(folder).map((attempt) => endOrphans(join(folder, attempt, ATTEMPT_FILE))),
    ),
  );
  for (const folder of dead) rmSync(folder, { recursive: true, force: true });
  let found = dead.length > 0;
  for (const name of existsSync(layout.locks) ? readdirSync(layout.locks) : []) {
    const path = join(layout.locks, name);
    if (/\.lock$/.test(name)) found = breakIfDead(path) || found;
    else if (isGoneProcess(Number(/\.(\d+)$/.exec(name)?.[1]))) rmSync(path, { force: true });
  }
  if (found) {
    for (const { path, pid } of halfWrittenFiles(layout))
      if (isGoneProcess(pid)) rmSync(path, { force: true });
    new ResumeFolders(layout).dropStored();
  }
  return endings.filter((ending) => ending === 'ended').length;
}

function isLive(layout: StoreLayout, scratchName: string): boolean {
  const showing = /^show-(\d+)-\d+$/.exec(basename(scratchName))?.[1];
  if (showing !== undefined) return !isGoneProcess(Number(showing));
  return readHolder(layout.owner(scratchName)) !== null && !breakIfDead(layout.owner(scratchName));
}

function listIfFolder(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
