import type { Instance } from '../contract/plan.js';

/** Seconds assumed of a stage that never ran. */
const UNKNOWN_SECONDS = 1;

/**
 * For each instance the seconds of the longest chain of work that begins with it.
 *
 * @param instances in graph order; what they read outside of these is done.
 * @param expectedSeconds from the past; null is the median of the stage's other instances.
 */
export function criticalPaths(
  instances: readonly Instance[],
  expectedSeconds: (instance: Instance) => number | null,
): ReadonlyMap<string, number> {
  const expected = instances.map((instance) => expectedSeconds(instance));
  const known = new Map<string, number[]>();
  for (const [index, instance] of instances.entries()) {
    const seconds = expected[index];
    if (seconds === undefined || seconds === null) continue;
    const ofStage = known.get(instance.stage.name);
    if (ofStage === undefined) known.set(instance.stage.name, [seconds]);
    else ofStage.push(seconds);
  }
  const usual = new Map([...known].map(([stage, seconds]) => [stage, median(seconds)]));
  /** The longest chain among what reads an instance; complete when the walk from the end comes to it. */
  const after = new Map<string, number>();
  const paths = new Map<string, number>();
  for (let index = instances.length - 1; index >= 0; index -= 1) {
    const instance = instances[index];
    if (instance === undefined) continue;
    const own = expected[index] ?? usual.get(instance.stage.name) ?? UNKNOWN_SECONDS;
    const path = own + (after.get(instance.id) ?? 0);
    paths.set(instance.id, path);
    for (const id of instance.dependencies) after.set(id, Math.max(after.get(id) ?? 0, path));
  }
  return paths;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? UNKNOWN_SECONDS;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
