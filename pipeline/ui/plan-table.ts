import { unreachable } from '../base/unreachable.js';
import type { PlannedAction, PlannedInstance } from '../contract/plan.js';
import { partText } from './coordinates.js';
import { counted, figure } from './format.js';
import { groupedReasonText, reasonsText } from './reasons.js';
import { wrap } from './text.js';

/**
 * A plan for people: one entry per stage, instances with equal actions and reasons taken together, for example
 * `fine-tune: 9 of 10 reused, seed=4 runs: learning_rate 2e-5 -> 1e-5`, and the totals last.
 *
 * @param width columns; longer entries continue on indented lines
 */
export function planLines(plan: readonly PlannedInstance[], width: number): string[] {
  const stages = groupByStage(plan);
  const lines = [...stages].flatMap(([stage, instances]) => wrap(stageText(stage, instances), width, '  '));
  return [...lines, ...wrap(totalsText(plan), width, '  ')];
}

export function groupByStage<T extends Grouped>(plan: readonly T[]): Map<string, T[]> {
  const stages = new Map<string, T[]>();
  for (const instance of plan) {
    const instances = stages.get(instance.stage);
    if (instances === undefined) stages.set(instance.stage, [instance]);
    else instances.push(instance);
  }
  return stages;
}

type Grouped = Pick<PlannedInstance, 'stage' | 'coordinates' | 'action' | 'resumes'>;

/** Instances of a stage of which the same is to be done for the same reasons. */
export interface InstanceGroup<T extends Grouped> {
  readonly action: PlannedAction;
  readonly resumes: boolean;
  readonly reasons: readonly string[];
  readonly instances: T[];
}

/** What costs nothing first: the reader looks for what will run, and finds it at the end. */
const ORDER: readonly PlannedAction[] = ['reuse', 'restore', 'run', 'pending', 'blocked'];

export function groupInstances<T extends Grouped>(
  instances: readonly T[],
  reasonsOf: (instance: T) => readonly string[],
): readonly InstanceGroup<T>[] {
  const groups = new Map<string, InstanceGroup<T>>();
  for (const instance of instances) {
    const reasons = instance.action === 'reuse' ? [] : [...new Set(reasonsOf(instance))];
    const resumes = instance.resumes === true;
    const key = JSON.stringify([instance.action, resumes, ...reasons]);
    const group = groups.get(key) ?? { action: instance.action, resumes, reasons, instances: [] };
    group.instances.push(instance);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => ORDER.indexOf(a.action) - ORDER.indexOf(b.action));
}

function stageText(stage: string, instances: readonly PlannedInstance[]): string {
  const groups = groupInstances(instances, ({ reasons }) => reasons.map(groupedReasonText));
  const parts = groups.map((group) => {
    const why = group.reasons.length === 0 ? '' : `: ${reasonsText(group.reasons)}`;
    return `${groupLabel(group, instances)}${why}`;
  });
  return `${stage}: ${parts.join(groups.length > 2 ? '; ' : ', ')}`;
}

/** `9 of 10 reused`, `seed=4 runs`, `all 5 wait`. */
export function groupLabel<T extends Grouped>(group: InstanceGroup<T>, all: readonly T[]): string {
  const count = group.instances.length;
  const action = group.resumes ? resumeText(count) : actionText(group.action, count);
  if (all.length === 1) return action;
  if (count === all.length) return `all ${figure(count)} ${action}`;
  if (group.action === 'reuse') return `${figure(count)} of ${figure(all.length)} ${action}`;
  const part = partText(
    all.map((instance) => instance.coordinates),
    group.instances.map((instance) => instance.coordinates),
  );
  const name = count === 1 ? part : `${part} (${figure(count)})`;
  return `${name} ${action}`;
}

/** What is said of instances that run and do not start from nothing. */
export function resumeText(count: number): string {
  return `${count === 1 ? 'resumes' : 'resume'} from an earlier attempt`;
}

export function actionText(action: PlannedAction, count: number): string {
  switch (action) {
    case 'reuse':
      return 'reused';
    case 'restore':
      return 'restored from the store';
    case 'run':
      return count === 1 ? 'runs' : 'run';
    case 'pending':
      return count === 1 ? 'waits' : 'wait';
    case 'blocked':
      return 'blocked';
    default:
      return unreachable(action);
  }
}

function totalsText(plan: readonly PlannedInstance[]): string {
  const count = (action: PlannedAction) => plan.filter((instance) => instance.action === action).length;
  const parts = [
    `${figure(count('run'))} to run`,
    count('pending') > 0 ? `${figure(count('pending'))} waiting for what they read` : '',
    count('restore') > 0 ? `${figure(count('restore'))} restored` : '',
    `${figure(count('reuse'))} reused`,
    count('blocked') > 0 ? `${figure(count('blocked'))} blocked` : '',
  ];
  return `${counted(plan.length, 'instance')}: ${parts.filter((part) => part !== '').join(', ')}.`;
}
