import type { ResourceUsage } from '../contract/store.js';
import { allProcesses, residentBytes, transferredBytes } from './processes.js';

const FIRST_LOOK_MILLISECONDS = 100;
const LONGEST_INTERVAL_MILLISECONDS = 1_000;

/** What one process group used, from looks at /proc at growing intervals. Work that ends before the first costs nothing. */
export interface UsageWatch {
  /** One look more, for the last moment at which the processes are known to be there. */
  look(): void;
  /** Ends the watch. */
  stop(): ResourceUsage;
}

interface Watched {
  readonly group: number;
  readonly started: number;
  interval: number;
  due: number;
  looked: boolean;
  cpuSeconds: number;
  peakBytes: number;
  transferred: { read: number; written: number } | null;
}

/** One timer and one walk through /proc serve all groups. */
const watched = new Set<Watched>();
let timer: NodeJS.Timeout | undefined;

export function watchUsage(group: number): UsageWatch {
  const started = performance.now();
  const entry: Watched = {
    group,
    started,
    interval: FIRST_LOOK_MILLISECONDS,
    due: started + FIRST_LOOK_MILLISECONDS,
    looked: false,
    cpuSeconds: 0,
    peakBytes: 0,
    transferred: null,
  };
  watched.add(entry);
  schedule();
  return {
    look: () => {
      if (entry.looked) lookAt([entry]);
    },
    stop: () => {
      watched.delete(entry);
      schedule();
      return usageOf(entry);
    },
  };
}

function schedule(): void {
  clearTimeout(timer);
  timer = undefined;
  if (watched.size === 0) return;
  const due = Math.min(...[...watched].map((entry) => entry.due));
  timer = setTimeout(
    () => {
      const now = performance.now();
      const entries = [...watched].filter((entry) => entry.due <= now + 1);
      lookAt(entries);
      for (const entry of entries) {
        entry.interval = Math.min(2 * entry.interval, LONGEST_INTERVAL_MILLISECONDS);
        entry.due = now + entry.interval;
      }
      schedule();
    },
    Math.max(1, due - performance.now()),
  );
  timer.unref();
}

function lookAt(entries: readonly Watched[]): void {
  const processes = allProcesses();
  for (const entry of entries) {
    let cpuSeconds = 0;
    let residentSum = 0;
    const transferred = { read: 0, written: 0 };
    let members = 0;
    for (const status of processes) {
      if (status.group !== entry.group || status.state === 'Z') continue;
      members += 1;
      cpuSeconds += status.cpuSeconds;
      residentSum += residentBytes(status.pid);
      const io = transferredBytes(status.pid);
      transferred.read += io?.read ?? 0;
      transferred.written += io?.written ?? 0;
    }
    if (members === 0) continue;
    entry.looked = true;
    // Sums fall when a process ends that nobody in the group waits for; what it used stays used.
    entry.cpuSeconds = Math.max(entry.cpuSeconds, cpuSeconds);
    entry.peakBytes = Math.max(entry.peakBytes, residentSum);
    entry.transferred = {
      read: Math.max(entry.transferred?.read ?? 0, transferred.read),
      written: Math.max(entry.transferred?.written ?? 0, transferred.written),
    };
  }
}

function usageOf(entry: Watched): ResourceUsage {
  const wall_seconds = (performance.now() - entry.started) / 1000;
  if (!entry.looked) return { wall_seconds, source: 'sampled' };
  return {
    wall_seconds,
    cpu_seconds: entry.cpuSeconds,
    peak_rss_bytes: entry.peakBytes,
    ...(entry.transferred === null
      ? {}
      : { read_bytes: entry.transferred.read, written_bytes: entry.transferred.written }),
    source: 'sampled',
  };
}
