import type { Event } from '../../contract/event.js';
import type { AcceptedResult } from '../../contract/store.js';
import { listRuns, readJournal } from '../../store/journal.js';
import { acceptedText } from '../../ui/explain-text.js';
import { failureMessage } from '../../ui/messages.js';
import { EXIT } from '../exit-codes.js';
import { complain, openOrExplain } from '../prepare.js';
import type { ProjectOptions } from '../project.js';

interface InstanceStatus {
  readonly id: string;
  readonly status: string;
  readonly seconds: number | null;
  readonly failure: { readonly text: string; readonly hint: string | null } | null;
  readonly log: string | null;
  /** The reused result was not made for this key: a person said that it stands. */
  readonly accepted?: AcceptedResult;
}

interface RunStatus {
  readonly schema: 1;
  readonly run: string;
  readonly status: 'running' | 'succeeded' | 'failed' | 'aborted' | 'interrupted';
  readonly started_at: string;
  readonly seconds: number | null;
  readonly profile: readonly string[];
  readonly instances: readonly InstanceStatus[];
}

/** `pipeline status`: read from the journal of the newest run alone, also while it goes on in another terminal. */
export async function status(options: ProjectOptions & { readonly json: boolean }): Promise<number> {
  const project = openOrExplain(options);
  if (!project.ok) return project.error;
  const { layout } = project.value;
  const run = listRuns(layout).at(-1);
  if (run === undefined) {
    if (options.json) process.stdout.write('null\n');
    else complain('nothing was run here yet', 'start with: pipeline run all');
    return EXIT.ok;
  }
  const { heldByLiveProcess } = await import('../../base/lock.js');
  const found = runStatus(run, readJournal(layout, run), heldByLiveProcess(layout.owner(run)));
  if (options.json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  else process.stdout.write(`${statusLines(found).join('\n')}\n`);
  return EXIT.ok;
}

/** The state of a run as its journal tells it. A run without an end is `running` only while its owner lives. */
export function runStatus(run: string, events: readonly Event[], live: boolean): RunStatus {
  const instances = new Map<string, InstanceStatus>();
  let header = { started_at: '', profile: [] as readonly string[] };
  let ending: { status: RunStatus['status']; seconds: number | null } = {
    status: live ? 'running' : 'interrupted',
    seconds: null,
  };
  for (const event of events) {
    if (event.type === 'run-started') {
      header = { started_at: new Date(event.time).toISOString(), profile: event.profile };
      for (const { id } of event.plan) {
        instances.set(id, { id, status: 'waiting', seconds: null, failure: null, log: null });
      }
    } else if (event.type === 'instance-started') {
      const { instance: id, log } = event;
      instances.set(id, { id, status: live ? 'running' : 'interrupted', seconds: null, failure: null, log });
    } else if (event.type === 'instance-finished') {
      const { status: result, seconds, failure, log, accepted } = event.outcome;
      const message = failure === undefined ? null : failureMessage(failure, event.instance);
      instances.set(event.instance, {
        id: event.instance,
        status: result,
        seconds,
        failure: message,
        log: log ?? null,
        ...(accepted === undefined ? {} : { accepted }),
      });
    } else if (event.type === 'run-finished') ending = { status: event.status, seconds: event.seconds };
  }
  return { schema: 1, run, ...header, ...ending, instances: [...instances.values()] };
}

function statusLines(found: RunStatus): readonly string[] {
  const counts = new Map<string, number>();
  for (const { status: state } of found.instances) counts.set(state, (counts.get(state) ?? 0) + 1);
  const summary = [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
  const lines = [`run ${found.run} (${found.profile.join(', ')}): ${found.status}; ${summary}`];
  for (const { id, status: state, failure, log, accepted } of found.instances) {
    if (accepted !== undefined) lines.push(`  ${id}: ${acceptedText(accepted)}`);
    if (failure === null || state === 'skipped') {
      if (state === 'running') lines.push(`  ${id}: running, log ${log ?? 'none'}`);
      continue;
    }
    lines.push(`  ${id}: ${failure.text}`);
    if (failure.hint !== null) lines.push(`    ${failure.hint}`);
    if (log !== null) lines.push(`    log: ${log}`);
  }
  return lines;
}
