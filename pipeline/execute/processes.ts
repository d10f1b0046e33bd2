import { readdirSync, readFileSync } from 'node:fs';

/** What /proc tells of one process. Times count those of its children that it has waited for. */
export interface ProcessStatus {
  readonly pid: number;
  readonly group: number;
  /** `Z` and `X` are dead ones that nobody has waited for yet. */
  readonly state: string;
  readonly startTime: string;
  readonly cpuSeconds: number;
}

/** Ticks of /proc/PID/stat are hundredths of a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** All processes that can be seen, parents mostly before their children; empty where there is no /proc. */
export function allProcesses(): readonly ProcessStatus[] {
  let names: readonly string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
    .flatMap((pid) => statusOf(pid) ?? []);
}

/** Null when there is no such process, or no /proc. */
export function statusOf(pid: number): ProcessStatus | null {
  const text = readText(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The command name in parentheses may hold spaces; the state is the third field.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
  return {
    pid,
    state: fields[0] ?? '',
    group: Number(fields[2]),
    startTime: fields[19] ?? '',
    cpuSeconds: ticks / TICKS_PER_SECOND,
  };
}

/** Resident memory now, bytes. */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** Bytes through read and write calls, those of children that were waited for included; null where it is not told. */
export function transferredBytes(pid: number): { readonly read: number; readonly written: number } | null {
  const text = readText(`/proc/${pid}/io`);
  if (text === null) return null;
  const figure = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return { read: figure('rchar'), written: figure('wchar') };
}

/** Whether a process was started with exactly this variable; false when it may not be looked at. */
export function hasVariable(pid: number, name: string, value: string): boolean {
  const text = readText(`/proc/${pid}/environ`);
  return text?.split('\0').includes(`${name}=${value}`) ?? false;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
