import { compareCodePoints } from '../base/canonical.js';
import type { Coordinates, PipelineConfig, Scalar, StageConfig } from '../contract/config.js';
import type { Instance, InstanceGraph, InstanceInput } from '../contract/plan.js';
import type { OutputDefinition, ResolveContext, StageDefinition } from '../contract/stage.js';

/** `stage` or `stage@axis=value,axis=value`, axes in code-point order. */
export function instanceId(stage: string, coordinates: Coordinates): string {
  const axes = Object.keys(coordinates).sort(compareCodePoints);
  return axes.length === 0
    ? stage
    : `${stage}@${axes.map((axis) => `${axis}=${coordinates[axis]}`).join(',')}`;
}

/** Stages in an order in which each comes after those it reads; the configuration has no cycles. */
export function stageOrder(stages: readonly StageConfig[]): readonly StageConfig[] {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const done = new Set<string>();
  const order: StageConfig[] = [];
  const visit = (stage: StageConfig, trail: readonly string[]): void => {
    if (done.has(stage.name)) return;
    if (trail.includes(stage.name))
      throw new Error(`Internal error: cycle ${[...trail, stage.name].join(' -> ')}`);
    for (const source of stage.from) {
      const upstream = byName.get(source.stage);
      if (upstream === undefined)
        throw new Error(`Internal error: ${stage.name} reads unknown ${source.stage}`);
      visit(upstream, [...trail, stage.name]);
    }
    done.add(stage.name);
    order.push(stage);
  };
  for (const stage of stages) visit(stage, []);
  return order;
}

interface Element {
  readonly coordinates: Coordinates;
  readonly id: string;
}

/**
 * Expands stages over their axes. A stage has one instance for each way in which its sources' coordinates agree
 * (a join on shared axes), times its own matrix, less what `only` leaves out.
 */
export function expandMatrix(
  config: PipelineConfig,
  definitions: ReadonlyMap<string, StageDefinition>,
  context: Omit<ResolveContext, 'coordinates' | 'axes' | 'data' | 'models' | 'devices'>,
): InstanceGraph {
  const elements = new Map<string, readonly Element[]>();
  const stagesByName = new Map(config.stages.map((stage) => [stage.name, stage]));
  const instances: Instance[] = [];
  for (const stage of stageOrder(config.stages)) {
    const definition = definitions.get(stage.uses);
    if (definition === undefined) throw new Error(`Internal error: no definition ${stage.uses}`);
    const direct = stage.from.filter((source) => !source.gather);
    let joined: readonly Coordinates[] = [{}];
    for (const source of direct) joined = join(joined, elements.get(source.stage) ?? []);
    for (const axis of stage.matrix) {
      const values = config.axes[axis] ?? [];
      joined = joined.flatMap((coordinates) => values.map((value) => ({ ...coordinates, [axis]: value })));
    }
    const kept = joined.filter((coordinates) => matchesOnly(coordinates, stage.only));
    const finders = stage.from.map((source) => ({
      outputs: outputsOf(stagesByName.get(source.stage), definitions),
      find: finder(elements.get(source.stage) ?? []),
    }));
    const readers = definition.inputs.flatMap((input) =>
      finders.map(({ outputs, find }) => ({
        name: input.name,
        outputs: outputs.filter((output) => input.artifact === '*' || output.artifact === input.artifact),
        find,
      })),
    );
    const ownOutputs = outputsOf(stage, definitions);
    const own: Element[] = [];
    for (const coordinates of kept) {
      const id = instanceId(stage.name, coordinates);
      const inputs: InstanceInput[] = [];
      for (const { name, outputs, find } of readers) {
        if (outputs.length === 0) continue;
        for (const element of find(coordinates)) {
          for (const output of outputs) inputs.push({ name, from: element.id, output: output.name });
        }
      }
      own.push({ coordinates, id });
      instances.push({
        id,
        stage,
        definition,
        coordinates,
        resolved: definition.resolve(stage.options, {
          ...context,
          coordinates,
          axes: config.axes,
          data: config.data,
          models: config.models,
          devices: config.devices,
        }),
        inputs,
        outputs: ownOutputs,
        dependencies: [...new Set(inputs.map((input) => input.from))].sort(),
      });
    }
    elements.set(stage.name, own);
  }
  return { instances, byId: new Map(instances.map((instance) => [instance.id, instance])) };
}

function outputsOf(
  stage: StageConfig | undefined,
  definitions: ReadonlyMap<string, StageDefinition>,
): readonly OutputDefinition[] {
  const definition = definitions.get(stage?.uses ?? '');
  if (stage === undefined || definition === undefined) return [];
  return definition.outputsOf?.(stage.options) ?? definition.outputs;
}

function matchesOnly(coordinates: Coordinates, only: StageConfig['only']): boolean {
  return Object.entries(only).every(([axis, values]) => {
    const value = coordinates[axis];
    return value === undefined || values.includes(value);
  });
}

/** The value of each shared axis, as a key for hashing. */
function projection(coordinates: Coordinates, axes: readonly string[]): string {
  return axes.map((axis) => `${typeof coordinates[axis]}:${coordinates[axis]}`).join('\u0000');
}

function sharedAxes(left: Coordinates | undefined, right: Coordinates | undefined): readonly string[] {
  return Object.keys(left ?? {}).filter((axis) => right !== undefined && axis in right);
}

function join(left: readonly Coordinates[], right: readonly Element[]): readonly Coordinates[] {
  const axes = sharedAxes(left[0], right[0]?.coordinates);
  const groups = new Map<string, Coordinates[]>();
  for (const { coordinates } of right) {
    const key = projection(coordinates, axes);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [coordinates]);
    else group.push(coordinates);
  }
  return left.flatMap((coordinates) =>
    (groups.get(projection(coordinates, axes)) ?? []).map((other) => ({ ...coordinates, ...other })),
  );
}

/** Finds the elements that agree with given coordinates on the axes that both have; one pass over the elements. */
function finder(elements: readonly Element[]): (coordinates: Coordinates) => readonly Element[] {
  let axes: readonly string[] | undefined;
  const groups = new Map<string, Element[]>();
  return (coordinates) => {
    if (axes === undefined) {
      axes = sharedAxes(elements[0]?.coordinates, coordinates);
      for (const element of elements) {
        const key = projection(element.coordinates, axes);
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [element]);
        else group.push(element);
      }
    }
    return groups.get(projection(coordinates, axes)) ?? [];
  };
}

/** Axis values as people write them, for messages. */
export function describeCoordinates(coordinates: Readonly<Record<string, Scalar>>): string {
  return Object.keys(coordinates)
    .sort(compareCodePoints)
    .map((axis) => `${axis}=${coordinates[axis]}`)
    .join(' ');
}
