import { err, ok, type Result } from '../base/result.js';
import type { Instance, InstanceGraph } from '../contract/plan.js';

/** What a selector can be held against: an instance of the graph, or what a journal says of one. */
export type Selectable = Pick<Instance, 'id' | 'coordinates'> & { readonly stage: { readonly name: string } };

/**
 * Which instances a person means: `all`, `stage`, `stage@*`, `stage@axis=value`, `stage@axis=value,*`. An axis that is
 * named twice may have either value. Values are compared as text. The error is a sentence that names what would do.
 */
export function selectInstances<T extends Selectable>(
  graph: { readonly instances: readonly T[] },
  selectors: readonly string[],
): Result<readonly T[], string> {
  const chosen = new Set<T>();
  for (const selector of selectors) {
    if (selector === 'all') {
      for (const instance of graph.instances) chosen.add(instance);
      continue;
    }
    const [stage = '', rest = ''] = splitOnce(selector, '@');
    const ofStage = graph.instances.filter((instance) => instance.stage.name === stage);
    if (ofStage.length === 0) {
      const names = [...new Set(graph.instances.map((instance) => instance.stage.name))];
      return err(`there is no stage "${stage}" in this profile; it has ${names.join(', ')}`);
    }
    const axes = Object.keys(ofStage[0]?.coordinates ?? {});
    const wanted = new Map<string, Set<string>>();
    for (const part of rest.split(',').filter((text) => text !== '' && text !== '*')) {
      const [axis = '', value] = splitOnce(part, '=');
      if (value === undefined) return err(`"${selector}": expected axis=value, got "${part}"`);
      if (!axes.includes(axis)) {
        return err(
          `"${selector}": ${stage} has ${axes.length === 0 ? 'no axes' : `the axes ${axes.join(', ')}`}`,
        );
      }
      const values = new Set(ofStage.map((instance) => String(instance.coordinates[axis])));
      if (!values.has(value)) {
        return err(`"${selector}" matches nothing; ${stage} has ${axis}=${[...values].join(', ')}`);
      }
      const chosenValues = wanted.get(axis);
      if (chosenValues === undefined) wanted.set(axis, new Set([value]));
      else chosenValues.add(value);
    }
    const matching = ofStage.filter((instance) =>
      [...wanted].every(([axis, values]) => values.has(String(instance.coordinates[axis]))),
    );
    if (matching.length === 0) {
      return err(`"${selector}" matches nothing: \`only\` leaves out what has all of these values`);
    }
    for (const instance of matching) chosen.add(instance);
  }
  return ok(graph.instances.filter((instance) => chosen.has(instance)));
}

/** The given instances and everything that they read, directly or not, in graph order. */
export function withUpstream(graph: InstanceGraph, targets: readonly Instance[]): readonly Instance[] {
  const needed = new Set<string>();
  const stack = targets.map((instance) => instance.id);
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    stack.push(...(graph.byId.get(id)?.dependencies ?? []));
  }
  return graph.instances.filter((instance) => needed.has(instance.id));
}

/** The given instances and everything that reads them, directly or not, in graph order. */
export function withReaders(graph: InstanceGraph, sources: readonly Instance[]): readonly Instance[] {
  const reached = new Set(sources.map((instance) => instance.id));
  return graph.instances.filter((instance) => {
    if (reached.has(instance.id)) return true;
    if (!instance.dependencies.some((id) => reached.has(id))) return false;
    reached.add(instance.id);
    return true;
  });
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}
