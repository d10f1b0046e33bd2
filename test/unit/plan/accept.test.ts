import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../pipeline/base/canonical.js';
import type { Instance } from '../../../pipeline/contract/plan.js';
import { type Acceptance, acceptances, acceptedRecord } from '../../../pipeline/plan/accept.js';
import { buildPlan } from '../../../pipeline/plan/build-plan.js';
import { expandMatrix } from '../../../pipeline/plan/matrix.js';
import { fakeConfig, fakeDefinition } from './fake-stages.js';
import { World } from './fake-world.js';

const definitions = new Map(
  [fakeDefinition('clean'), fakeDefinition('train', ['clean'])].map((definition) => [
    definition.id,
    definition,
  ]),
);
const graphOf = (learningRate = 1): readonly Instance[] =>
  expandMatrix(
    fakeConfig(
      { seed: [1, 2] },
      { clean: {}, train: { from: ['clean'], matrix: ['seed'], options: { learning_rate: learningRate } } },
    ),
    definitions,
    { installation: '/installation', host: { cpuCount: 2 } },
  ).instances;

function done(): World {
  const world = new World();
  world.runAll(graphOf());
  return world;
}

const WHO = { reason: 'a comment', by: 'ada', at: '2026-01-01T00:00:00Z' };
const accept = (world: World, targets: readonly string[], instances = graphOf()): readonly Acceptance[] => {
  const found = acceptances(instances, new Set(targets), world.facts());
  for (const one of found) if (one.verdict === 'acceptable') world.write(acceptedRecord(one, WHO));
  return found;
};
const verdicts = (found: readonly Acceptance[]) => found.map(({ verdict }) => verdict);

describe('acceptances', () => {
  test('a stage and what reads it are accepted at once, and the plan reuses both', () => {
    const world = done();
    world.code = { 'worker.ts': digestOf('2') };
    world.environment = { node: '21' };
    const found = accept(world, ['clean', 'train@seed=1', 'train@seed=2']);
    expect(verdicts(found)).toEqual(['acceptable', 'acceptable', 'acceptable']);
    const { planned } = buildPlan(graphOf(), world.facts(), new Set());
    expect(planned.map(({ action }) => action)).toEqual(['reuse', 'reuse', 'reuse']);
    expect(planned[1]?.accepted).toEqual({
      ...WHO,
      instead_of: world.history('train@seed=1')[1]?.key,
      differences: [
        { kind: 'code-changed', file: 'worker.ts' },
        { kind: 'environment-changed', name: 'node', before: '20', after: '21' },
      ],
    });
  });

  test('what is not accepted upstream leaves nothing to accept below it', () => {
    const world = done();
    world.code = { 'worker.ts': digestOf('2') };
    expect(accept(world, ['train@seed=1'])).toMatchObject([
      { verdict: 'no-result', reasons: [{ kind: 'upstream-runs', instance: 'clean' }] },
    ]);
  });

  test('an option is grave, and force puts that on record', () => {
    const world = done();
    const [found] = accept(world, ['train@seed=1'], graphOf(2));
    expect(found).toMatchObject({
      verdict: 'acceptable',
      grave: [{ kind: 'option-changed', path: 'learning_rate' }],
    });
    expect(world.last.get('train@seed=1')?.accepted?.forced).toBe(true);
  });

  test('versions of software are cosmetic; variables and processors are not', () => {
    const world = done();
    world.environment = { node: '21', 'package natural': '9', cpu_isa: 'AVX2', 'env FACTOR': '"2"' };
    const [found] = accept(world, ['clean']);
    expect(found?.verdict === 'acceptable' && found.grave).toMatchObject([
      { kind: 'environment-changed', name: 'cpu_isa' },
      { kind: 'environment-changed', name: 'env FACTOR' },
    ]);
  });

  test('an earlier acceptance stays on record below a later one', () => {
    const world = done();
    world.code = { 'worker.ts': digestOf('2') };
    accept(world, ['clean']);
    world.code = { 'worker.ts': digestOf('3') };
    accept(world, ['clean']);
    const [newest, middle, first] = world.history('clean');
    expect(newest?.accepted).toMatchObject({ instead_of: middle?.key, earlier: { instead_of: first?.key } });
    expect(newest?.outputs).toEqual(first?.outputs);
  });

  test('what is up to date has nothing to accept', () => {
    expect(verdicts(accept(done(), ['clean']))).toEqual(['current']);
  });

  test('what never ran, lost its content or is told to make other outputs has no result', () => {
    expect(verdicts(accept(new World(), ['clean']))).toEqual(['no-result']);

    const lost = done();
    lost.presences.set('clean', { state: 'missing', reasons: [{ kind: 'blob-missing', output: 'main' }] });
    expect(accept(lost, ['clean'])).toMatchObject([
      { verdict: 'no-result', reasons: [{ kind: 'blob-missing' }] },
    ]);
    lost.code = { 'worker.ts': digestOf('2') };
    expect(accept(lost, ['clean'])).toMatchObject([
      { verdict: 'no-result', reasons: [{ kind: 'blob-missing' }] },
    ]);

    const other = done();
    const instances = graphOf().map((instance) => ({
      ...instance,
      outputs: instance.outputs.map((output) => ({ ...output, path: 'elsewhere' })),
    }));
    expect(accept(other, ['clean'], instances)).toMatchObject([
      { verdict: 'no-result', reasons: [{ kind: 'outputs-changed' }] },
    ]);
  });
});
