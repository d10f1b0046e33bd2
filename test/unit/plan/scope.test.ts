import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../pipeline/base/canonical.js';
import type { Decision, PlannedAction } from '../../../pipeline/contract/plan.js';
import type { KeyDocument, RunRecord } from '../../../pipeline/contract/store.js';
import type { Plan } from '../../../pipeline/plan/build-plan.js';
import { expandMatrix } from '../../../pipeline/plan/matrix.js';
import { chooseScope, planAlone, type ScopeRequest } from '../../../pipeline/plan/scope.js';
import { fakeConfig, fakeDefinition } from './fake-stages.js';

const definitions = new Map(
  [
    fakeDefinition('clean'),
    fakeDefinition('train', ['clean']),
    fakeDefinition('convert', ['train']),
    fakeDefinition('baseline', ['clean']),
    fakeDefinition('report', [
      { name: 'converted', artifact: 'convert', count: 'any' },
      { name: 'baseline', artifact: 'baseline', count: 'any' },
    ]),
  ].map((definition) => [definition.id, definition]),
);
const graph = expandMatrix(
  fakeConfig(
    { seed: [1, 2] },
    {
      clean: {},
      train: { from: ['clean'], matrix: ['seed'] },
      convert: { from: ['train'] },
      baseline: { from: ['clean'] },
      report: { from: ['convert@*', 'baseline'] },
    },
  ),
  definitions,
  { installation: '/installation', host: { cpuCount: 2 } },
);

function choose(request: Partial<ScopeRequest>) {
  const scope = chooseScope(graph, {
    selectors: [],
    force: [],
    from: [],
    only: [],
    unfinished: null,
    ...request,
  });
  if (!scope.ok) return scope.error;
  const { instances, forced, alone } = scope.value;
  return {
    ids: instances.map(({ id }) => id),
    forced: [...forced].sort(),
    alone: alone === null ? null : [...alone],
  };
}

describe('chooseScope', () => {
  test('selectors bring what they read', () => {
    expect(choose({ selectors: ['convert@seed=2'] })).toEqual({
      ids: ['clean', 'train@seed=2', 'convert@seed=2'],
      forced: [],
      alone: null,
    });
  });

  test('--from forces these and all that read them, a fan-in included, and brings what those read', () => {
    expect(choose({ from: ['train@seed=2'] })).toEqual({
      ids: graph.instances.map(({ id }) => id),
      forced: ['convert@seed=2', 'report', 'train@seed=2'],
      alone: null,
    });
  });

  test('--from beside selectors stays within what these read', () => {
    expect(choose({ selectors: ['convert'], from: ['train@seed=2'] })).toMatchObject({
      ids: ['clean', 'train@seed=1', 'train@seed=2', 'convert@seed=1', 'convert@seed=2'],
      forced: ['convert@seed=2', 'train@seed=2'],
    });
    expect(choose({ selectors: ['baseline'], from: ['train'] })).toBe('baseline reads nothing of train');
  });

  test('--failed takes what was left undone, all of it or among the selected', () => {
    const unfinished = new Set(['train@seed=2', 'convert@seed=2', 'gone@seed=9']);
    expect(choose({ unfinished })).toMatchObject({ ids: ['clean', 'train@seed=2', 'convert@seed=2'] });
    expect(choose({ unfinished, selectors: ['train'] })).toMatchObject({ ids: ['clean', 'train@seed=2'] });
  });

  test('--only names what alone may run', () => {
    expect(choose({ only: ['convert@seed=1'], force: ['convert@seed=1'] })).toEqual({
      ids: ['clean', 'train@seed=1', 'convert@seed=1'],
      forced: ['convert@seed=1'],
      alone: ['convert@seed=1'],
    });
  });

  test('what contradicts itself or says nothing is an error', () => {
    expect(choose({})).toMatch('nothing was named');
    expect(choose({ only: ['train'], selectors: ['all'] })).toMatch('--only names all that runs');
    expect(choose({ from: ['train'], unfinished: new Set() })).toMatch('exclude each other');
    for (const option of ['from', 'only', 'force', 'selectors'] as const) {
      expect(choose({ [option]: ['trian'] })).toMatch('there is no stage "trian"');
    }
  });
});

describe('planAlone', () => {
  const instances = graph.instances.filter(({ id }) => /^clean|seed=1/.test(id));
  const planOf = (actions: Readonly<Record<string, PlannedAction>>): Plan => {
    const actionOf = (id: string): PlannedAction => actions[id] ?? 'reuse';
    const planned = instances.map(({ id, stage, coordinates }) => ({
      id,
      stage: stage.name,
      coordinates,
      action: actionOf(id),
      reasons: actionOf(id) === 'run' ? ([{ kind: 'never-ran' }] as const) : [],
    }));
    const decisions = new Map(
      instances.map(({ id }): [string, Decision] => {
        const base = { reasons: [], key: digestOf(id), document: {} as KeyDocument };
        return [id, { action: 'reuse', ...base, record: { instance: id } as RunRecord }];
      }),
    );
    return { planned, decisions };
  };
  const alone = new Set(['convert@seed=1']);

  test('what is reused is known, and neither planned nor run', () => {
    const result = planAlone(planOf({ 'convert@seed=1': 'run' }), instances, alone);
    if (!result.ok) throw new Error('refused');
    expect(result.value.instances.map(({ id }) => id)).toEqual(['convert@seed=1']);
    expect(result.value.plan.planned.map(({ id }) => id)).toEqual(['convert@seed=1']);
    expect([...result.value.done.keys()]).toEqual(['clean', 'train@seed=1']);
  });

  test('what must be restored for it is restored', () => {
    const result = planAlone(planOf({ 'train@seed=1': 'restore' }), instances, alone);
    if (!result.ok) throw new Error('refused');
    expect(result.value.instances.map(({ id }) => id)).toEqual(['train@seed=1', 'convert@seed=1']);
    expect([...result.value.done.keys()]).toEqual(['clean']);
  });

  test('what would have to run first is named, but not what only waits for it', () => {
    const result = planAlone(planOf({ clean: 'run', 'train@seed=1': 'pending' }), instances, alone);
    expect(result.ok ? [] : result.error.map(({ id }) => id)).toEqual(['clean']);
  });
});
