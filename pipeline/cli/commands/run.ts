import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { headline } from '../../../stages/report/headline.js';
import type { Event, EventBody, EventSink } from '../../contract/event.js';
import type { Instance } from '../../contract/plan.js';
import { openExecutors } from '../../execute/open-executors.js';
import { decideInstance } from '../../plan/decide.js';
import { runSchedule } from '../../schedule/scheduler.js';
import { expectedSeconds } from '../../store/durations.js';
import { Journal, listRuns, newRunId } from '../../store/journal.js';
import { failureMessage } from '../../ui/messages.js';
import { redactingSink } from '../../ui/redact.js';
import { createSink } from '../../ui/sink.js';
import { askDevices } from '../boards.js';
import { machineCapacity } from '../capacity.js';
import { CodeSnapshots } from '../code-snapshots.js';
import { commandLine } from '../command-line.js';
import { agreed, ConsentSink, mayAsk } from '../consent.js';
import { edgelinePython, mayUsePython } from '../edgeline-python.js';
import { executeInstance, logFile, type RunContext } from '../execute-instance.js';
import { EXIT } from '../exit-codes.js';
import { pythonOptions } from '../installation.js';
import { ownSecrets } from '../own-secrets.js';
import { complain, openOrExplain, type Prepared, prepareIn } from '../prepare.js';
import type { Project, ProjectOptions } from '../project.js';
import { beginRun } from '../run-session.js';
import type { ScopeOptions } from '../scope.js';

export interface RunOptions extends ProjectOptions, ScopeOptions {
  readonly json: boolean;
  readonly keepGoing: boolean;
  readonly failFast: boolean;
  /** Agrees beforehand to what costs money. */
  readonly yes: boolean;
}

/** `pipeline run`; where a worker asks for consent and somebody is there to give it, asks, and goes on. */
export async function run(selectors: readonly string[], options: RunOptions): Promise<number> {
  const consent = new ConsentSink();
  const code = await runOnce(selectors, options, consent);
  const { asked } = consent;
  if (asked === undefined || code === EXIT.aborted || options.json || !mayAsk()) return code;
  return (await agreed(asked)) ? runOnce(selectors, { ...options, yes: true }, consent) : code;
}

