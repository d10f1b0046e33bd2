import type { Event, EventSink } from '../contract/event.js';
import { columnsOf, paint, wantsColour } from './colour.js';
import type { ViewOutput } from './output.js';
import { RunState } from './run-state.js';
import { doneParts, joinParts } from './status-text.js';
import { displayWidth, padEnd } from './text.js';

/**
 * The view for a person at a terminal. listr2 is loaded when something runs: a run that has nothing to do is over before
 * it would be there, and shows the same lines without it.
 */
export function watchedSink(output: ViewOutput): EventSink {
  const missed: Event[] = [];
  let live: EventSink | null = null;
  let loading: Promise<void> | null = null;
  const load = async (): Promise<void> => {
    const { listrSink } = await import('./listr.js');
    live = listrSink(output);
    for (const event of missed) live.handle(event);
  };
  return {
    handle: (event) => {
      if (live !== null) {
        live.handle(event);
        return;
      }
      missed.push(event);
      if (loading === null && !isIdle(event)) loading = load();
    },
    close: async () => {
      await loading;
      if (live === null) for (const line of idleLines(missed, output)) output.stdout.write(`${line}\n`);
      else await live.close();
    },
  };
}

function isIdle(event: Event): boolean {
  switch (event.type) {
    case 'run-started':
      return event.plan.every(({ action }) => action === 'reuse');
    case 'instance-finished':
      return event.outcome.status === 'reused';
    default:
      return event.type === 'run-finished';
  }
}

function idleLines(events: readonly Event[], { stdout, env }: ViewOutput): string[] {
  const state = new RunState();
  for (const event of events) state.apply(event);
  const tick = paint(wantsColour(stdout, env)).green('✔');
  const stages = [...state.stages.values()].filter(({ instances }) =>
    instances.every(({ status }) => status === 'reused'),
  );
  const columns = columnsOf(stdout);
  const longest = columns >= 60 ? Math.max(0, ...stages.map(({ name }) => displayWidth(name))) : 0;
  return stages.map((stage) => {
    const text = joinParts(padEnd(stage.name, Math.min(longest, 20)), doneParts(stage), columns - 4);
    return `${tick} ${text}`;
  });
}
