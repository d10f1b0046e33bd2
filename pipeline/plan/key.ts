import {
  canonicalJson,
  compareCodePoints,
  type Digest,
  digestOfJson,
  type Json,
  type KnownTexts,
} from '../base/canonical.js';
import type { Instance } from '../contract/plan.js';
import type { ResolvedStage } from '../contract/stage.js';
import type { Artifact, KeyDocument } from '../contract/store.js';

/** What the key of an instance is made from, beside the instance itself. */
export interface KeyFacts {
  /** Outputs of the instances it reads, by instance id and output name. */
  readonly upstream: (instance: string, output: string) => Pick<Artifact, 'digest'>;
  readonly external: Readonly<Record<string, Digest>>;
  readonly code: Readonly<Record<string, Digest>>;
  readonly environment: Readonly<Record<string, string>>;
}

/** The action key document of an instance whose upstream outputs are all known. */
export function keyDocument(instance: Instance, resolved: ResolvedStage, facts: KeyFacts): KeyDocument {
  const inputs = instance.inputs.map((input) => ({
    name: input.name,
    instance: input.from,
    output: input.output,
    digest: facts.upstream(input.from, input.output).digest,
  }));
  inputs.sort(
    (a, b) =>
      compareCodePoints(a.name, b.name) ||
      compareCodePoints(a.instance, b.instance) ||
      compareCodePoints(a.output, b.output),
  );
  return {
    schema: 1,
    stage: instance.definition.id,
    version: instance.definition.version,
    coordinates: instance.coordinates,
    options: resolved.options,
    inputs,
    external: facts.external,
    code: facts.code,
    environment: facts.environment,
    outputs: instance.outputs.map((output) => `${output.name}:${output.kind}:${output.path}`),
  };
}

/** The code and the environment of a stage are the same objects for its whole matrix, and most of each document. */
const shared: KnownTexts = new WeakMap();

export function actionKey(document: KeyDocument): Digest {
  for (const part of [document.code, document.environment]) {
    if (!shared.has(part)) shared.set(part, canonicalJson(part));
  }
  return digestOfJson(document as unknown as Json, shared);
}
