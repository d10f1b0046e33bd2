import { isAbsolute } from 'node:path';
import type { Digest } from '../base/canonical.js';
import type { Decision, Instance, PlanFacts, Reason } from '../contract/plan.js';
import type { Artifact, KeyDocument } from '../contract/store.js';
import { explainKeys } from './explain.js';
import { actionKey, keyDocument } from './key.js';
import { isResumable } from './resumable.js';

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
  const run = (reasons: readonly Reason[]): Decision => {
    const resumes = isResumable(instance) && facts.resumes(key, instance, forced);
    return { action: 'run', reasons, key, document, ...(resumes ? { resumes } : {}) };
  };
  if (forced) return run([{ kind: 'forced' }]);
  const record = facts.record(key);
  if (record !== null) {
    const presence = facts.presence(record, instance);
    if (presence.state === 'present') return { action: 'reuse', reasons: [], key, document, record };
    if (presence.state === 'restorable') {
      return { action: 'restore', reasons: presence.reasons, key, document, record };
    }
    return run(presence.reasons);
  }
  const last = facts.lastRecord(instance.id);
  if (last !== null) return run(differences(instance, last.document, document, facts));
  return run([{ kind: facts.everSucceeded(instance.id) ? 'record-missing' : 'never-ran' }]);
}

/**
 * What is certain of an instance that waits for others: every difference between its last key and the one that it will
 * have, were their outputs what they were then. Empty when it never ran, unless a file that it reads is missing.
 */
export function certainReasons(
  instance: Instance,
  upstream: (instance: string, output: string) => Artifact | null,
  facts: PlanFacts,
): readonly Reason[] {
  const { resolved } = instance;
  if ('blocked' in resolved) {
    return [{ kind: 'blocked', message: resolved.blocked, hint: resolved.hint }];
  }
  const external = facts.external(instance);
  if (!external.ok) {
    const { blocked, hint } = external.error;
    return [{ kind: 'blocked', message: blocked, hint }];
  }
  const last = facts.lastRecord(instance.id);
  if (last === null) return facts.everSucceeded(instance.id) ? [{ kind: 'record-missing' }] : [];
  const known = new Map(
    last.document.inputs.map((input) => [`${input.instance} ${input.output}`, input.digest]),
  );
  const document = keyDocument(instance, resolved, {
    upstream: (id, output) =>
      upstream(id, output) ?? { digest: known.get(`${id} ${output}`) ?? NOT_MADE_YET },
    external: external.value,
    code: facts.code(instance.definition),
    environment: facts.environment(instance),
  });
  return differences(instance, last.document, document, facts);
}

/** Stands for the content of an input that is new: it is said as added, and its digest is never shown. */
const NOT_MADE_YET: Digest = 'sha256:';

/** All reasons for which a key differs from the last one of its instance, with what is known of the files behind them. */
export function differences(
  instance: Instance,
  before: KeyDocument,
  after: KeyDocument,
  facts: PlanFacts,
): readonly Reason[] {
  const { resolved } = instance;
  const external = 'blocked' in resolved ? [] : resolved.external;
  return explainKeys(before, after, {
    externalFiles: (digest) => facts.externalFiles(digest),
    externalPath: (name) => {
      const path = external.find((input) => input.name === name)?.path;
      return path === undefined || isAbsolute(path) ? undefined : path;
    },
  });
}
