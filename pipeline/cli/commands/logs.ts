import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listRuns, readJournal } from '../../store/journal.js';
import { LogTail, offsetOfLastLines } from '../../store/log-tail.js';
import { liveRuns } from '../../store/runs.js';
import { duration } from '../../ui/format.js';
import { LogPrinter } from '../../ui/log-lines.js';
import { redact } from '../../ui/redact.js';
import { type Attempt, attemptsOf, chosenInstances, lastAttempts, plannedIn } from '../attempts.js';
import { EXIT } from '../exit-codes.js';
import { RunFollower } from '../follow.js';
import { type LocatedStore, locateStore, type StoreOptions } from '../open-store.js';
import { ownSecrets } from '../own-secrets.js';
import { complain } from '../prepare.js';

export interface LogsOptions extends StoreOptions {
  readonly follow: boolean;
  readonly run?: string;
  readonly lines?: string;
}

/** `pipeline logs`: what workers wrote, also while they run in another terminal. Read from journals and logs alone. */
export async function logs(selectors: readonly string[], options: LogsOptions): Promise<number> {
  const located = locateStore(options);
  if (!located.ok) return located.error;
  const store = located.value;
  const lines = options.lines === undefined ? undefined : Number(options.lines);
  if (lines !== undefined && !(Number.isInteger(lines) && lines > 0))
    return complain(`--lines ${options.lines}: expected a whole number above zero`, '');
  const runs = listRuns(store.layout);
  if (runs.length === 0) return complain('nothing was run here yet', 'start with: pipeline run all');
  if (options.run !== undefined && !runs.includes(options.run)) {
    return complain(`there is no run ${options.run}`, 'see what there is with: pipeline status --runs');
  }
  // A reader of ours that has seen enough (`| head`) is no mistake.
  process.stdout.on('error', () => process.exit(EXIT.ok));
  const asked = options.run === undefined ? runs : [options.run];
  const live = liveRuns(store.layout).filter(({ run }) => asked.includes(run));
  if (options.follow && live.length > 0) {
    const followed = await follow(
      store,
      live.map(({ run }) => run),
      selectors,
      options,
      lines,
    );
    if (followed) return EXIT.ok;
  } else if (options.follow) note('no run goes on; this is what the last one left');
  const attempts = chooseAttempts(store, asked, selectors);
  if (typeof attempts === 'string')
    return complain(attempts, 'see what there is with: pipeline status --runs');
  return show(store, attempts, options, lines);
}

async function follow(
  { root, layout }: LocatedStore,
  runs: readonly string[],
  selectors: readonly string[],
  { json }: LogsOptions,
  lines: number | undefined,
): Promise<boolean> {
  const single = runs.length === 1 && namesOne(layout, runs, selectors);
  const printer = printerFor(json, !single);
  const followers = runs.map((run) =>
    new RunFollower(run, {
      root,
      layout,
      selectors,
      printer,
      note,
      ...(lines === undefined ? {} : { lines }),
    }).follow(),
  );
  return (await Promise.all(followers)).some((found) => found);
}

function namesOne(
  layout: LocatedStore['layout'],
  runs: readonly string[],
  selectors: readonly string[],
): boolean {
  if (selectors.length === 0) return false;
  const chosen = chosenInstances(plannedIn(layout, runs), selectors);
  return chosen.ok && chosen.value.size === 1;
}

/** Attempts to show, or a sentence why there are none. */
function chooseAttempts(
  { layout }: LocatedStore,
  runs: readonly string[],
  selectors: readonly string[],
): readonly Attempt[] | string {
  if (selectors.length > 0) {
    const chosen = chosenInstances(plannedIn(layout, runs), selectors);
    if (!chosen.ok) return chosen.error;
    const attempts = lastAttempts(layout, runs, chosen.value);
    if (attempts.length > 0) return attempts;
    const never = [...chosen.value].slice(0, 3).join(', ');
    return `${never}: no attempt in the runs that are kept (a reused result keeps the log of the run that made it)`;
  }
  const running = liveRuns(layout)
    .filter(({ run }) => runs.includes(run))
    .flatMap(({ run }) => attemptsOf(run, readJournal(layout, run)))
    .filter(({ outcome }) => outcome === null);
  if (running.length > 0) return running;
  const newest = runs.at(-1) ?? '';
  const attempts = attemptsOf(newest, readJournal(layout, newest));
  const failed = attempts.filter(({ outcome }) => outcome?.status === 'failed');
  if (failed.length > 0) return failed;
  const ran = [...new Set(attempts.map(({ instance }) => instance))].slice(0, 8).join(' ');
  return `nothing runs, and nothing failed in run ${newest}; name what you want to see${ran === '' ? '' : `, for example one of: ${ran}`}`;
}

async function show(
  { root }: LocatedStore,
  attempts: readonly Attempt[],
  { json }: LogsOptions,
  lines: number | undefined,
): Promise<number> {
  const printer = printerFor(json, attempts.length > 1);
  let found = false;
  for (const { run, instance, log, outcome, messages } of attempts) {
    const path = join(root, log);
    const state = outcome === null ? 'has not ended' : `${outcome.status} after ${duration(outcome.seconds)}`;
    if (existsSync(path)) {
      found = true;
      note(`${instance} ${state}, run ${run}: ${log}`);
      const tail = new LogTail(path, lines === undefined ? 0 : offsetOfLastLines(path, lines));
      for (let more = tail.read(); more.length > 0; more = tail.read())
        await printer.lines(run, instance, more);
      await printer.lines(run, instance, tail.end());
    } else note(`${instance} ${state}, run ${run}: its log ${log} is gone`);
    await printer.lines(run, instance, messages);
  }
  return found ? EXIT.ok : EXIT.failed;
}

function printerFor(json: boolean, prefixed: boolean): LogPrinter {
  const clean = redact(ownSecrets());
  return new LogPrinter({ stdout: process.stdout, env: process.env }, { json, prefixed, clean });
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
