import { unreachable } from '../base/unreachable.js';
import type { Decision, Instance, PlanFacts, Reason } from '../contract/plan.js';
import type { Artifact, KeyDocument, RunRecord } from '../contract/store.js';
import { decideInstance, differences } from './decide.js';

/** What accepting comes to for one instance. */
export type Acceptance =
  /** Its result stands already. */
  | { readonly verdict: 'current'; readonly instance: Instance; readonly record: RunRecord }
  | {
      readonly verdict: 'acceptable';
      readonly instance: Instance;
      /** The result that would stand for the new key. */
      readonly last: RunRecord;
      readonly key: RunRecord['key'];
      readonly document: KeyDocument;
      readonly differences: readonly Reason[];
      /** Those of the differences that only force accepts. */
      readonly grave: readonly Reason[];
    }
  /** It has no result that could stand, so it must run; force does not help. */
  | { readonly verdict: 'no-result'; readonly instance: Instance; readonly reasons: readonly Reason[] };

/** Versions of what runs a worker. The rest of an environment is variables and processors: those are like options. */
const SOFTWARE = /^(node|python|python_lock|package .+)$/;

/**
 * Whether a change of this kind can be one of looks only. A comment in a worker and a patch release of an interpreter often
 * leave a result as it was; another option, input or board is another question, whose answer nobody has.
 */
export function isCosmetic(reason: Reason): boolean {
  switch (reason.kind) {
    case 'code-changed':
    case 'code-added':
    case 'code-removed':
      return true;
    case 'environment-changed':
      return SOFTWARE.test(reason.name);
    case 'stage-changed':
    case 'version-changed':
    case 'option-changed':
    case 'input-changed':
    case 'input-added':
    case 'input-dropped':
    case 'external-changed':
    case 'board-changed':
    case 'outputs-changed':
    case 'never-ran':
    case 'record-missing':
    case 'blob-missing':
    case 'output-missing':
    case 'output-modified':
    case 'upstream-runs':
    case 'upstream-blocked':
    case 'blocked':
    case 'forced':
      return false;
    default:
      return unreachable(reason);
  }
}

/**
 * What accepting the last results of the targets would mean. An instance below others of them is looked at as if theirs
 * were accepted, so that a whole stage and what reads it can be accepted at once.
 *
 * @param instances the targets and all that they read, in graph order.
 */
export function acceptances(
  instances: readonly Instance[],
  targets: ReadonlySet<string>,
  facts: PlanFacts,
): readonly Acceptance[] {
  const standing = new Map<string, RunRecord>();
  const found: Acceptance[] = [];
  const upstream = (id: string, output: string): Artifact => {
    const artifact = standing.get(id)?.outputs[output];
    if (artifact === undefined) throw new Error(`Internal error: ${id} has no output ${output}`);
    return artifact;
  };
  for (const instance of instances) {
    const missing = instance.dependencies.filter((id) => !standing.has(id));
    if (missing.length > 0) {
      if (targets.has(instance.id)) found.push(waiting(instance, missing));
      continue;
    }
    const decision = decideInstance(instance, upstream, facts, false);
    if ('record' in decision) standing.set(instance.id, decision.record);
    if (!targets.has(instance.id)) continue;
    const acceptance = judge(instance, decision, facts);
    if (acceptance.verdict === 'acceptable') standing.set(instance.id, acceptance.last);
    found.push(acceptance);
  }
  return found;
}

function waiting(instance: Instance, missing: readonly string[]): Acceptance {
  const reasons = missing.map((id): Reason => ({ kind: 'upstream-runs', instance: id }));
  return { verdict: 'no-result', instance, reasons };
}

function judge(instance: Instance, decision: Decision, facts: PlanFacts): Acceptance {
  if ('record' in decision) return { verdict: 'current', instance, record: decision.record };
  const last = facts.lastRecord(instance.id);
  // A record without its content is no result either, and nothing may take its place but the work itself.
  if (decision.action !== 'run' || last === null || facts.record(decision.key) !== null) {
    return { verdict: 'no-result', instance, reasons: decision.reasons };
  }
  if (!hasOutputs(last, instance)) {
    return { verdict: 'no-result', instance, reasons: [{ kind: 'outputs-changed' }] };
  }
  const presence = facts.presence(last, instance);
  if (presence.state === 'missing') return { verdict: 'no-result', instance, reasons: presence.reasons };
  const { key, document } = decision;
  const all = differences(instance, last.document, document, facts);
  return {
    verdict: 'acceptable',
    instance,
    last,
    key,
    document,
    differences: all,
    grave: all.filter((reason) => !isCosmetic(reason)),
  };
}

/** Who reads this instance looks for its outputs by these names and paths. */
function hasOutputs(record: RunRecord, { outputs }: Instance): boolean {
  return outputs.every(({ name, kind, path, artifact }) => {
    const made = record.outputs[name];
    return made?.kind === kind && made.path === path && made.artifact === artifact;
  });
}

/** The record under which a result stands for a key that it was not made for. */
export function acceptedRecord(
  { last, key, document, differences: accepted, grave }: Extract<Acceptance, { verdict: 'acceptable' }>,
  { reason, by, at }: { readonly reason: string; readonly by: string; readonly at: string },
): RunRecord {
  return {
    ...last,
    key,
    document,
    accepted: {
      reason,
      by,
      at,
      instead_of: last.key,
      differences: accepted,
      ...(grave.length > 0 ? { forced: true } : {}),
      ...(last.accepted === undefined ? {} : { earlier: last.accepted }),
    },
  };
}
