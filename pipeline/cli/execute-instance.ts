import { hostname } from 'node:os';
import { join, relative } from 'node:path';
import { acquireLock, holderText, type Lock } from '../base/lock.js';
import type { EventBody, Outcome } from '../contract/event.js';
import type { WorkMessageHandler } from '../contract/executor.js';
import type { Failure } from '../contract/failure.js';
import type { Decision, Instance } from '../contract/plan.js';
import type { RunRecord } from '../contract/store.js';
import { isResumable } from '../plan/resumable.js';
import type { Execution, Upstream } from '../schedule/scheduler.js';
import { type AttemptContext, attempt, fileName } from './attempt.js';
import { deviceLock } from './boards.js';
import { commandLine } from './command-line.js';
import { recoverDeadRuns } from './recover.js';

/** What all executions of one run share. */
export interface RunContext extends AttemptContext {
  /** Absolute folder of the run's logs. */
  readonly logs: string;
  isForced(instance: Instance): boolean;
  emit(event: EventBody): void;
}

/**
 * Makes the result of one key, once in all runs that want it: whoever comes second waits and takes the hit. The
 * record, written last, is what makes the result count.
 */
export async function executeInstance(
  context: RunContext,
  instance: Instance,
  decision: Extract<Decision, { action: 'run' }>,
  upstream: Upstream,
): Promise<Execution> {
  const { project } = context;
  const startedAt = new Date().toISOString();
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  const log = logFile(context, instance);
  const failed = (failure: Failure): Execution => ({
    outcome: {
      status: 'failed',
      planned: 'run',
      key: decision.key,
      seconds: elapsed(),
      summary: {},
      failure,
      log: relative(project.config.root, log),
    },
  });
  const held: Lock[] = [];
  try {
    for (const path of locksFor(context, instance, decision)) {
      const lock = await acquireLock(
        path,
        commandLine(),
        (holder) =>
          context.emit({
            type: 'waiting-for-lock',
            instance: instance.id,
            holder: holderText(holder),
          }),
        context.signal,
      );
      if (lock === null) return failed({ reason: 'aborted' });
      held.push(lock);
      if (held.length > 1 || context.isForced(instance)) continue;
      const made = madeMeanwhile(context, instance, decision);
      if (made !== null) {
        const { key, summary } = made;
        const outcome: Outcome = { status: 'reused', planned: 'run', key, seconds: elapsed(), summary };
        return { outcome, record: made };
      }
    }
    let resumed = false;
    const onMessage: WorkMessageHandler = (message) => {
      const { id } = instance;
      if (message.type === 'resuming') {
        resumed = true;
        context.emit({ type: 'instance-resuming', instance: id });
      } else if (message.type === 'progress')
        context.emit({ type: 'instance-progress', instance: id, message });
      else if (message.type === 'metric') context.emit({ type: 'instance-metric', instance: id, message });
      else context.emit({ type: 'instance-log', instance: id, message });
    };
    const executor = context.executor(instance);
    const { run } = context;
    const forced = context.isForced(instance);
    // What an engine that died since we began left running would write where this attempt does.
    if (isResumable(instance)) await recoverDeadRuns(project.layout);
    const resume = isResumable(instance)
      ? project.resumes.begin(decision.key, executor.name, { instance: instance.id, run, forced })
      : undefined;
    const result = await attempt(context, instance, decision, upstream, log, onMessage, resume);
    if (!result.ok) {
      // What it left was made of other bytes than those that the key names.
      if (result.error.reason === 'input-changed') await forget(context, instance, decision);
      return failed(result.error);
    }
    const { outputs, summary, usage } = result.value;
    const where = executor.kind === 'local' ? {} : { executor: executor.name };
    const record: RunRecord = {
      schema: 1,
      key: decision.key,
      instance: instance.id,
      document: decision.document,
      outputs,
      summary,
      started_at: startedAt,
      wall_seconds: elapsed(),
      host: hostname(),
      run,
      usage,
      ...(resumed ? { resumed } : {}),
      ...where,
    };
    project.outputs.show(record, project.layout.outputs(instance.stage.name, instance.coordinates));
    await project.records.write(record);
    await forget(context, instance, decision);
    const outcome: Outcome = {
      status: 'ran',
      planned: 'run',
      key: decision.key,
      seconds: record.wall_seconds,
      summary,
      log: relative(project.config.root, log),
      usage,
      ...(resumed ? { resumed } : {}),
      ...where,
    };
    return { outcome, record };
  } catch (error) {
    const { code, path = project.layout.artifacts, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return failed({ reason: 'store-error', path: relative(project.config.root, path), message });
  } finally {
    for (const lock of held.reverse()) lock.release();
  }
}

/** Takes away what was left to go on from, here and where the work ran. */
async function forget(
  context: RunContext,
  instance: Instance,
  { key }: Extract<Decision, { action: 'run' }>,
): Promise<void> {
  if (!isResumable(instance)) return;
  context.project.resumes.remove(key);
  await context.executor(instance).forget?.(key);
}

export function logFile(context: Pick<RunContext, 'logs'>, instance: Instance): string {
  return join(context.logs, `${fileName(instance.id)}.log`);
}

/** The key's lock, then that of the device, which all projects of this machine share: nobody who holds a device waits for a key. */
export function locksFor(
  { project }: Pick<RunContext, 'project'>,
  instance: Instance,
  decision: Pick<Extract<Decision, { action: 'run' }>, 'key'>,
): readonly string[] {
  const locks = [project.layout.keyLock(decision.key)];
  const name = 'device' in instance.resolved ? instance.resolved.device : undefined;
  const device = name === undefined ? undefined : project.config.devices[name];
  if (device !== undefined) locks.push(deviceLock(device));
  return locks;
}

/** The result, when another run made it since our plan. */
function madeMeanwhile(
  { project }: RunContext,
  instance: Instance,
  { key }: Extract<Decision, { action: 'run' }>,
): RunRecord | null {
  const record = project.records.readAgain(key);
  if (record === null) return null;
  const link = project.layout.outputs(instance.stage.name, instance.coordinates);
  const { state } = project.outputs.presence(record, link);
  if (state === 'missing' || (state === 'restorable' && !project.outputs.restore(record, link))) return null;
  project.records.point(instance.id, key);
  return record;
}