/** Does what is not done, in the order of what it reads, and says what it did. */
async function runOnce(
  selectors: readonly string[],
  options: RunOptions,
  consent: ConsentSink,
): Promise<number> {
  if (options.keepGoing && options.failFast) {
    return complain('--keep-going and --fail-fast exclude each other', 'give one of them, or neither');
  }
  const opened = openOrExplain(options);
  if (!opened.ok) return opened.error;
  const project = opened.value;
  const notes = await askDevices(project, selectors, options);
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  process.on('SIGINT', abort);
  process.on('SIGTERM', abort);
  const id = newRunId(new Date(), randomBytes(2).toString('hex'), listRuns(project.layout).at(-1));
  const secrets = ownSecrets();
  const views: EventSink[] = [consent];
  const emit = (body: EventBody): void => {
    const event = { ...body, time: Date.now() } as Event;
    for (const view of views) view.handle(event);
  };
  try {
    const sink = createSink(options.json ? 'json' : 'auto', {
      stdout: process.stdout,
      env: process.env,
      secrets,
    });
    views.push(sink);
    const session = await beginRun(
      project.layout,
      project.outputs,
      id,
      commandLine(),
      (holder) => emit({ type: 'waiting-for-lock', holder }),
      controller.signal,
    );
    if (session === null) return EXIT.aborted;
    try {
      const prepared = await prepareIn(project, selectors, options);
      if (!prepared.ok) return prepared.error;
      const journal = new Journal(project.layout, id);
      views.push(redactingSink(journal, secrets));
      if (session.orphansEnded > 0) emit({ type: 'note', message: orphansNote(session.orphansEnded) });
      for (const message of notes) emit({ type: 'note', message });
      return await runPrepared(prepared.value, options, { id, journal, emit, controller });
    } finally {
      session.end();
      project.stats.save();
      for (const view of views) await view.close();
    }
  } catch (error) {
    const { code, path = 'artifacts', message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const shown = relative(project.config.root, path);
    const { text, hint } = failureMessage({ reason: 'store-error', path: shown, message }, 'the store');
    return complain(text, hint ?? '', EXIT.failed);
  } finally {
    process.off('SIGINT', abort);
    process.off('SIGTERM', abort);
  }
}

function orphansNote(count: number): string {
  const what = count === 1 ? 'a worker' : `${count} workers`;
  return `ended ${what} that a killed run had left running`;
}

interface RunParts {
  readonly id: string;
  readonly journal: Journal;
  readonly emit: (event: EventBody) => void;
  readonly controller: AbortController;
}

async function runPrepared(prepared: Prepared, options: RunOptions, parts: RunParts): Promise<number> {
  const { project, instances, facts, forced } = prepared;
  const { id, journal, emit, controller } = parts;
  const started = performance.now();
  project.listings.save();
  emit({
    type: 'run-started',
    run: id,
    study: project.config.name,
    profile: project.config.profile,
    argv: process.argv.slice(2),
    plan: prepared.plan.planned,
  });
  // One that waits may turn out to be blocked too, but what it waits for needs its Python first.
  const blocked = prepared.plan.planned.some(
    ({ action, reasons }) => action === 'blocked' && reasons.some(({ kind }) => kind === 'blocked'),
  );
  // What is known to fail at once must not wait until a Python environment is made.
  const python = blocked && !options.keepGoing ? '' : await pythonFor(prepared, emit, controller.signal);
  let counts = { ran: 0, reused: 0, restored: 0, failed: 0, skipped: 0 };
  if (python !== null) {
    const logs = join(journal.folder, 'logs');
    const executors = openExecutors(project.config.executors, {
      folder: project.layout.executors,
      lockFile: pythonOptions(project.installation, process.env).lockFile,
    });
    const code = new CodeSnapshots(
      join(project.layout.scratch, id, 'code'),
      project.installation,
      facts.sources,
    );
    const context: RunContext = {
      project,
      run: id,
      logs,
      python,
      code,
      consent: options.yes,
      signal: controller.signal,
      emit,
      executor: (instance) => executors.get(instance.stage.executor),
      isForced: (instance) => forced.has(instance.id),
    };
    const decided = new Map(prepared.plan.decisions);
    counts = await runSchedule(
      instances,
      {
        decide: (instance, upstream) =>
          decided.get(instance.id) ?? decideInstance(instance, upstream, facts, forced.has(instance.id)),
        restore: (instance, record) => {
          const link = project.layout.outputs(instance.stage.name, instance.coordinates);
          const restored = project.outputs.restore(record, link);
          // Damaged content is in quarantine now: what the plan said of it no longer holds.
          if (restored) project.records.point(instance.id, record.key);
          else decided.delete(instance.id);
          return restored;
        },
        execute: (instance, decision, upstream, { signal }) =>
          executeInstance({ ...context, signal }, instance, decision, upstream),
        expectedSeconds: (instance) => expectedSeconds(project.records, instance.id),
        emit,
        logPath: (instance) => relative(project.config.root, logFile({ logs }, instance)),
      },
      {
        capacity: machineCapacity(),
        onFailure: options.failFast ? 'fail-fast' : options.keepGoing ? 'keep-going' : 'stop',
        signal: controller.signal,
        done: prepared.done,
        slots: executors.slots,
      },
    );
    await executors.close();
  }
  const failed = counts.failed > 0 || python === null;
  const status = controller.signal.aborted ? 'aborted' : failed ? 'failed' : 'succeeded';
  const report = status === 'succeeded' ? reportFolder(project, instances) : null;
  emit({
    type: 'run-finished',
    run: id,
    status,
    counts,
    seconds: (performance.now() - started) / 1000,
    ...(report === null ? {} : { report: `${report}/report.html`, table: headlineOf(project, report) }),
  });
  return status === 'aborted' ? EXIT.aborted : failed ? EXIT.failed : EXIT.ok;
}

/** Edgeline's Python where this run may need it; '' where it does not; null when it could not be made. */
async function pythonFor(
  prepared: Prepared,
  emit: (event: EventBody) => void,
  signal: AbortSignal,
): Promise<string | null> {
  const actions = new Map(prepared.plan.planned.map((planned) => [planned.id, planned.action]));
  const needed = prepared.instances.some((instance) => {
    const action = actions.get(instance.id);
    return mayUsePython(instance) && (action === 'run' || action === 'pending');
  });
  if (!needed) return '';
  const environment = await edgelinePython(
    prepared.project,
    (message, done, total) =>
      emit({
        type: 'setup-progress',
        message,
        ...(done === undefined ? {} : { done }),
        ...(total === undefined ? {} : { total }),
      }),
    signal,
  );
  if (environment.ok) return environment.value;
  emit({ type: 'setup-failed', failure: environment.error });
  return null;
}

function reportFolder(project: Project, instances: readonly Instance[]): string | null {
  const instance = instances.find((candidate) => candidate.definition.id === 'report');
  if (instance === undefined) return null;
  const folder = join(project.layout.outputs(instance.stage.name, instance.coordinates), 'report');
  return existsSync(folder) ? relative(project.config.root, folder) : null;
}

function headlineOf(project: Project, report: string): readonly (readonly string[])[] {
  return headline(JSON.parse(readFileSync(join(project.config.root, report, 'report.json'), 'utf8')));
}
