import { unreachable } from '../base/unreachable.js';
import type { Coordinates } from '../contract/config.js';
import type { Event, Outcome } from '../contract/event.js';
import type { Failure } from '../contract/failure.js';
import type { PlannedInstance } from '../contract/plan.js';
import { coordinatesText, varyingAxes } from './coordinates.js';
import { failureMessage } from './messages.js';
import { RateMeter } from './rate.js';
import { oneLine } from './text.js';

/** What is known of one instance, from the events so far. */
export interface InstanceState {
  readonly id: string;
  readonly stage: string;
  readonly coordinates: Coordinates;
  /** What tells it from the others of its stage; empty where it is the only one. */
  readonly label: string;
  status: 'waiting' | 'running' | Outcome['status'];
  startedAt: number;
  /** Time of the latest event about it. */
  seenAt: number;
  progress: { done: number; total?: number; unit: string; phase?: string } | null;
  readonly meter: RateMeter;
  readonly metrics: Map<string, number>;
  log: string | undefined;
  /** Its last attempt went on from an earlier one. */
  resumed: boolean;
  outcome: Outcome | null;
}

export interface StageState {
  readonly name: string;
  readonly instances: InstanceState[];
}

export interface Warning {
  readonly instance: string;
  readonly message: string;
}

/** The state of a run as a fold over its events: every view that needs more than the latest event reads this. */
export class RunState {
  readonly stages = new Map<string, StageState>();
  readonly warnings: Warning[] = [];
  started: Extract<Event, { type: 'run-started' }> | null = null;
  finished: Extract<Event, { type: 'run-finished' }> | null = null;
  setupFailure: Failure | null = null;
  readonly #instances = new Map<string, InstanceState>();

  apply(event: Event): void {
    switch (event.type) {
      case 'run-started':
        this.started = event;
        this.#addPlan(event.plan);
        return;
      case 'instance-started': {
        const instance = this.instance(event.instance);
        instance.status = 'running';
        instance.startedAt = event.time;
        instance.seenAt = event.time;
        instance.log = event.log;
        instance.resumed = false;
        return;
      }
      case 'instance-resuming':
        this.instance(event.instance).resumed = true;
        return;
      case 'instance-progress': {
        const { done, total, unit, phase } = event.message;
        const instance = this.instance(event.instance);
        instance.seenAt = event.time;
        instance.meter.add(event.time, done, total, unit);
        instance.progress = {
          done,
          unit: oneLine(unit),
          ...(total === undefined ? {} : { total }),
          ...(phase === undefined ? {} : { phase: oneLine(phase) }),
        };
        return;
      }
      case 'instance-metric': {
        const instance = this.instance(event.instance);
        instance.seenAt = event.time;
        instance.metrics.set(oneLine(event.message.name), event.message.value);
        return;
      }
      case 'instance-log':
        if (event.message.level === 'warning') {
          this.warnings.push({ instance: event.instance, message: oneLine(event.message.message) });
        }
        return;
      case 'instance-finished': {
        const instance = this.instance(event.instance);
        instance.status = event.outcome.status;
        instance.seenAt = event.time;
        instance.outcome = event.outcome;
        instance.log = event.outcome.log ?? instance.log;
        return;
      }
      case 'instance-retrying': {
        const { text } = failureMessage(event.failure, `attempt ${event.attempt - 1}`);
        this.warnings.push({ instance: event.instance, message: `${text} It is tried again.` });
        return;
      }
      case 'note':
        this.warnings.push({ instance: 'run', message: oneLine(event.message) });
        return;
      case 'run-finished':
        this.finished = event;
        return;
      case 'setup-failed':
        this.setupFailure = event.failure;
        return;
      case 'setup-progress':
      case 'waiting-for-lock':
        return;
      default:
        unreachable(event);
    }
  }

  /** The instance of that id; one that no plan announced is added, so that a view never fails over an event. */
  instance(id: string): InstanceState {
    const known = this.#instances.get(id);
    if (known !== undefined) return known;
    const [stage = id, coordinates = ''] = id.split('@', 2);
    return this.#add(id, stage, {}, coordinates.replaceAll(',', ' '));
  }

  all(): InstanceState[] {
    return [...this.#instances.values()];
  }

  #addPlan(plan: readonly PlannedInstance[]): void {
    const byStage = new Map<string, Coordinates[]>();
    for (const { stage, coordinates } of plan) {
      const known = byStage.get(stage);
      if (known === undefined) byStage.set(stage, [coordinates]);
      else known.push(coordinates);
    }
    const axes = new Map([...byStage].map(([stage, elements]) => [stage, varyingAxes(elements)]));
    for (const { id, stage, coordinates } of plan) {
      this.#add(id, stage, coordinates, coordinatesText(coordinates, axes.get(stage) ?? []));
    }
  }

  #add(id: string, stage: string, coordinates: Coordinates, label: string): InstanceState {
    const instance: InstanceState = {
      id,
      stage,
      coordinates,
      label,
      status: 'waiting',
      startedAt: 0,
      seenAt: 0,
      progress: null,
      meter: new RateMeter(),
      metrics: new Map(),
      log: undefined,
      resumed: false,
      outcome: null,
    };
    this.#instances.set(id, instance);
    const known = this.stages.get(stage);
    if (known === undefined) this.stages.set(stage, { name: stage, instances: [instance] });
    else known.instances.push(instance);
    return instance;
  }
}
