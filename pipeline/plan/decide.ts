import type { Decision, Instance, PlanFacts, Reason } from '../contract/plan.js';
import type { Artifact } from '../contract/store.js';
import { explainKeys } from './explain.js';
import { actionKey, keyDocument } from './key.js';

/**
 * What must be done with an instance whose upstream outputs are known. The plan asks for all instances that it can;
 * the scheduler asks again for the others as their inputs come to be, which is what makes early cutoff work.
 */
export function decideInstance(
  instance: Instance,
  upstream: (instance: string, output: string) => Artifact,
  facts: PlanFacts,
  forced: boolean,
): Decision {
  const { resolved } = instance;
  if ('blocked' in resolved) {
    return {
      action: 'blocked',
      reasons: [{ kind: 'blocked', message: resolved.blocked, hint: resolved.hint }],
    };
  }
  const external = facts.external(instance);
  if (!external.ok) {
    const { blocked, hint } = external.error;
    return { action: 'blocked', reasons: [{ kind: 'blocked', message: blocked, hint }] };
  }
  const document = keyDocument(instance, resolved, {
    upstream,
    external: external.value,
    code: facts.code(instance.definition),
    environment: facts.environment(instance),
  });
  const key = actionKey(document);
  if (forced) return { action: 'run', reasons: [{ kind: 'forced' }], key, document };
  const record = facts.record(key);
  if (record !== null) {
    const presence = facts.presence(record, instance);
    if (presence.state === 'present') return { action: 'reuse', reasons: [], key, document, record };
    if (presence.state === 'restorable') {
      return { action: 'restore', reasons: presence.reasons, key, document, record };
    }
    return { action: 'run', reasons: presence.reasons, key, document };
  }
  const last = facts.lastRecord(instance.id);
  const reasons: readonly Reason[] = last === null ? [] : explainKeys(last.document, document);
  return { action: 'run', reasons: reasons.length === 0 ? [{ kind: 'never-ran' }] : reasons, key, document };
}
