import { err, ok, type Result } from '../base/result.js';
import type { Event, Outcome } from '../contract/event.js';
import type { PlannedInstance } from '../contract/plan.js';
import { selectInstances } from '../plan/selector.js';
import { readJournal } from '../store/journal.js';
import type { StoreLayout } from '../store/layout.js';
import { journalEnds } from '../store/runs.js';

/** The last time that an instance's worker was started, as a journal tells it. */
export interface Attempt {
  readonly run: string;
  readonly instance: string;
  /** Project-relative path of the log. */
  readonly log: string;
  /** What it came to; null while it runs, or when the engine was killed. */
  readonly outcome: Outcome | null;
  /** What the worker told the engine beside its log. */
  readonly messages: readonly string[];
}

/** Ids that selectors choose among what a run or several had planned. */
export function chosenInstances(
  planned: readonly PlannedInstance[],
  selectors: readonly string[],
): Result<ReadonlySet<string>, string> {
  const byId = new Map(
    planned.map(({ id, stage, coordinates }) => [id, { id, stage: { name: stage }, coordinates }]),
  );
  const chosen = selectInstances({ instances: [...byId.values()] }, selectors);
  return chosen.ok ? ok(new Set(chosen.value.map(({ id }) => id))) : err(chosen.error);
}

/** What the given runs had planned, the newest plan of an instance only. */
export function plannedIn(layout: StoreLayout, runs: readonly string[]): readonly PlannedInstance[] {
  return runs.flatMap((run) => {
    const first = journalEnds(layout, run)?.first;
    return first?.type === 'run-started' ? first.plan : [];
  });
}

/** The last attempts at these instances: looked for in the newest run first. */
export function lastAttempts(
  layout: StoreLayout,
  runs: readonly string[],
  wanted: ReadonlySet<string>,
): readonly Attempt[] {
  const found = new Map<string, Attempt>();
  for (const run of [...runs].sort().reverse()) {
    for (const attempt of attemptsOf(run, readJournal(layout, run))) {
      if (wanted.has(attempt.instance) && !found.has(attempt.instance)) found.set(attempt.instance, attempt);
    }
    if (found.size === wanted.size) break;
  }
  return [...found.values()];
}

/** The last attempt at each instance that ran, in the order in which they were started. */
export function attemptsOf(run: string, events: readonly Event[]): readonly Attempt[] {
  const attempts = new Map<string, { -readonly [K in keyof Attempt]: Attempt[K] }>();
  for (const event of events) {
    if (event.type === 'instance-started') {
      const { instance, log } = event;
      attempts.set(instance, { run, instance, log, outcome: null, messages: [] });
    } else if (event.type === 'instance-log') {
      const attempt = attempts.get(event.instance);
      if (attempt !== undefined) attempt.messages = [...attempt.messages, messageText(event.message)];
    } else if (event.type === 'instance-finished') {
      const attempt = attempts.get(event.instance);
      if (attempt !== undefined) attempt.outcome = event.outcome;
    }
  }
  return [...attempts.values()];
}

/** What a worker told the engine, as a line of its log. */
export function messageText(message: Extract<Event, { type: 'instance-log' }>['message']): string {
  return `${message.level}: ${message.message}`;
}
