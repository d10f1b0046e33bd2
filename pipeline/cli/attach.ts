import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Event, EventSink } from '../contract/event.js';
import type { StoreLayout } from '../store/layout.js';
import { LogTail } from '../store/log-tail.js';
import { runHolder } from '../store/runs.js';

const POLL_MILLISECONDS = 150;

/**
 * Shows a run of any process as if it were ours: its journal, from the beginning, handed to a view until the run ends.
 *
 * @returns how it ended; `killed` when its engine is gone without a word, `detached` when the signal aborted
 */
export async function attach(
  layout: StoreLayout,
  run: string,
  sink: EventSink,
  signal: AbortSignal,
): Promise<'succeeded' | 'failed' | 'aborted' | 'killed' | 'detached'> {
  const journal = new LogTail(join(layout.runs, run, 'events.jsonl'));
  while (!signal.aborted) {
    // Looked at before the journal is read, so that what a killed engine wrote last is not missed.
    const live = runHolder(layout, run) !== null;
    for (let lines = journal.read(); lines.length > 0; lines = journal.read()) {
      for (const event of lines.map(eventOf)) {
        if (event === null) continue;
        sink.handle(event);
        if (event.type === 'run-finished') return event.status;
      }
    }
    if (!live) return 'killed';
    await sleep(POLL_MILLISECONDS, undefined, { signal }).catch(() => undefined);
  }
  return 'detached';
}

function eventOf(line: string): Event | null {
  try {
    return JSON.parse(line) as Event;
  } catch {
    // Torn by a crash.
    return null;
  }
}
