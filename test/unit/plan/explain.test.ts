import { describe, expect, test } from 'vitest';
import { type Digest, digestOf } from '../../../pipeline/base/canonical.js';
import type { ListedFile, Reason, RootCause } from '../../../pipeline/contract/plan.js';
import type { KeyDocument } from '../../../pipeline/contract/store.js';
import { buildPlan } from '../../../pipeline/plan/build-plan.js';
import { explainKeys } from '../../../pipeline/plan/explain.js';
import { expandMatrix } from '../../../pipeline/plan/matrix.js';
import { RootCauses } from '../../../pipeline/plan/roots.js';
import { fakeConfig, fakeDefinition } from './fake-stages.js';
import { World } from './fake-world.js';

const BASE: KeyDocument = {
  schema: 1,
  stage: 'train',
  version: 1,
  coordinates: {},
  options: {},
  inputs: [],
  external: {},
  code: {},
  environment: {},
  outputs: [],
};

describe('differences of two keys', () => {
  test('an external folder names its files where both lists are known', () => {
    const listings = new Map<Digest, readonly ListedFile[]>([
      [
        digestOf('old'),
        [
          ['a.tsv', digestOf('1')],
          ['b.tsv', digestOf('1')],
          ['c.tsv', digestOf('1')],
        ],
      ],
      [
        digestOf('new'),
        [
          ['a.tsv', digestOf('1')],
          ['b.tsv', digestOf('2')],
          ['d.tsv', digestOf('1')],
        ],
      ],
    ]);
    const with_ = (digest: string): KeyDocument => ({ ...BASE, external: { texts: digestOf(digest) } });
    const context = {
      externalFiles: (digest: Digest) => listings.get(digest) ?? null,
      externalPath: () => 'data/texts',
    };
    expect(explainKeys(with_('old'), with_('new'), context)).toEqual([
      {
        kind: 'external-changed',
        name: 'texts',
        path: 'data/texts',
        files: [
          { path: 'b.tsv', change: 'changed' },
          { path: 'c.tsv', change: 'removed' },
          { path: 'd.tsv', change: 'added' },
        ],
      },
    ]);
    expect(explainKeys(with_('unknown'), with_('new'), context)).toEqual([
      { kind: 'external-changed', name: 'texts', path: 'data/texts' },
    ]);
  });

  test('a number and the text that reads the same are told apart', () => {
    const options = (value: string | number) => ({ ...BASE, options: { seed: value } });
    expect(explainKeys(options(1), options('1'))).toEqual([
      { kind: 'option-changed', path: 'seed', before: '1', after: '"1"' },
    ]);
  });
});

const definitions = new Map(
  [fakeDefinition('clean'), fakeDefinition('split', ['clean']), fakeDefinition('train', ['split'])].map(
    (definition) => [definition.id, definition],
  ),
);
const graphOf = (rules: string) =>
  expandMatrix(
    fakeConfig({}, { clean: { options: { rules } }, split: { from: ['clean'] }, train: { from: ['split'] } }),
    definitions,
    { installation: '/installation', host: { cpuCount: 2 } },
  );

/** Reasons of one instance with what is at the root of each. */
function causes(world: World, rules: string, id: string): readonly [Reason, readonly RootCause[]][] {
  const { instances, byId } = graphOf(rules);
  const facts = world.facts();
  const planned = new Map(buildPlan(instances, facts, new Set()).planned.map((one) => [one.id, one]));
  const roots = new RootCauses({ facts, planned, byId, history: (instance) => world.history(instance) });
  const before = facts.lastRecord(id)?.document ?? null;
  return (planned.get(id)?.reasons ?? []).map((reason) => [reason, roots.of(reason, before)]);
}

describe('root causes', () => {
  const OPTION: RootCause = {
    instance: 'clean',
    reason: { kind: 'option-changed', path: 'rules', before: 'light', after: 'paper' },
  };

  test('of an instance that waits: why the first of those above it runs', () => {
    const world = new World();
    world.runAll(graphOf('light').instances);
    expect(causes(world, 'paper', 'train')).toEqual([
      [{ kind: 'upstream-runs', instance: 'split' }, [OPTION]],
    ]);
  });

  test('of an input that is already another: how the two makings of it differ, up to the first', () => {
    const world = new World();
    world.content = ({ key }) => key;
    world.runAll(graphOf('light').instances);
    // Everything above was run again since; what reads it was not.
    world.runAll(graphOf('paper').instances.slice(0, 2));
    expect(causes(world, 'paper', 'train')).toEqual([
      [{ kind: 'input-changed', input: 'split', instance: 'split' }, [OPTION]],
    ]);
  });

  test('code that all of them share is named once', () => {
    const world = new World();
    world.runAll(graphOf('light').instances);
    world.code = { 'worker.ts': digestOf('2') };
    const found = causes(world, 'light', 'train');
    expect(found.map(([reason]) => reason)).toEqual([
      { kind: 'code-changed', file: 'worker.ts' },
      { kind: 'upstream-runs', instance: 'split' },
    ]);
  });
});
