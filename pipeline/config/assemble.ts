import { dirname } from 'node:path';
import type { Json } from '../base/canonical.js';
import type {
  DataConfig,
  DeviceConfig,
  ExecutorConfig,
  ModelConfig,
  PipelineConfig,
  StageConfig,
} from '../contract/config.js';
import { readAxes } from './check-axes.js';
import type { StageDraft } from './draft.js';
import { executorOf } from './execution.js';
import { entryOf, membersOf, type Node, toPlain } from './node.js';
import { dataSchema, deviceSchema } from './schema.js';
import { rangeOf } from './source.js';

interface Parts {
  /** Absolute path of pipeline.yaml. */
  readonly file: string;
  readonly merged: Node;
  readonly drafts: ReadonlyMap<string, StageDraft>;
  readonly profile: readonly string[];
}

/** Builds the result from a tree in which no problem was found. */
export function assemble({ file, merged, drafts, profile }: Parts): PipelineConfig {
  const name = entryOf(merged, 'name')?.value;
  return {
    name: name?.kind === 'scalar' ? String(name.value) : '',
    profile,
    root: dirname(file),
    data: dataOf(entryOf(merged, 'data')?.value),
    axes: Object.fromEntries(
      [...readAxes(merged)].map(([axis, values]) => [axis, values.map((item) => item.value)]),
    ),
    models: section<ModelConfig>(merged, 'models', (_, node) => modelOf(node)),
    devices: section<DeviceConfig>(merged, 'devices', deviceOf),
    executors: section<ExecutorConfig>(merged, 'executors', executorOf),
    stages: [...drafts.values()].map(stageOf),
  };
}

function section<T>(
  root: Node,
  key: string,
  read: (name: string, node: Node) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(
    [...membersOf(root, key)].map(([name, entry]) => [name, read(name, entry.value)]),
  );
}

function stageOf(draft: StageDraft): StageConfig {
  const { executor, timeoutSeconds, retries, needs } = draft;
  return {
    name: draft.name,
    uses: draft.uses,
    from: draft.from.map((source) => source.value),
    matrix: draft.matrix.map((axis) => axis.value),
    only: Object.fromEntries(
      draft.only.map(({ axis, values }) => [axis.value, values.map((item) => item.value)]),
    ),
    options: draft.options,
    ...(executor === undefined ? {} : { executor: executor.value }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(retries === undefined ? {} : { retries }),
    ...(needs === undefined ? {} : { needs }),
    range: rangeOf(draft.at),
  };
}

function dataOf(node: Node | undefined): DataConfig {
  const data = node === undefined ? {} : dataSchema.parse(toPlain(node));
  const texts = typeof data.texts === 'string' ? [data.texts] : (data.texts ?? []);
  return {
    package: data.package ?? null,
    texts: texts.filter((folder) => folder !== null),
    cache: data.cache ?? null,
  };
}

function modelOf(node: Node): ModelConfig {
  if (node.kind !== 'map') throw new Error('Internal error: a model is not a map');
  const members: [string, Json][] = [...node.entries].map(([key, entry]) => [key, toPlain(entry.value)]);
  return Object.fromEntries(members);
}

function deviceOf(name: string, node: Node): DeviceConfig {
  const { threads, ...given } = deviceSchema.parse(toPlain(node));
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { name, transport: given.host === undefined ? 'local' : 'ssh', ...Object.fromEntries(set), threads };
}
