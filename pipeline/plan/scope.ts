import { err, ok, type Result } from '../base/result.js';
import type { Instance, InstanceGraph, PlannedInstance } from '../contract/plan.js';
import type { RunRecord } from '../contract/store.js';
import type { Plan } from './build-plan.js';
import { selectInstances, withReaders, withUpstream } from './selector.js';

/** What a command line says of which instances it means; lists are empty where nothing was said. */
export interface ScopeRequest {
  readonly selectors: readonly string[];
  /** Run these whatever the store holds. */
  readonly force: readonly string[];
  /** Run these and all that read them, whatever the store holds. */
  readonly from: readonly string[];
  /** Run these and nothing else. */
  readonly only: readonly string[];
  /** Ids that the newest run left undone; null where all are meant. */
  readonly unfinished: ReadonlySet<string> | null;
}

export interface Scope {
  /** Closed under "reads", in graph order. */
  readonly instances: readonly Instance[];
  readonly forced: ReadonlySet<string>;
  /** The ids that alone may run; null where what they read may run too. */
  readonly alone: ReadonlySet<string> | null;
}

/** The error is a sentence that names what would do. */
export function chooseScope(graph: InstanceGraph, request: ScopeRequest): Result<Scope, string> {
  const { selectors, from, only, unfinished } = request;
  const conflict = conflictIn(request);
  if (conflict !== null) return err(conflict);
  const forced = selectInstances(graph, request.force);
  if (!forced.ok) return forced;
  const forcedIds = new Set(forced.value.map((instance) => instance.id));
  const named = selectInstances(graph, only.length > 0 ? only : selectors);
  if (!named.ok) return named;
  if (only.length > 0) {
    const alone = new Set(named.value.map((instance) => instance.id));
    return ok({ instances: withUpstream(graph, named.value), forced: forcedIds, alone });
  }
  let targets = selectors.length > 0 ? named.value : null;
  if (from.length > 0) {
    const sources = selectInstances(graph, from);
    if (!sources.ok) return sources;
    const within = targets === null ? null : new Set(withUpstream(graph, targets));
    const reached = withReaders(graph, sources.value).filter((instance) => within?.has(instance) ?? true);
    if (reached.length === 0) return err(`${selectors.join(' ')} reads nothing of ${from.join(' ')}`);
    for (const { id } of reached) forcedIds.add(id);
    targets ??= reached;
  }
  if (unfinished !== null) targets = (targets ?? graph.instances).filter(({ id }) => unfinished.has(id));
  if (targets === null) return err('nothing was named: all, a stage, or stage@axis=value,...');
  return ok({ instances: withUpstream(graph, targets), forced: forcedIds, alone: null });
}

function conflictIn({ selectors, from, only, unfinished }: ScopeRequest): string | null {
  if (only.length > 0 && (selectors.length > 0 || from.length > 0 || unfinished !== null)) {
    return '--only names all that runs: other selectors, --from and --failed have no place beside it';
  }
  return from.length > 0 && unfinished !== null ? '--from and --failed exclude each other' : null;
}

/** What remains of a plan when nothing but the given instances may run. */
export interface AlonePlan {
  readonly plan: Plan;
  /** What may run, and what it reads that must be restored first. */
  readonly instances: readonly Instance[];
  /** Results of everything else that is read. */
  readonly done: ReadonlyMap<string, RunRecord>;
}

/** The error lists what would have to run first: the roots of it, not what waits for these. */
export function planAlone(
  plan: Plan,
  instances: readonly Instance[],
  alone: ReadonlySet<string>,
): Result<AlonePlan, readonly PlannedInstance[]> {
  const others = plan.planned.filter(({ id }) => !alone.has(id));
  const missing = others.filter(({ action }) => action !== 'reuse' && action !== 'restore');
  if (missing.length > 0) {
    const roots = missing.filter(({ action, reasons }) => action === 'run' || isRoot(reasons));
    return err(roots.length > 0 ? roots : missing);
  }
  const reused = new Set(others.filter(({ action }) => action === 'reuse').map(({ id }) => id));
  const done = new Map<string, RunRecord>();
  for (const id of reused) {
    const decision = plan.decisions.get(id);
    if (decision !== undefined && 'record' in decision) done.set(id, decision.record);
  }
  return ok({
    plan: { ...plan, planned: plan.planned.filter(({ id }) => !reused.has(id)) },
    instances: instances.filter(({ id }) => !reused.has(id)),
    done,
  });
}

function isRoot(reasons: PlannedInstance['reasons']): boolean {
  return reasons.some(({ kind }) => kind === 'blocked');
}
