import { describe, expect, test } from 'vitest';
import { expandMatrix } from '../../../pipeline/plan/matrix.js';
import { selectInstances, withUpstream } from '../../../pipeline/plan/selector.js';
import { fakeConfig, fakeDefinition } from './fake-stages.js';

const definitions = new Map(
  [
    fakeDefinition('clean'),
    fakeDefinition('encode', ['clean']),
    fakeDefinition('train', ['encode']),
    fakeDefinition('convert', ['train']),
    fakeDefinition('deploy', ['convert', 'encode']),
    fakeDefinition('report', [{ name: 'deployed', artifact: 'deploy', count: 'any' }]),
  ].map((definition) => [definition.id, definition]),
);
const config = fakeConfig(
  { model: ['large', 'small'], seed: [1, 2], precision: ['fp32', 'int8'] },
  {
    report: { from: ['deploy@*'] },
    clean: {},
    encode: { from: ['clean'], matrix: ['model'] },
    train: { from: ['encode'], matrix: ['seed'] },
    convert: { from: ['train'], matrix: ['precision'], only: { model: ['small'] } },
    deploy: { from: ['convert', 'encode'] },
  },
);
const graph = expandMatrix(config, definitions, { installation: '/installation', host: { cpuCount: 2 } });
const idsOf = (stage: string): string[] =>
  graph.instances.filter((instance) => instance.stage.name === stage).map((instance) => instance.id);

describe('expandMatrix', () => {
  test('inherits coordinates and adds its own axes', () => {
    expect(idsOf('train')).toEqual([
      'train@model=large,seed=1',
      'train@model=large,seed=2',
      'train@model=small,seed=1',
      'train@model=small,seed=2',
    ]);
  });

  test('`only` prunes, and what is downstream inherits that', () => {
    expect(idsOf('convert')).toHaveLength(4);
    expect(idsOf('deploy')).toEqual([
      'deploy@model=small,precision=fp32,seed=1',
      'deploy@model=small,precision=int8,seed=1',
      'deploy@model=small,precision=fp32,seed=2',
      'deploy@model=small,precision=int8,seed=2',
    ]);
  });

  test('joins two sources on the axes that they share', () => {
    const deploy = graph.byId.get('deploy@model=small,precision=int8,seed=2');
    expect(deploy?.inputs).toEqual([
      { name: 'convert', from: 'convert@model=small,precision=int8,seed=2', output: 'main' },
      { name: 'encode', from: 'encode@model=small', output: 'main' },
    ]);
  });

  test('`@*` gathers all instances and inherits no axis', () => {
    expect(idsOf('report')).toEqual(['report']);
    expect(graph.byId.get('report')?.inputs).toHaveLength(4);
  });

  test('every instance comes after what it reads', () => {
    const position = new Map(graph.instances.map((instance, index) => [instance.id, index]));
    for (const instance of graph.instances) {
      for (const id of instance.dependencies) {
        expect(position.get(id)).toBeLessThan(position.get(instance.id) ?? -1);
      }
    }
  });
});

describe('selectInstances', () => {
  const select = (...selectors: string[]): unknown => {
    const result = selectInstances(graph, selectors);
    return result.ok ? result.value.map((instance) => instance.id) : result.error;
  };

  test('takes all, a stage, and some of a matrix', () => {
    expect(select('all')).toHaveLength(graph.instances.length);
    expect(select('clean')).toEqual(['clean']);
    expect(select('train@seed=2')).toEqual(['train@model=large,seed=2', 'train@model=small,seed=2']);
    expect(select('convert@precision=int8,*')).toHaveLength(2);
    expect(select('convert@*')).toHaveLength(4);
    expect(select('train@seed=1,seed=2,model=small')).toEqual([
      'train@model=small,seed=1',
      'train@model=small,seed=2',
    ]);
  });

  test('says what would do', () => {
    expect(select('trian')).toBe(
      'there is no stage "trian" in this profile; it has clean, encode, train, convert, deploy, report',
    );
    expect(select('train@colour=red')).toBe('"train@colour=red": train has the axes model, seed');
    expect(select('train@seed')).toBe('"train@seed": expected axis=value, got "seed"');
    expect(select('clean@seed=1')).toBe('"clean@seed=1": clean has no axes');
    expect(select('encode@model=tiny')).toBe(
      '"encode@model=tiny" matches nothing; encode has model=large, small',
    );
  });

  test('withUpstream closes over what is read', () => {
    const chosen = selectInstances(graph, ['convert@precision=int8,seed=1']);
    if (!chosen.ok) throw new Error(chosen.error);
    expect(withUpstream(graph, chosen.value).map((instance) => instance.id)).toEqual([
      'clean',
      'encode@model=small',
      'train@model=small,seed=1',
      'convert@model=small,precision=int8,seed=1',
    ]);
  });
});
