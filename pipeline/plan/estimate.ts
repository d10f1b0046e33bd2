import type { PipelineConfig } from '../contract/config.js';
import type { Instance, InstanceGraph, PlannedInstance } from '../contract/plan.js';
import type { KnownResult } from '../contract/stage.js';
import type { RunRecord } from '../contract/store.js';

export interface EstimateFacts {
  lastRecord(instance: string): RunRecord | null;
  /** What a device last said of itself, in one line; null where it never answered. */
  board(device: string): string | null;
}

/** The plan with what is expected of each instance that is to run, or may be, on a device. */
export function withEstimates(
  planned: readonly PlannedInstance[],
  graph: InstanceGraph,
  models: PipelineConfig['models'],
  facts: EstimateFacts,
): readonly PlannedInstance[] {
  const earlier = new Map<string, readonly KnownResult[]>();
  const earlierOf = (kind: string): readonly KnownResult[] => {
    const known =
      earlier.get(kind) ??
      graph.instances.flatMap((one) => {
        const last = one.definition.id === kind ? knownResult(facts.lastRecord(one.id)) : null;
        return last === null ? [] : [last];
      });
    earlier.set(kind, known);
    return known;
  };
  return planned.map((one) => {
    const instance = one.action === 'run' || one.action === 'pending' ? graph.byId.get(one.id) : undefined;
    if (instance === undefined || 'blocked' in instance.resolved) return one;
    const { definition, resolved, coordinates } = instance;
    const { options, device } = resolved;
    if (definition.estimate === undefined || device === undefined) return one;
    const estimate = definition.estimate({
      coordinates,
      options,
      models,
      board: facts.board(device),
      upstream: upstreamOf(graph, instance).map(({ id, definition: { id: uses }, resolved: own }) => ({
        uses,
        options: 'blocked' in own ? {} : own.options,
        last: knownResult(facts.lastRecord(id)),
      })),
      earlier: earlierOf(definition.id),
    });
    return { ...one, expected: { device, ...estimate } };
  });
}

function knownResult(record: RunRecord | null): KnownResult | null {
  if (record === null) return null;
  const { document, summary, usage, wall_seconds } = record;
  const { coordinates, options } = document;
  return { coordinates, options, summary, seconds: usage?.wall_seconds ?? wall_seconds };
}

/** All that an instance reads, directly or not; the nearest first. */
function upstreamOf(graph: InstanceGraph, instance: Instance): readonly Instance[] {
  const found = new Map<string, Instance>();
  let ids = instance.dependencies;
  while (ids.length > 0) {
    const next = ids.flatMap((id) => (found.has(id) ? [] : (graph.byId.get(id) ?? [])));
    for (const one of next) found.set(one.id, one);
    ids = next.flatMap(({ dependencies }) => dependencies);
  }
  return [...found.values()];
}
