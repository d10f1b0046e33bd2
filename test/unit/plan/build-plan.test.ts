import { describe, expect, test } from 'vitest';
import type { Digest } from '../../../pipeline/base/canonical.js';
import { digestOf } from '../../../pipeline/base/canonical.js';
import { ok } from '../../../pipeline/base/result.js';
import type { Instance, OutputPresence, PlanFacts } from '../../../pipeline/contract/plan.js';
import type { KeyDocument, RunRecord } from '../../../pipeline/contract/store.js';
import { buildPlan } from '../../../pipeline/plan/build-plan.js';
import { explainKeys } from '../../../pipeline/plan/explain.js';
import { actionKey, keyDocument } from '../../../pipeline/plan/key.js';
import { expandMatrix } from '../../../pipeline/plan/matrix.js';
import { fakeConfig, fakeDefinition } from './fake-stages.js';

const definitions = new Map(
  [fakeDefinition('clean'), fakeDefinition('train', ['clean']), fakeDefinition('convert', ['train'])].map(
    (definition) => [definition.id, definition],
  ),
);

function graphOf(options: { train?: Record<string, number>; blockClean?: boolean } = {}) {
  const config = fakeConfig(
    { seed: [1, 2] },
    {
      clean: { options: options.blockClean === true ? { block: true } : {} },
      train: { from: ['clean'], matrix: ['seed'], options: options.train ?? { learning_rate: 1 } },
      convert: { from: ['train'] },
    },
  );
  return expandMatrix(config, definitions, { installation: '/installation', host: { cpuCount: 2 } });
}

/** A world in memory: what was recorded, what code there is, which outputs are in place. */
class World {
  readonly records = new Map<Digest, RunRecord>();
  readonly last = new Map<string, RunRecord>();
  readonly presences = new Map<string, OutputPresence>();
  code: Record<string, Digest> = { 'worker.ts': digestOf('1') };

  facts(): PlanFacts {
    return {
      external: () => ok({}),
      code: () => this.code,
      environment: () => ({ node: '20' }),
      record: (key) => this.records.get(key) ?? null,
      lastRecord: (instance) => this.last.get(instance) ?? null,
      everSucceeded: (instance) => this.last.has(instance),
      externalFiles: () => null,
      presence: (record) => this.presences.get(record.instance) ?? { state: 'present' },
    };
  }

  /** Runs everything for real as far as planning can see: the content of an output is the id of its maker. */
  runAll(instances: readonly Instance[]): void {
    for (const instance of instances) {
      const { resolved } = instance;
      if ('blocked' in resolved) throw new Error('blocked');
      const document = keyDocument(instance, resolved, {
        upstream: (id, output) => this.last.get(id)?.outputs[output] ?? fail(id),
        external: {},
        code: this.code,
        environment: { node: '20' },
      });
      const key = actionKey(document);
      const record: RunRecord = {
        schema: 1,
        key,
        instance: instance.id,
        document,
        outputs: { main: { kind: 'file', artifact: 'x', path: 'x', digest: digestOf(instance.id), size: 1 } },
        summary: {},
        started_at: '',
        wall_seconds: 1,
        host: '',
        run: '',
      };
      this.records.set(key, record);
      this.last.set(instance.id, record);
    }
  }
}

function fail(id: string): never {
  throw new Error(`no record of ${id}`);
}

const actionsOf = (instances: readonly Instance[], facts: PlanFacts, forced: string[] = []) =>
  Object.fromEntries(
    buildPlan(instances, facts, new Set(forced)).planned.map(({ id, action, reasons }) => [
      id,
      { action, reasons },
    ]),
  );

