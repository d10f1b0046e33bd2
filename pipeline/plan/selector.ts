import { err, ok, type Result } from '../base/result.js';
import type { Instance, InstanceGraph } from '../contract/plan.js';

/**
 * Which instances a person means: `all`, `stage`, `stage@axis=value`, `stage@axis=value,*`. Values are compared as
 * text. The error is a sentence that names what would do.
 */
export function selectInstances(
  graph: InstanceGraph,
  selectors: readonly string[],
): Result<readonly Instance[], string> {
  const chosen = new Set<Instance>();
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
    const wanted = new Map<string, string>();
    for (const part of rest.split(',').filter((text) => text !== '' && text !== '*')) {
      const [axis = '', value] = splitOnce(part, '=');
      const axes = Object.keys(ofStage[0]?.coordinates ?? {});
      if (value === undefined) return err(`"${selector}": expected axis=value, got "${part}"`);
      if (!axes.includes(axis)) {
        return err(
          `"${selector}": ${stage} has ${axes.length === 0 ? 'no axes' : `the axes ${axes.join(', ')}`}`,
        );
      }
      wanted.set(axis, value);
    }
    const matching = ofStage.filter((instance) =>
      [...wanted].every(([axis, value]) => String(instance.coordinates[axis]) === value),
    );
    if (matching.length === 0) {
      return err(
        `"${selector}" matches nothing; ${stage} has ${ofStage.map((instance) => instance.id).join(' ')}`,
      );
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

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}
