import type { Json } from '../base/canonical.js';
import { err, ok, type Result } from '../base/result.js';
import type { Work, WorkResult } from '../contract/executor.js';
import type { Failure } from '../contract/failure.js';
import type { ResourceUsage } from '../contract/store.js';
import type { JobDocument } from '../contract/worker.js';
import type { Conversation } from './conversation.js';
import { INSTRUCTION_SETS } from './instruction-set.js';
import { logTail } from './log-tail.js';
import type { PathMap } from './path-map.js';

/** `attempt.json`, read by attempt_supervisor.py. */
export interface DetachedAttempt {
  readonly schema: 1;
  readonly key: string;
  readonly kind: Work['kind'];
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Variables of which the other machine's own values count. */
  readonly own_variables: readonly string[];
  readonly python: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly instruction_sets: typeof INSTRUCTION_SETS;
  readonly silence_limit_seconds: number;
  readonly timeout_seconds: number | null;
  /** Of all that it reads. */
  readonly contents: string;
}

/** `exit.json`, written by attempt_supervisor.py when all is over. */
export type DetachedExit =
  | {
      readonly schema: 1;
      readonly code: number | null;
      readonly signal: string | null;
      /** `machine`: the supervisor got a signal that we did not send, as when Slurm ends a job or a machine is shut down. */
      readonly ended_by: 'stop' | 'machine' | 'timeout' | 'silence' | null;
      readonly usage: ResourceUsage;
    }
  | { readonly schema: 1; readonly refused: string }
  | { readonly schema: 1; readonly spawn_error: string; readonly command: string };

/** Stands for the exit of what we ended ourselves; the reason is known to the conversation. */
export const STOPPED: DetachedExit = {
  schema: 1,
  code: null,
  signal: 'SIGINT',
  ended_by: 'stop',
  usage: { wall_seconds: 0, source: 'accounted' },
};

export function detachedAttempt(
  work: Work,
  map: PathMap,
  elsewhere: Pick<DetachedAttempt, 'own_variables' | 'python' | 'contents'> & {
    readonly keeps: (variable: string) => boolean;
  },
): DetachedAttempt {
  const { keeps, ...rest } = elsewhere;
  const env = Object.entries(work.env).filter(([name]) => keeps(name));
  return {
    schema: 1,
    key: work.job.key,
    kind: work.kind,
    argv: work.argv.map((argument) => map.text(argument)),
    env: Object.fromEntries(env.map(([name, value]) => [name, map.paths(value)])),
    environment: work.environment,
    instruction_sets: INSTRUCTION_SETS,
    silence_limit_seconds: work.silenceLimitSeconds,
    timeout_seconds: work.timeoutSeconds ?? null,
    ...rest,
  };
}

/** A device on this machine would be another one there. */
export function localDeviceRefusal(executor: string, { device }: JobDocument): Failure | null {
  if (device?.transport !== 'local') return null;
  const message = `device ${device.name} is this machine, which cannot be measured from another one`;
  return { reason: 'executor-error', executor, message, hint: 'remove `executor` from this stage' };
}

/** The job as the other machine sees it. Options stay as they are: they are in the key. */
export function detachedJob(job: JobDocument, map: PathMap): Json {
  const texts = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map.text(value)]));
  const moved: JobDocument = {
    ...job,
    inputs: Object.fromEntries(
      Object.entries(job.inputs).map(([name, inputs]) => [
        name,
        inputs.map((input) => ({ ...input, path: map.text(input.path) })),
      ]),
    ),
    external: texts(job.external),
    outputs: texts(job.outputs),
    out_dir: map.text(job.out_dir),
    scratch_dir: map.text(job.scratch_dir),
    ...(job.resume_dir === undefined ? {} : { resume_dir: map.text(job.resume_dir) }),
    cache_dir: map.text(job.cache_dir),
    python: map.text(job.python),
  };
  return moved as unknown as Json;
}

/** Whether an attempt that an earlier engine left is good: its outputs can be taken. */
export function endedWell(exit: DetachedExit): boolean {
  return 'code' in exit && exit.code === 0 && exit.ended_by === null;
}

/** Judges an attempt by its exit document and by what the worker said. */
export function concludeDetached(
  executor: string,
  work: Work,
  exit: DetachedExit,
  conversation: Conversation,
): Result<WorkResult, Failure> {
  if ('refused' in exit) {
    const message = `it is another environment than the one this result is named after: ${exit.refused}`;
    const hint = 'use a machine that has the same, or run the stage without this executor';
    return err({ reason: 'executor-error', executor, message, hint });
  }
  if ('spawn_error' in exit)
    return err({ reason: 'spawn-error', command: exit.command, message: exit.spawn_error });
  const { ended_by, usage } = exit;
  if (ended_by === 'timeout')
    conversation.fail({ reason: 'timed-out', limitSeconds: work.timeoutSeconds ?? 0 });
  if (ended_by === 'silence')
    conversation.fail({ reason: 'no-heartbeat', limitSeconds: work.silenceLimitSeconds });
  if (ended_by === 'stop') conversation.fail({ reason: 'aborted' });
  if (ended_by === 'machine') {
    const message = 'the work was ended there, and not by us';
    const hint = 'was the machine shut down, or the work ended by hand? Run the same command again';
    conversation.fail({ reason: 'executor-error', executor, message, hint });
  }
  const result = conversation.conclude({ code: exit.code, signal: exit.signal }, () => logTail(work.logFile));
  return result.ok ? ok({ summary: result.value, usage }) : result;
}