describe('buildPlan', () => {
  test('at first everything runs, what reads it is pending', () => {
    const plan = actionsOf(graphOf().instances, new World().facts());
    expect(plan.clean).toEqual({ action: 'run', reasons: [{ kind: 'never-ran' }] });
    expect(plan['train@seed=1']).toEqual({
      action: 'pending',
      reasons: [{ kind: 'upstream-runs', instance: 'clean' }],
    });
  });

  test('afterwards everything is reused', () => {
    const world = new World();
    const { instances } = graphOf();
    world.runAll(instances);
    for (const { action, reasons } of Object.values(actionsOf(instances, world.facts()))) {
      expect({ action, reasons }).toEqual({ action: 'reuse', reasons: [] });
    }
  });

  test('a changed option is the reason, with both values, and only what follows waits', () => {
    const world = new World();
    world.runAll(graphOf().instances);
    const plan = actionsOf(graphOf({ train: { learning_rate: 2 } }).instances, world.facts());
    expect(plan.clean?.action).toBe('reuse');
    expect(plan['train@seed=2']).toEqual({
      action: 'run',
      reasons: [{ kind: 'option-changed', path: 'learning_rate', before: '1', after: '2' }],
    });
    expect(plan['convert@seed=2']?.action).toBe('pending');
  });

  test('changed code is the reason, by file', () => {
    const world = new World();
    world.runAll(graphOf().instances);
    world.code = { 'worker.ts': digestOf('2'), 'extra.ts': digestOf('3') };
    expect(actionsOf(graphOf().instances, world.facts()).clean).toEqual({
      action: 'run',
      reasons: [
        { kind: 'code-changed', file: 'worker.ts' },
        { kind: 'code-added', file: 'extra.ts' },
      ],
    });
  });

  test('outputs that can be made again are restored and do not make others wait', () => {
    const world = new World();
    const { instances } = graphOf();
    world.runAll(instances);
    const reasons = [{ kind: 'output-missing', path: 'x' }] as const;
    world.presences.set('train@seed=1', { state: 'restorable', reasons });
    const plan = actionsOf(instances, world.facts());
    expect(plan['train@seed=1']).toEqual({ action: 'restore', reasons });
    expect(plan['convert@seed=1']?.action).toBe('reuse');
  });

  test('a hit whose content is gone is not a hit', () => {
    const world = new World();
    const { instances } = graphOf();
    world.runAll(instances);
    world.presences.set('clean', { state: 'missing', reasons: [{ kind: 'blob-missing', output: 'main' }] });
    expect(actionsOf(instances, world.facts()).clean).toEqual({
      action: 'run',
      reasons: [{ kind: 'blob-missing', output: 'main' }],
    });
  });

  test('what cannot run blocks what reads it, with the reason at its root', () => {
    const plan = actionsOf(graphOf({ blockClean: true }).instances, new World().facts());
    expect(plan.clean).toEqual({
      action: 'blocked',
      reasons: [{ kind: 'blocked', message: 'clean lacks something', hint: 'give it' }],
    });
    expect(plan['convert@seed=1']).toEqual({
      action: 'blocked',
      reasons: [{ kind: 'upstream-blocked', instance: 'train@seed=1' }],
    });
  });

  test('force runs what nothing else would', () => {
    const world = new World();
    const { instances } = graphOf();
    world.runAll(instances);
    const plan = actionsOf(instances, world.facts(), ['train@seed=1']);
    expect(plan['train@seed=1']).toEqual({ action: 'run', reasons: [{ kind: 'forced' }] });
    expect(plan['train@seed=2']?.action).toBe('reuse');
  });
});

describe('explainKeys', () => {
  const base: KeyDocument = {
    schema: 1,
    stage: 'train',
    version: 1,
    coordinates: {},
    options: { learning_rate: 1, spec: { layers: 3 } },
    inputs: [{ name: 'clean', instance: 'clean', output: 'main', digest: digestOf('a') }],
    external: { package: digestOf('p') },
    code: { 'a.py': digestOf('1') },
    environment: { python: '3.11' },
    outputs: ['main:file:x'],
  };

  test('equal keys have no reason', () => {
    expect(explainKeys(base, structuredClone(base))).toEqual([]);
  });

  test('lists every difference', () => {
    const after: KeyDocument = {
      ...base,
      version: 2,
      options: { learning_rate: 1, spec: { layers: 6 }, epochs: 2 },
      inputs: [{ name: 'clean', instance: 'clean-2', output: 'main', digest: digestOf('b') }],
      external: { package: digestOf('q') },
      code: { 'b.py': digestOf('1') },
      environment: { python: '3.12' },
      outputs: ['main:file:y'],
    };
    expect(explainKeys(base, after)).toEqual([
      { kind: 'version-changed', before: 1, after: 2 },
      { kind: 'option-changed', path: 'spec.layers', before: '3', after: '6' },
      { kind: 'option-changed', path: 'epochs', before: 'absent', after: '2' },
      { kind: 'input-added', input: 'clean', instance: 'clean-2' },
      { kind: 'input-dropped', input: 'clean', instance: 'clean' },
      { kind: 'external-changed', name: 'package' },
      { kind: 'code-removed', file: 'a.py' },
      { kind: 'code-added', file: 'b.py' },
      { kind: 'environment-changed', name: 'python', before: '3.11', after: '3.12' },
      { kind: 'outputs-changed' },
    ]);
  });

  test('another board behind a name of a device is said as that', () => {
    const before = { ...base, environment: { 'board rpi4b': 'Pi 4, id 1', node: '20' } };
    const after = { ...base, environment: { 'board rpi4b': 'Pi 4, id 2', node: '20' } };
    expect(explainKeys(before, after)).toEqual([
      { kind: 'board-changed', device: 'rpi4b', before: 'Pi 4, id 1', after: 'Pi 4, id 2' },
    ]);
  });

  test('every field of the document is compared: a change in any gives a new key and a reason', () => {
    for (const field of [
      'version',
      'options',
      'inputs',
      'external',
      'code',
      'environment',
      'outputs',
    ] as const) {
      const changed = {
        ...base,
        [field]: field === 'version' ? 9 : field === 'inputs' || field === 'outputs' ? [] : {},
      };
      expect(actionKey(changed), field).not.toBe(actionKey(base));
      expect(explainKeys(base, changed), field).not.toEqual([]);
    }
  });
});
