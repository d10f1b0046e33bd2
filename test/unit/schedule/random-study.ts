import { digestOf } from '../../../pipeline/base/canonical.js';
import { randomFrom } from '../../../pipeline/base/random.js';
import type { RetryConfig } from '../../../pipeline/contract/config.js';
import type { Failure } from '../../../pipeline/contract/failure.js';
import type { StageNeeds } from '../../../pipeline/contract/needs.js';
import type { Instance } from '../../../pipeline/contract/plan.js';
import type { KeyDocument, RunRecord } from '../../../pipeline/contract/store.js';
import { fakeDefinition } from '../plan/fake-stages.js';

/** What one instance does when it is asked to. */
export interface Behaviour {
  readonly decision: 'run' | 'reuse' | 'restore' | 'blocked';
  /** Attempts that fail before one succeeds. */
  readonly failures: number;
  readonly failure: Failure;
  /** Turns of the event loop that an attempt takes. */
  readonly turns: number;
}

export interface InstanceSketch {
  readonly id: string;
  readonly dependencies?: readonly string[];
  readonly needs?: StageNeeds;
  readonly device?: string;
  readonly executor?: string;
  readonly retries?: RetryConfig;
  readonly stage?: string;
}

export function instanceOf(sketch: InstanceSketch): Instance {
  const { id, dependencies = [], needs = { cpu: 1 }, device, executor, retries } = sketch;
  return {
    id,
    stage: {
      name: sketch.stage ?? id,
      uses: 'work',
      from: [],
      matrix: [],
      only: {},
      options: {},
      range: { file: 'pipeline.yaml', line: 1, column: 1, length: 1, text: '' },
      ...(executor === undefined ? {} : { executor }),
      ...(retries === undefined ? {} : { retries }),
    },
    definition: fakeDefinition('work'),
    coordinates: {},
    resolved: { options: {}, external: [], needs, ...(device === undefined ? {} : { device }) },
    inputs: dependencies.map((from) => ({ name: 'work', from, output: 'main' })),
    outputs: [],
    dependencies,
  };
}

export function recordOf(instance: Instance, seconds = 0): RunRecord {
  return {
    schema: 1,
    key: digestOf(instance.id),
    instance: instance.id,
    document: {} as KeyDocument,
    outputs: { main: { kind: 'file', artifact: 'x', path: 'x', digest: digestOf(instance.id), size: 1 } },
    summary: {},
    started_at: '',
    wall_seconds: seconds,
    host: '',
    run: '',
  };
}

export interface RandomStudy {
  readonly instances: readonly Instance[];
  readonly behaviour: ReadonlyMap<string, Behaviour>;
}

/** A graph in which everything occurs: needs of all kinds, boards, executors, failures that pass and that do not. */
export function randomStudy(seed: number): RandomStudy {
  const random = randomFrom(seed);
  const one = <T>(...choices: readonly [T, ...T[]]): T =>
    choices[Math.floor(random() * choices.length)] ?? choices[0];
  const sometimes = <T>(probability: number, value: () => T): T | undefined =>
    random() < probability ? value() : undefined;
  const count = 1 + Math.floor(random() * 40);
  const instances: Instance[] = [];
  const behaviour = new Map<string, Behaviour>();
  for (let index = 0; index < count; index += 1) {
    const dependencies = instances
      .filter(() => random() < 3 / Math.max(6, index))
      .map((instance) => instance.id);
    const gpu = sometimes(0.2, () => one(1, 2));
    const memory = sometimes(0.3, () => one(10, 60, 500));
    const mutex = sometimes(0.3, () => one(['a'], ['b'], ['b', 'a']));
    const device = sometimes(0.3, () => one('rpi3b', 'rpi4b'));
    const executor = sometimes(0.2, () => one('cluster', 'workstation'));
    const retries = sometimes(0.5, () => ({
      count: one(1, 2),
      backoffSeconds: 0,
      on: [one('exit-nonzero:75', 'timed-out')],
    }));
    const id = `n${String(index).padStart(2, '0')}`;
    instances.push(
      instanceOf({
        id,
        dependencies,
        needs: {
          cpu: one<number | 'all'>(0.5, 1, 1, 2, 9, 'all'),
          ...(gpu === undefined ? {} : { gpu }),
          ...(memory === undefined ? {} : { memory }),
          ...(mutex === undefined ? {} : { mutex }),
        },
        ...(device === undefined ? {} : { device }),
        ...(executor === undefined ? {} : { executor }),
        ...(retries === undefined ? {} : { retries }),
      }),
    );
    behaviour.set(id, {
      decision: one('run', 'run', 'run', 'run', 'reuse', 'restore', one('run', 'run', 'blocked')),
      failures: one(0, 0, 0, 0, 0, 0, 1, 2, 99),
      failure: one<Failure>(
        { reason: 'exit-nonzero', exitCode: 75, stderrTail: [] },
        { reason: 'timed-out', limitSeconds: 1 },
      ),
      turns: Math.floor(random() * 4),
    });
  }
  return { instances, behaviour };
}
