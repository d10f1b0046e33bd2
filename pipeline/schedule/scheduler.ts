import type { EventBody, Outcome } from '../contract/event.js';
import type { Failure } from '../contract/failure.js';
import type { Decision, Instance, Reason } from '../contract/plan.js';
import type { Artifact, RunRecord } from '../contract/store.js';
import { Tokens } from './tokens.js';

/** What the scheduler asks others to do; it decides only when. */
export interface SchedulePorts {
  decide(instance: Instance, upstream: (instance: string, output: string) => Artifact): Decision;
  /** False when stored content turned out to be damaged: then the instance must be decided again. */
  restore(instance: Instance, record: RunRecord): boolean;
  execute(
    instance: Instance,
    decision: Extract<Decision, { action: 'run' }>,
    upstream: Upstream,
  ): Promise<Execution>;
  emit(event: EventBody): void;
  logPath(instance: Instance): string;
}

export type Upstream = (instance: string) => RunRecord;

export interface Execution {
  readonly outcome: Outcome;
  readonly record?: RunRecord;
}

export interface ScheduleOptions {
  readonly cpuCapacity: number;
  /** `stop`: start nothing new after a failure; `keep-going`: go on with what does not depend on it. */
  readonly onFailure: 'stop' | 'keep-going';
  readonly signal: AbortSignal;
}

export type ScheduleCounts = Record<Outcome['status'], number>;

/** Runs instances as their inputs come to be. Instances are in graph order and closed under "reads". */
export async function runSchedule(
  instances: readonly Instance[],
  ports: SchedulePorts,
  options: ScheduleOptions,
): Promise<ScheduleCounts> {
  const counts: ScheduleCounts = { ran: 0, reused: 0, restored: 0, failed: 0, skipped: 0 };
  const records = new Map<string, RunRecord>();
  const unmet = new Map(instances.map((instance) => [instance.id, instance.dependencies.length]));
  const readers = new Map<string, Instance[]>();
  for (const instance of instances) {
    for (const id of instance.dependencies) readers.set(id, [...(readers.get(id) ?? []), instance]);
  }
  const tokens = new Tokens(options.cpuCapacity);
  const ready = instances.filter((instance) => instance.dependencies.length === 0);
  const waiting: { instance: Instance; decision: Extract<Decision, { action: 'run' }> }[] = [];
  const running = new Set<Promise<void>>();
  const ended = new Set<string>();
  let failed = false;

  const upstream: Upstream = (id) => {
    const record = records.get(id);
    if (record === undefined) throw new Error(`Internal error: ${id} is not done`);
    return record;
  };
  const finish = (instance: Instance, outcome: Outcome, record?: RunRecord): void => {
    ended.add(instance.id);
    counts[outcome.status] += 1;
    ports.emit({ type: 'instance-finished', instance: instance.id, outcome });
    if (record === undefined) {
      skipReaders(instance, outcome.failure);
      return;
    }
    records.set(instance.id, record);
    for (const reader of readers.get(instance.id) ?? []) {
      const left = (unmet.get(reader.id) ?? 0) - 1;
      unmet.set(reader.id, left);
      if (left === 0 && !ended.has(reader.id)) ready.push(reader);
    }
  };
  const skipReaders = (instance: Instance, failure: Failure | undefined): void => {
    const dependency = failure?.reason === 'dependency-failed' ? failure.dependency : instance.id;
    for (const reader of readers.get(instance.id) ?? []) {
      if (!ended.has(reader.id)) finish(reader, skipped({ reason: 'dependency-failed', dependency }));
    }
  };
  const settle = (instance: Instance): void => {
    const decision = ports.decide(instance, (id, output) => {
      const artifact = upstream(id).outputs[output];
      if (artifact === undefined) throw new Error(`Internal error: ${id} has no output ${output}`);
      return artifact;
    });
    if (decision.action === 'blocked') {
      failed = true;
      finish(instance, { ...skipped(blockedFailure(decision.reasons)), status: 'failed' });
    } else if (decision.action === 'run') waiting.push({ instance, decision });
    else {
      const started = performance.now();
      if (decision.action === 'restore' && !ports.restore(instance, decision.record)) {
        settle(instance);
        return;
      }
      finish(
        instance,
        {
          status: decision.action === 'restore' ? 'restored' : 'reused',
          planned: decision.action,
          key: decision.key,
          seconds: (performance.now() - started) / 1000,
          summary: decision.record.summary,
        },
        decision.record,
      );
    }
  };
  const start = (
    instance: Instance,
    decision: Extract<Decision, { action: 'run' }>,
    release: () => void,
  ): void => {
    ports.emit({
      type: 'instance-started',
      instance: instance.id,
      reasons: decision.reasons,
      log: ports.logPath(instance),
    });
    const work = ports.execute(instance, decision, upstream).then(({ outcome, record }) => {
      release();
      if (outcome.status === 'failed') failed = true;
      finish(instance, outcome, record);
    });
    const tracked: Promise<void> = work.finally(() => running.delete(tracked));
    running.add(tracked);
  };

  for (;;) {
    for (let instance = ready.shift(); instance !== undefined; instance = ready.shift()) settle(instance);
    const stopping = options.signal.aborted || (failed && options.onFailure === 'stop');
    if (!stopping) {
      for (let index = 0; index < waiting.length; ) {
        const next = waiting[index];
        if (next === undefined) break;
        const { resolved } = next.instance;
        const needs = 'blocked' in resolved ? { cpu: 1 } : resolved.needs;
        const release = tokens.tryTake(needs, 'blocked' in resolved ? undefined : resolved.device);
        if (release === null) {
          // An instance that needs the whole machine must not starve behind small ones that keep coming.
          if (needs.cpu === 'all') break;
          index += 1;
          continue;
        }
        waiting.splice(index, 1);
        start(next.instance, next.decision, release);
      }
    }
    if (running.size === 0) {
      if (ready.length > 0) continue;
      break;
    }
    await Promise.race(running);
  }
  const because = options.signal.aborted ? 'aborted' : 'another-failed';
  for (const instance of instances) {
    if (!ended.has(instance.id)) {
      ended.add(instance.id);
      counts.skipped += 1;
      ports.emit({
        type: 'instance-finished',
        instance: instance.id,
        outcome: skipped({ reason: 'not-started', because }),
      });
    }
  }
  return counts;
}

function skipped(failure: Failure): Outcome {
  return { status: 'skipped', seconds: 0, summary: {}, failure };
}

function blockedFailure(reasons: readonly Reason[]): Failure {
  const reason = reasons.find((candidate) => candidate.kind === 'blocked');
  if (reason === undefined) throw new Error('Internal error: blocked without a reason');
  return { reason: 'stage-error', code: 'blocked', message: reason.message, hint: reason.hint };
}
