import { type Digest, digestOfJson, type Json } from '../base/canonical.js';
import type { Instance, PlanFacts, PlannedInstance, Reason, RootCause } from '../contract/plan.js';
import type { KeyDocument, RunRecord } from '../contract/store.js';
import { differences } from './decide.js';

/** What following causes upwards needs, beyond a plan. */
export interface RootFacts {
  readonly facts: PlanFacts;
  readonly byId: ReadonlyMap<string, Instance>;
  readonly planned: ReadonlyMap<string, PlannedInstance>;
  /** Records of an instance, the newest first. */
  history(instance: string): readonly RunRecord[];
}

/**
 * Finds what is at the root of a reason: why that upstream runs, or why what it made before is not what it makes now. A
 * reason that has no other instance behind it is its own root, and gives none here.
 */
export class RootCauses {
  readonly #from: RootFacts;
  readonly #ofInstance = new Map<string, readonly RootCause[]>();

  constructor(from: RootFacts) {
    this.#from = from;
  }

  /** @param before key document of the last result of the instance that has this reason, where there is one. */
  of(reason: Reason, before: KeyDocument | null): readonly RootCause[] {
    if (reason.kind === 'upstream-runs' || reason.kind === 'upstream-blocked') {
      return this.#whyPlanned(reason.instance);
    }
    if (reason.kind !== 'input-changed' || before === null) return [];
    const current = this.#from.facts.lastRecord(reason.instance);
    if (current === null) return [];
    return distinct(
      before.inputs
        .filter((input) => input.instance === reason.instance && input.name === reason.input)
        .flatMap((input) => {
          const now = current.outputs[input.output]?.digest;
          return now === undefined ? [] : this.#whyMade(reason.instance, input.digest, now);
        }),
    );
  }

  #whyPlanned(id: string): readonly RootCause[] {
    const known = this.#ofInstance.get(id);
    if (known !== undefined) return known;
    const before = this.#from.facts.lastRecord(id)?.document ?? null;
    const roots = (this.#from.planned.get(id)?.reasons ?? []).flatMap((reason) => {
      const further = this.of(reason, before);
      return further.length > 0 ? further : [{ instance: id, reason }];
    });
    const found = distinct(roots);
    this.#ofInstance.set(id, found);
    return found;
  }

  /** Why an instance first made one content and then another, by comparing the keys of both. */
  #whyMade(id: string, before: Digest, after: Digest): readonly RootCause[] {
    const { byId, facts } = this.#from;
    return rootsOfContents(id, before, after, {
      history: (instance) => this.#from.history(instance),
      differences: (instance, old, now) => {
        const known = byId.get(instance);
        return known === undefined ? [] : differences(known, old, now, facts);
      },
    });
  }
}

/** Where the keys of earlier results are, and how two of one instance differ. */
export interface KeyHistory {
  /** Records of an instance, the newest first. */
  history(instance: string): readonly RunRecord[];
  differences(instance: string, before: KeyDocument, after: KeyDocument): readonly Reason[];
}

/** What is at the root of the differences of two keys of one instance: its own reasons, and for an input with other content those of what made it. */
export function rootsBetween(
  id: string,
  before: KeyDocument,
  after: KeyDocument,
  from: KeyHistory,
): readonly RootCause[] {
  return from.differences(id, before, after).flatMap((reason) => {
    if (reason.kind !== 'input-changed') return [{ instance: id, reason }];
    const further = before.inputs
      .filter((input) => input.instance === reason.instance && input.name === reason.input)
      .flatMap((input) => {
        const changed = after.inputs.find(
          (other) =>
            other.name === input.name && other.instance === input.instance && other.output === input.output,
        );
        return changed === undefined
          ? []
          : rootsOfContents(input.instance, input.digest, changed.digest, from);
      });
    return further.length > 0 ? further : [{ instance: id, reason }];
  });
}

function rootsOfContents(id: string, before: Digest, after: Digest, from: KeyHistory): readonly RootCause[] {
  const old = makerOf(id, before, from);
  const now = makerOf(id, after, from);
  if (old === null || now === null || old.key === now.key) return [];
  return rootsBetween(id, old.document, now.document, from);
}

function makerOf(id: string, content: Digest, from: KeyHistory): RunRecord | null {
  const made = (record: RunRecord): boolean =>
    Object.values(record.outputs).some(({ digest }) => digest === content);
  return from.history(id).find(made) ?? null;
}

function distinct(roots: readonly RootCause[]): readonly RootCause[] {
  return [...new Map(roots.map((root) => [digestOfJson(root as unknown as Json), root])).values()];
}
