import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Who holds a lock: enough to prove that exactly this process is gone, also after a reboot or a reused pid. */
export interface LockHolder {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat; null where there is no /proc. */
  readonly startTime: string | null;
  readonly bootId: string | null;
  readonly host: string;
  readonly command: string;
  /** ISO 8601, of when the lock was taken; absent in locks of earlier versions. */
  readonly since?: string;
}

/** `process 12 (pipeline run all), since 2026-01-02 03:04 UTC`. */
export function holderText({ pid, command, since }: LockHolder): string {
  const when = since === undefined ? '' : `, since ${since.slice(0, 16).replace('T', ' ')} UTC`;
  return `process ${pid} (${command})${when}`;
}

export interface Lock {
  release(): void;
}

const POLL_MILLISECONDS = 200;

/**
 * Waits until the lock is ours. It is taken from another holder only when that process is provably gone.
 *
 * @param onWait called once, when somebody else holds it.
 * @returns null when the signal aborted the wait.
 */
export async function acquireLock(
  path: string,
  command: string,
  onWait: (holder: LockHolder) => void,
  signal: AbortSignal,
): Promise<Lock | null> {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!signal.aborted) {
    if (tryTake(path, selfAsHolder(command))) return { release: () => rmSync(path, { force: true }) };
    const holder = readHolder(path);
    if (holder !== null && isGone(holder)) {
      breakLock(path, holder);
      continue;
    }
    if (holder !== null && !told) {
      told = true;
      onWait(holder);
    }
    await sleep(POLL_MILLISECONDS, undefined, { signal }).catch(() => undefined);
  }
  return null;
}

/** This process, as it signs locks. */
export function selfAsHolder(command: string): LockHolder {
  self ??= {
    pid: process.pid,
    startTime: processStartTime(process.pid),
    bootId: readBootId(),
    host: hostname(),
  };
  return { ...self, command, since: new Date().toISOString() };
}

let self: Omit<LockHolder, 'command' | 'since'> | undefined;

/** Takes the lock if it is free or its holder is provably gone; else null, at once. */
export function tryLock(path: string, command: string): Lock | null {
  mkdirSync(dirname(path), { recursive: true });
  breakIfDead(path);
  return tryTake(path, selfAsHolder(command)) ? { release: () => rmSync(path, { force: true }) } : null;
}

/** Removes a lock whose holder is provably gone, or that is no lock at all. */
export function breakIfDead(path: string): boolean {
  const holder = readHolder(path);
  if (holder === null || !isGone(holder)) return false;
  breakLock(path, holder);
  return true;
}

/** Whether no process of this number is there; false for what is no number. */
export function isGoneProcess(pid: number): boolean {
  return Number.isInteger(pid) && !isAlive(pid);
}

function tryTake(path: string, self: LockHolder): boolean {
  // Written aside and linked, so that a lock file is never seen half written.
  const own = `${path}.${self.pid}`;
  writeFileSync(own, JSON.stringify(self));
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Only one of several waiters may remove a dead lock, else one removes the lock that another has just taken. */
function breakLock(path: string, dead: LockHolder): void {
  const breaker = `${path}.break`;
  try {
    writeFileSync(breaker, String(process.pid), { flag: 'wx' });
  } catch {
    const owner = Number(readText(breaker) ?? Number.NaN);
    if (!Number.isInteger(owner) || !isAlive(owner)) rmSync(breaker, { force: true });
    return;
  }
  try {
    const now = readHolder(path);
    if (now !== null && now.pid === dead.pid && now.startTime === dead.startTime)
      rmSync(path, { force: true });
  } finally {
    rmSync(breaker, { force: true });
  }
}

/** Null when there is no such lock. */
export function readHolder(path: string): LockHolder | null {
  const text = readText(path);
  if (text === null) return null;
  try {
    return JSON.parse(text) as LockHolder;
  } catch {
    return null;
  }
}

function isGone(holder: LockHolder): boolean {
  if (holder.host !== hostname()) return false;
  const boot = readBootId();
  if (holder.bootId !== null && boot !== null && holder.bootId !== boot) return true;
  if (!isAlive(holder.pid)) return true;
  const startTime = processStartTime(holder.pid);
  return holder.startTime !== null && startTime !== null && startTime !== holder.startTime;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of /proc/PID/stat, which with the boot id names one process for ever; null where there is no /proc. */
export function processStartTime(pid: number): string | null {
  const text = readText(`/proc/${pid}/stat`);
  // The command name in parentheses may hold spaces; field 22 counts from after it.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

/** Changes with every boot; null where the kernel does not tell. */
export function readBootId(): string | null {
  return readText('/proc/sys/kernel/random/boot_id')?.trim() ?? null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Who holds a lock and is not provably gone; null when nobody. Takes nothing. */
export function liveHolder(path: string): LockHolder | null {
  const holder = readHolder(path);
  return holder === null || isGone(holder) ? null : holder;
}

/** Whether a run is going on: somebody who is not provably gone holds the lock. Takes nothing. */
export function heldByLiveProcess(path: string): boolean {
  return liveHolder(path) !== null;
}
