import type { Outcome } from '../contract/event.js';
import type { Failure } from '../contract/failure.js';
import type { Instance, Reason } from '../contract/plan.js';

/** An instance and how far the scheduler is with it. */
export interface Node {
  readonly instance: Instance;
  readonly index: number;
  readonly readers: Node[];
  /** Of what it reads, how much is not done. */
  unmet: number;
  /** It has its outcome. */
  ended: boolean;
  /** Attempts begun. */
  attempt: number;
  urgency: number;
}

/** What is read outside of the given instances counts as done. */
export function linkedNodes(instances: readonly Instance[]): readonly Node[] {
  const byId = new Map<string, Node>();
  for (const [index, instance] of instances.entries()) {
    const node: Node = { instance, index, readers: [], unmet: 0, ended: false, attempt: 0, urgency: 0 };
    for (const id of instance.dependencies) {
      const read = byId.get(id);
      if (read === undefined) continue;
      read.readers.push(node);
      node.unmet += 1;
    }
    byId.set(instance.id, node);
  }
  return [...byId.values()];
}

export function skipped(failure: Failure): Outcome {
  return { status: 'skipped', seconds: 0, summary: {}, failure };
}

export function blockedOutcome(reasons: readonly Reason[]): Outcome {
  const reason = reasons.find((candidate) => candidate.kind === 'blocked');
  if (reason === undefined) throw new Error('Internal error: blocked without a reason');
  const { message, hint } = reason;
  return {
    status: 'failed',
    seconds: 0,
    summary: {},
    failure: { reason: 'stage-error', code: 'blocked', message, hint },
  };
}
