import type { Event } from '../contract/event.js';

/** What a run was to do and did not, as its journal tells: failed, skipped, or cut off with the engine. */
export function unfinishedInstances(events: readonly Event[]): ReadonlySet<string> {
  const unfinished = new Set<string>();
  for (const event of events) {
    if (event.type === 'run-started') for (const { id } of event.plan) unfinished.add(id);
    if (event.type !== 'instance-finished') continue;
    const { status } = event.outcome;
    if (status !== 'failed' && status !== 'skipped') unfinished.delete(event.instance);
  }
  return unfinished;
}
