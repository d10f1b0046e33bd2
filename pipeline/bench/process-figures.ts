import { readFileSync } from 'node:fs';

/** Of the kernel's clock ticks, which Linux has 100 of a second wherever it matters. */
const TICKS_PER_SECOND = 100;

/** Highest resident memory of a process so far, in bytes: the kernel's own mark. 0 where there is no /proc, or no such process. */
export function highWaterMark(pid: number | undefined): number {
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readProc(pid, 'status'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** Seconds that a process has computed so far, with all its threads. 0 where there is no /proc, or no such process. */
export function processorSeconds(pid: number | undefined): number {
  // The name in brackets may hold spaces.
  const fields = readProc(pid, 'stat').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
}

function readProc(pid: number | undefined, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
