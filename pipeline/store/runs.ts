import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type LockHolder, liveHolder } from '../base/lock.js';
import type { Event } from '../contract/event.js';
import type { StoreLayout } from './layout.js';

/** Who makes a run, while that process is not provably gone; null when the run has ended or was killed. */
export function runHolder(layout: StoreLayout, run: string): LockHolder | null {
  return liveHolder(layout.owner(run));
}

/** The runs that go on now, in any process on this store: the newest last. Takes no lock. */
export function liveRuns(
  layout: StoreLayout,
): readonly { readonly run: string; readonly holder: LockHolder }[] {
  if (!existsSync(layout.locks)) return [];
  return readdirSync(layout.locks)
    .sort()
    .flatMap((name) => {
      const run = /^run-(.+)\.lock$/.exec(name)?.[1];
      const holder = run === undefined ? null : runHolder(layout, run);
      return run === undefined || holder === null ? [] : [{ run, holder }];
    });
}

/** The first and the last event of a run's journal, read without what lies between; null where it has no whole line. */
export function journalEnds(
  layout: StoreLayout,
  run: string,
): { readonly first: Event; readonly last: Event } | null {
  const path = join(layout.runs, run, 'events.jsonl');
  if (!existsSync(path)) return null;
  const file = openSync(path, 'r');
  try {
    const size = statSync(path).size;
    const first = lineFrom(file, size, 'start');
    if (first === null) return null;
    return { first, last: lineFrom(file, size, 'end') ?? first };
  } finally {
    closeSync(file);
  }
}

const FIRST_PIECE_BYTES = 16 * 1024;

/** A line may be long (a plan of thousands), so the piece that is read grows until it holds a whole one. */
function lineFrom(file: number, size: number, end: 'start' | 'end'): Event | null {
  for (let length = Math.min(size, FIRST_PIECE_BYTES); ; length = Math.min(size, length * 4)) {
    const buffer = Buffer.alloc(length);
    readSync(file, buffer, 0, length, end === 'start' ? 0 : size - length);
    const lines = buffer.toString('utf8').split('\n');
    const whole = length === size;
    const candidates = end === 'start' ? lines.slice(0, whole ? undefined : -1) : lines.slice(whole ? 0 : 1);
    const ordered = end === 'start' ? candidates : candidates.reverse();
    for (const line of ordered) {
      const event = parsed(line);
      if (event !== null) return event;
    }
    if (whole) return null;
  }
}

function parsed(line: string): Event | null {
  if (line === '') return null;
  try {
    return JSON.parse(line) as Event;
  } catch {
    // Torn by a crash.
    return null;
  }
}
