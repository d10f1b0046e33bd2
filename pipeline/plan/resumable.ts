import type { Instance } from '../contract/plan.js';

/** Whether its worker may go on from what an earlier attempt left. */
export function isResumable({ definition, resolved }: Pick<Instance, 'definition' | 'resolved'>): boolean {
  return definition.resumable === true || ('needs' in resolved && resolved.resumable === true);
}
