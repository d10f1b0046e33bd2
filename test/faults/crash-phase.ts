import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../../pipeline/contract/event.js';
import { processesOf } from './processes.js';
import { filesBelow, recordsOf } from './store-check.js';

/** What a run was at when it was killed. Work goes on in parallel, so a kill may hit it at several things. */
export const PHASES = [
  'planning',
  'starting',
  'running',
  'ingesting',
  'committing',
  'restoring',
  'ending',
] as const;
export type Phase = (typeof PHASES)[number];

/**
 * Reads from what a killed run left (its journal, work in progress, processes and records) what it was at. To be called
 * right after the kill; workers of the study do not end by themselves any more then.
 *
 * @param before runs that were there when it started.
 */
export function crashPhases(root: string, before: ReadonlySet<string>): readonly Phase[] {
  const run = runsOf(root).find((name) => !before.has(name));
  const events = run === undefined ? [] : journalOf(root, run);
  const plan = events.find((event) => event.type === 'run-started')?.plan;
  if (run === undefined || plan === undefined) return ['planning'];
  const done = new Set(
    events.flatMap((event) => (event.type === 'instance-finished' ? [event.instance] : [])),
  );
  if (plan.every(({ id }) => done.has(id))) return ['ending'];
  const phases = new Set<Phase>();
  const records = new Set(recordsOf(root).flatMap((record) => (record.run === run ? [record.instance] : [])));
  for (const event of events) {
    if (event.type !== 'instance-started' || done.has(event.instance)) continue;
    const wasStarted = existsSync(join(root, event.log));
    const folder = attemptFolder(join(root, 'artifacts/scratch', run), event.instance);
    phases.add(records.has(event.instance) ? 'committing' : phaseOf(folder, wasStarted));
  }
  if (phases.size === 0) {
    phases.add(
      plan.some(({ id, action }) => action === 'restore' && !done.has(id)) ? 'restoring' : 'starting',
    );
  }
  return [...phases];
}

/** @param folder the attempt's work in progress; null when it is not there. */
function phaseOf(folder: string | null, wasStarted: boolean): Phase {
  if (folder === null) return wasStarted ? 'committing' : 'starting';
  if (processesOf(`${folder}/`).length > 0) return 'running';
  if (attemptPid(folder) === undefined) return 'starting';
  // Its worker has ended. Files are moved into the store one by one, and then named by a record.
  return filesBelow(join(folder, 'out')).length > 0 ? 'ingesting' : 'committing';
}

function attemptFolder(scratch: string, instance: string): string | null {
  const name = existsSync(scratch)
    ? readdirSync(scratch).findLast((entry) => entry === instance || entry.endsWith(`-${instance}`))
    : undefined;
  return name === undefined ? null : join(scratch, name);
}

function attemptPid(folder: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(join(folder, 'attempt.json'), 'utf8')) as { pid?: number }).pid;
  } catch {
    return undefined;
  }
}

export function runsOf(root: string): readonly string[] {
  const folder = join(root, 'artifacts/runs');
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

export function journalOf(root: string, run: string): readonly Event[] {
  const path = join(root, 'artifacts/runs', run, 'events.jsonl');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as Event];
      } catch {
        return [];
      }
    });
}
