import { z } from 'zod';
import type { Json } from '../../../pipeline/base/canonical.js';
import type { PipelineConfig, Scalar, StageConfig } from '../../../pipeline/contract/config.js';
import type { InputDefinition, OutputDefinition, StageDefinition } from '../../../pipeline/contract/stage.js';

/** A definition with one output file of the artifact type that bears its name. */
export function fakeDefinition(
  id: string,
  inputs: readonly (string | InputDefinition)[] = [],
): StageDefinition {
  const outputs: readonly OutputDefinition[] = [
    { name: 'main', artifact: id, path: `${id}.txt`, kind: 'file' },
  ];
  return {
    id,
    version: 1,
    summary: id,
    options: z.strictObject({}),
    inputs: inputs.map((input) =>
      typeof input === 'string' ? { name: input, artifact: input, count: 'one' } : input,
    ),
    outputs,
    worker: { language: 'typescript', file: `stages/${id}/worker.ts` },
    resolve: (options, { coordinates }) =>
      options.block === true
        ? { blocked: `${id} lacks something`, hint: 'give it' }
        : {
            options: { ...options, ...(coordinates as Readonly<Record<string, Json>>) },
            external: [],
            needs: { cpu: 1 },
          },
  };
}

interface FakeStage {
  readonly uses?: string;
  readonly from?: readonly string[];
  readonly matrix?: readonly string[];
  readonly only?: Readonly<Record<string, readonly Scalar[]>>;
  readonly options?: Readonly<Record<string, Json>>;
}

export function fakeConfig(
  axes: Readonly<Record<string, readonly Scalar[]>>,
  stages: Readonly<Record<string, FakeStage>>,
): PipelineConfig {
  return {
    name: 'fake',
    profile: [],
    root: '/project',
    data: { package: null, texts: [], cache: null },
    axes,
    models: {},
    devices: {},
    executors: {},
    stages: Object.entries(stages).map(
      ([name, stage]): StageConfig => ({
        name,
        uses: stage.uses ?? name,
        from: (stage.from ?? []).map((text) => ({
          stage: text.replace('@*', ''),
          gather: text.endsWith('@*'),
        })),
        matrix: stage.matrix ?? [],
        only: stage.only ?? {},
        options: stage.options ?? {},
        range: { file: 'pipeline.yaml', line: 1, column: 1, length: 1, text: '' },
      }),
    ),
  };
}
