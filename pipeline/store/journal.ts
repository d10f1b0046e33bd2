import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, EventSink } from '../contract/event.js';
import type { StoreLayout } from './layout.js';

/** Progress comes many times a second; the journal keeps one a second and instance, which is what people can read. */
const PROGRESS_MILLISECONDS = 1_000;

/** Writes the events of one run to `runs/<id>/events.jsonl`, append-only, one write a line. */
export class Journal implements EventSink {
  readonly id: string;
  readonly folder: string;
  readonly #file: number;
  readonly #lastProgress = new Map<string, number>();

  constructor(layout: StoreLayout, id: string) {
    this.id = id;
    this.folder = join(layout.runs, id);
    mkdirSync(join(this.folder, 'logs'), { recursive: true });
    this.#file = openSync(join(this.folder, 'events.jsonl'), 'a');
  }

  handle(event: Event): void {
    if (event.type === 'instance-progress') {
      const last = this.#lastProgress.get(event.instance) ?? 0;
      if (event.time - last < PROGRESS_MILLISECONDS) return;
      this.#lastProgress.set(event.instance, event.time);
    }
    writeSync(this.#file, `${JSON.stringify(event)}\n`);
  }

  close(): Promise<void> {
    closeSync(this.#file);
    return Promise.resolve();
  }
}

/**
 * `20261120T231405-4f2a`: sorts by time; the suffix keeps two runs apart that begin at once.
 *
 * @param newest the newest run there is: where it began in the same second, or the clock went back since, it is counted on
 *   from that one, so that the run that came last is the last.
 */
export function newRunId(now: Date, suffix: string, newest?: string): string {
  const before = newest === undefined ? Number.NaN : timeOf(newest);
  const time = before + 1000 > now.getTime() ? new Date(before + 1000) : now;
  return `${time.toISOString().replace(/[-:]/g, '').slice(0, 15)}-${suffix}`;
}

function timeOf(run: string): number {
  const [, date, hours, minutes, seconds] = /^(\d{8})T(\d\d)(\d\d)(\d\d)-/.exec(run) ?? [];
  if (date === undefined) return Number.NaN;
  const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
  return Date.parse(`${day}T${hours}:${minutes}:${seconds}Z`);
}

/** Runs in order of time, the newest last. */
export function listRuns(layout: StoreLayout): readonly string[] {
  return existsSync(layout.runs) ? readdirSync(layout.runs).sort() : [];
}

/** The events of a run; a last line torn by a crash is left out. */
export function readJournal(layout: StoreLayout, run: string): readonly Event[] {
  const file = join(layout.runs, run, 'events.jsonl');
  if (!existsSync(file)) return [];
  const events: Event[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    try {
      events.push(JSON.parse(line) as Event);
    } catch {
      // Torn by a crash.
    }
  }
  return events;
}
