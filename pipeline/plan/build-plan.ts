import type { Decision, Instance, PlanFacts, PlannedInstance, Reason } from '../contract/plan.js';
import type { AcceptedResult, Artifact } from '../contract/store.js';
import { certainReasons, decideInstance } from './decide.js';

export interface Plan {
  readonly planned: readonly PlannedInstance[];
  /** What is known already; the others wait for what upstream makes. */
  readonly decisions: ReadonlyMap<string, Decision>;
}

/**
 * What a run of these instances would do, without doing any of it.
 *
 * @param instances closed under "reads", in graph order.
 * @param forced ids that run whatever the store holds.
 */
export function buildPlan(
  instances: readonly Instance[],
  facts: PlanFacts,
  forced: ReadonlySet<string>,
): Plan {
  const planned: PlannedInstance[] = [];
  const actions = new Map<string, PlannedInstance['action']>();
  const decisions = new Map<string, Decision>();
  const known = (id: string, output: string): Artifact | null => {
    const decision = decisions.get(id);
    return decision !== undefined && 'record' in decision ? (decision.record.outputs[output] ?? null) : null;
  };
  const upstream = (id: string, output: string): Artifact => {
    const artifact = known(id, output);
    if (artifact === null) throw new Error(`Internal error: ${id} has no output ${output}`);
    return artifact;
  };
  for (const instance of instances) {
    const waiting: Reason[] = [];
    let blocked = false;
    for (const id of instance.dependencies) {
      const action = actions.get(id);
      if (action === 'blocked') {
        blocked = true;
        waiting.push({ kind: 'upstream-blocked', instance: id });
      } else if (action === 'run' || action === 'pending')
        waiting.push({ kind: 'upstream-runs', instance: id });
    }
    let action: PlannedInstance['action'];
    let reasons: readonly Reason[];
    let accepted: AcceptedResult | undefined;
    let resumes: true | undefined;
    if (blocked) {
      action = 'blocked';
      reasons = waiting.filter((reason) => reason.kind === 'upstream-blocked');
    } else if (waiting.length > 0) {
      action = 'pending';
      const own: readonly Reason[] = forced.has(instance.id)
        ? [{ kind: 'forced' }]
        : certainReasons(instance, known, facts);
      reasons = [...own, ...waiting];
    } else {
      const decision = decideInstance(instance, upstream, facts, forced.has(instance.id));
      decisions.set(instance.id, decision);
      ({ action, reasons } = decision);
      if ('record' in decision) accepted = decision.record.accepted;
      else if (decision.action === 'run') resumes = decision.resumes;
    }
    actions.set(instance.id, action);
    planned.push({
      id: instance.id,
      stage: instance.stage.name,
      coordinates: instance.coordinates,
      action,
      reasons,
      ...(resumes === undefined ? {} : { resumes }),
      ...(accepted === undefined ? {} : { accepted }),
    });
  }
  return { planned, decisions };
}
