import { existsSync, readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { Digest } from '../base/canonical.js';
import { buildPlan } from '../plan/build-plan.js';
import { gatherFacts } from './facts.js';
import { findProjectFile, openProject } from './project.js';

/** The names of all profiles in a pipeline.yaml; none where it cannot be read. */
export function profileNames(options: { readonly file?: string }): readonly string[] {
  const file = options.file ?? findProjectFile(process.cwd());
  if (file === null || !existsSync(file)) return [];
  const document = parseDocument(readFileSync(file, 'utf8')).toJS({ maxAliasCount: 100 }) as {
    profiles?: object;
  } | null;
  return Object.keys(document?.profiles ?? {});
}

/** What a pipeline.yaml as it is now has to do with the store. */
export interface Present {
  readonly instances: ReadonlySet<string>;
  /** Keys that its instances have now, as far as they can be known without running anything. */
  readonly keys: ReadonlySet<Digest>;
}

/**
 * All instances of a pipeline.yaml: of its default, of each profile, and of each combination that was run.
 * Null where a profile has mistakes, because then nobody knows what it has.
 *
 * @param combinations as journals tell them; one that is no more possible has no instances
 */
export async function presentOf(
  options: { readonly file?: string },
  combinations: readonly (readonly string[])[],
): Promise<Present | null> {
  const names = profileNames(options);
  const known = combinations.filter((combination) => combination.every((name) => names.includes(name)));
  const wanted = new Set(['', ...names, ...known.map((combination) => combination.join(','))]);
  const instances = new Set<string>();
  const keys = new Set<Digest>();
  for (const profile of wanted) {
    const opened = openProject({ ...options, ...(profile === '' ? {} : { profile }) });
    if (!opened.ok) return null;
    const { graph } = opened.value;
    for (const { id } of graph.instances) instances.add(id);
    const facts = await gatherFacts(opened.value, graph.instances);
    // Without a Python no key can be known; what was made last stays all the same.
    if (!facts.ok) continue;
    for (const decision of buildPlan(graph.instances, facts.value, new Set()).decisions.values()) {
      if ('key' in decision) keys.add(decision.key);
    }
  }
  return { instances, keys };
}
