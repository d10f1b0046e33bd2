import type { Json } from '../../../pipeline/base/canonical.js';
import type { Coordinates, Scalar } from '../../../pipeline/contract/config.js';
import type { Event, EventBody, EventSink, Outcome } from '../../../pipeline/contract/event.js';
import type { Failure } from '../../../pipeline/contract/failure.js';
import type { PlannedAction, PlannedInstance, Reason } from '../../../pipeline/contract/plan.js';
import type { WorkerMessage } from '../../../pipeline/contract/worker.js';

const START = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A planned instance with its id made as the engine makes it. */
export function planned(
  stage: string,
  coordinates: Coordinates,
  action: PlannedAction,
  ...reasons: Reason[]
): PlannedInstance {
  const axes = Object.keys(coordinates).sort();
  const suffix = axes.map((axis) => `${axis}=${coordinates[axis]}`).join(',');
  return { id: suffix === '' ? stage : `${stage}@${suffix}`, stage, coordinates, action, reasons };
}

/** One instance for each value of an axis. */
export function matrix(
  stage: string,
  axis: string,
  values: readonly Scalar[],
  action: PlannedAction,
): PlannedInstance[] {
  return values.map((value) => planned(stage, { [axis]: value }, action));
}

type WithoutType<T> = T extends { readonly type: string } ? Omit<T, 'type'> : never;

/** Builds the event sequence of a run, with a clock that only moves when told. */
export class Recording {
  readonly events: Event[] = [];
  #time = START;

  add(body: EventBody): this {
    this.events.push({ ...body, time: this.#time });
    return this;
  }

  wait(seconds: number): this {
    this.#time += seconds * 1000;
    return this;
  }

  start(plan: readonly PlannedInstance[]): this {
    return this.add({
      type: 'run-started',
      run: 'r1',
      study: 'a study',
      profile: ['quick'],
      argv: ['run', 'all'],
      plan,
    });
  }

  begin(instance: string, ...reasons: Reason[]): this {
    return this.add({ type: 'instance-started', instance, reasons, log: `logs/${instance}.log` });
  }

  progress(instance: string, message: WithoutType<Extract<WorkerMessage, { type: 'progress' }>>): this {
    return this.add({ type: 'instance-progress', instance, message: { type: 'progress', ...message } });
  }

  metric(instance: string, name: string, value: number): this {
    return this.add({ type: 'instance-metric', instance, message: { type: 'metric', name, value } });
  }

  warn(instance: string, message: string): this {
    return this.add({ type: 'instance-log', instance, message: { type: 'log', level: 'warning', message } });
  }

  ran(instance: string, seconds: number, summary: Readonly<Record<string, Json>> = {}): this {
    return this.end(instance, { status: 'ran', seconds, summary });
  }

  reused(...instances: string[]): this {
    for (const instance of instances) this.end(instance, { status: 'reused', seconds: 0, summary: {} });
    return this;
  }

  failed(instance: string, failure: Failure, seconds = 1): this {
    return this.end(instance, {
      status: 'failed',
      seconds,
      summary: {},
      failure,
      log: `logs/${instance}.log`,
    });
  }

  skipped(instance: string, dependency: string): this {
    const failure: Failure = { reason: 'dependency-failed', dependency };
    return this.end(instance, { status: 'skipped', seconds: 0, summary: {}, failure });
  }

  end(instance: string, outcome: Outcome): this {
    return this.add({ type: 'instance-finished', instance, outcome });
  }

  finish(
    status: 'succeeded' | 'failed' | 'aborted',
    rest: { report?: string; table?: string[][] } = {},
  ): this {
    const counts = { ran: 0, reused: 0, restored: 0, failed: 0, skipped: 0 };
    for (const event of this.events) {
      if (event.type === 'instance-finished') counts[event.outcome.status] += 1;
    }
    const seconds = (this.#time - START) / 1000;
    return this.add({ type: 'run-finished', run: 'r1', status, counts, seconds, ...rest });
  }

  play(sink: EventSink): void {
    for (const event of this.events) sink.handle(event);
  }
}
