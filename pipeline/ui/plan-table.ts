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

function groupByStage(plan: readonly PlannedInstance[]): Map<string, PlannedInstance[]> {
  const stages = new Map<string, PlannedInstance[]>();
  for (const instance of plan) {
    const instances = stages.get(instance.stage);
    if (instances === undefined) stages.set(instance.stage, [instance]);
    else instances.push(instance);
  }
  return stages;
}

interface Group {
  readonly action: PlannedAction;
  readonly reasons: string;
  readonly instances: PlannedInstance[];
}

function stageText(stage: string, instances: readonly PlannedInstance[]): string {
  const groups = new Map<string, Group>();
  for (const instance of instances) {
    const reasons = instance.action === 'reuse' ? '' : reasonsText(instance.reasons.map(groupedReasonText));
    const key = `${instance.action} ${reasons}`;
    const group = groups.get(key) ?? { action: instance.action, reasons, instances: [] };
    group.instances.push(instance);
    groups.set(key, group);
  }
  // What costs nothing first: the reader looks for what will run, and finds it at the end.
  const order: PlannedAction[] = ['reuse', 'restore', 'run', 'pending', 'blocked'];
  const sorted = [...groups.values()].sort((a, b) => order.indexOf(a.action) - order.indexOf(b.action));
  const parts = sorted.map((group) => groupText(group, instances));
  const separator = sorted.length > 2 ? '; ' : ', ';
  return `${stage}: ${parts.join(separator)}`;
}

function groupText(group: Group, all: readonly PlannedInstance[]): string {
  const count = group.instances.length;
  const why = group.reasons === '' ? '' : `: ${group.reasons}`;
  if (all.length === 1) return `${verb(group.action, 1)}${why}`;
  if (count === all.length) return `all ${figure(count)} ${verb(group.action, count)}${why}`;
  if (group.action === 'reuse')
    return `${figure(count)} of ${figure(all.length)} ${verb(group.action, count)}`;
  const part = partText(
    all.map((instance) => instance.coordinates),
    group.instances.map((instance) => instance.coordinates),
  );
  const name = count === 1 ? part : `${part} (${figure(count)})`;
  return `${name} ${verb(group.action, count)}${why}`;
}

function verb(action: PlannedAction, count: number): string {
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
