import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../pipeline/base/canonical.js';
import type { Instance, PlanFacts } from '../../../pipeline/contract/plan.js';
import type { KeyDocument } from '../../../pipeline/contract/store.js';
import { buildPlan } from '../../../pipeline/plan/build-plan.js';
import { explainKeys } from '../../../pipeline/plan/explain.js';
import { actionKey } from '../../../pipeline/plan/key.js';
import { expandMatrix } from '../../../pipeline/plan/matrix.js';
import { fakeConfig, fakeDefinition } from './fake-stages.js';
import { World } from './fake-world.js';

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
