import { listRuns, readJournal } from '../../store/journal.js';
import type { StoreLayout } from '../../store/layout.js';
import { ResumeFolders } from '../../store/resumes.js';
import { journalEnds, liveRuns, runHolder } from '../../store/runs.js';
import { columnsOf } from '../../ui/colour.js';
import { failureMessage } from '../../ui/messages.js';
import { redact } from '../../ui/redact.js';
import { type RunEntry, runHistoryLines } from '../../ui/run-history.js';
import { RunState } from '../../ui/run-state.js';
import { runStatusLines, type StandingRun } from '../../ui/run-status.js';
import { createSink } from '../../ui/sink.js';
import { stageUsage } from '../../ui/usage-table.js';
import { attach } from '../attach.js';
import { EXIT } from '../exit-codes.js';
import { locateStore, type StoreOptions } from '../open-store.js';
import { ownSecrets } from '../own-secrets.js';
import { complain } from '../prepare.js';

export interface StatusOptions extends StoreOptions {
  readonly follow: boolean;
  readonly runs: boolean;
  readonly run?: string;
}

/** `pipeline status`: read from journals alone, also of a run that goes on in another terminal. */
export async function status(options: StatusOptions): Promise<number> {
  const located = locateStore(options);
  if (!located.ok) return located.error;
  const { layout } = located.value;
  const runs = listRuns(layout);
  const live = liveRuns(layout).map(({ run }) => run);
  const clean = redact(ownSecrets());
  const print = (text: string): boolean => process.stdout.write(`${clean(text)}\n`);
  if (options.runs) {
    const entries = runs.map((run) => runEntry(layout, run));
    if (options.json) print(JSON.stringify(entries, null, 2));
    else if (entries.length === 0) return nothingYet();
    else print(runHistoryLines(entries, columnsOf(process.stdout)).join('\n'));
    return EXIT.ok;
  }
  if (options.run !== undefined && !runs.includes(options.run)) {
    return complain(`there is no run ${options.run}`, 'see what there is with: pipeline status --runs');
  }
  const run = options.run ?? live.at(-1) ?? runs.at(-1);
  if (run === undefined) {
    if (!options.json) return nothingYet();
    print('null');
    return EXIT.ok;
  }
  if (options.follow) return follow(layout, run, options.json);
  const found = standingRun(layout, run);
  if (options.json) print(JSON.stringify(asJson(found), null, 2));
  else {
    print(runStatusLines(found, { stdout: process.stdout, env: process.env }).join('\n'));
    const others = live.filter((other) => other !== run);
    if (others.length > 0) print(`\nAlso running: ${others.join(', ')}; see one with --run ID.`);
  }
  return EXIT.ok;
}

function nothingYet(): number {
  complain('nothing was run here yet', 'start with: pipeline run all');
  return EXIT.ok;
}

/** The same view as that of the run itself; ends, and exits, as the run does. */
async function follow(layout: StoreLayout, run: string, json: boolean): Promise<number> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, abort);
  const sink = createSink(json ? 'json' : 'auto', {
    stdout: process.stdout,
    env: process.env,
    secrets: ownSecrets(),
  });
  const ending = await attach(layout, run, sink, controller.signal);
  await sink.close();
  if (ending === 'killed')
    process.stderr.write(`run ${run} was killed; the next run goes on from what it finished\n`);
  return ending === 'succeeded' || ending === 'detached'
    ? EXIT.ok
    : ending === 'aborted'
      ? EXIT.aborted
      : EXIT.failed;
}

/** A run without an end goes on only while its process is there. */
export function standingRun(layout: StoreLayout, run: string): StandingRun {
  // Looked at before the journal is read: a run that ends meanwhile is then seen as ended, not as killed.
  const live = runHolder(layout, run) !== null;
  const state = new RunState();
  for (const event of readJournal(layout, run)) state.apply(event);
  const { started, finished } = state;
  const left = new ResumeFolders(layout).list().filter(({ note }) => note.run === run);
  const resumable = new Set(left.map(({ note }) => note.instance));
  const found = { run, state, resumable };
  if (finished !== null) return { ...found, standing: finished.status, seconds: finished.seconds };
  if (!live) return { ...found, standing: 'interrupted', seconds: null };
  return {
    ...found,
    standing: 'running',
    seconds: started === null ? null : (Date.now() - started.time) / 1000,
  };
}

function asJson({ run, state, standing, seconds, resumable }: StandingRun): object {
  const { started } = state;
  return {
    schema: 1,
    run,
    started_at: started === null ? null : new Date(started.time).toISOString(),
    profile: started?.profile ?? [],
    status: standing,
    seconds,
    stages: [...state.stages.values()].map((stage) => ({ name: stage.name, usage: stageUsage(stage) })),
    instances: state.all().map(({ id, status: known, progress, metrics, outcome, log, resumed }) => {
      const failure = outcome?.failure;
      return {
        id,
        status: known === 'running' && standing !== 'running' ? 'interrupted' : known,
        seconds: outcome?.seconds ?? null,
        progress,
        metrics: Object.fromEntries(metrics),
        usage: outcome?.usage ?? null,
        attempts: outcome?.attempts ?? null,
        executor: outcome?.executor ?? null,
        resumed,
        resumable: standing !== 'running' && resumable.has(id),
        accepted: outcome?.accepted ?? null,
        failure: failure === undefined ? null : failureMessage(failure, id, log),
        log: log ?? null,
      };
    }),
  };
}

/** From the ends of the journal alone, so that a history of thousands is there at once. */
function runEntry(layout: StoreLayout, run: string): RunEntry {
  const live = runHolder(layout, run) !== null;
  const ends = journalEnds(layout, run);
  const first = ends?.first.type === 'run-started' ? ends.first : null;
  const last = ends?.last.type === 'run-finished' ? ends.last : null;
  return {
    run,
    started_at: ends === null ? null : new Date(ends.first.time).toISOString(),
    profile: first?.profile ?? [],
    argv: first?.argv ?? [],
    status: last?.status ?? (live ? 'running' : 'interrupted'),
    seconds: last?.seconds ?? (live && first !== null ? (Date.now() - first.time) / 1000 : null),
    counts: last?.counts ?? null,
  };
}
