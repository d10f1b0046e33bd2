import { expect, test } from 'vitest';
import type { EstimateContext, StageDefinition } from '../../../pipeline/contract/stage.js';
import { buildPlan } from '../../../pipeline/plan/build-plan.js';
import { withEstimates } from '../../../pipeline/plan/estimate.js';
import { expandMatrix } from '../../../pipeline/plan/matrix.js';
import { fakeConfig, fakeDefinition } from './fake-stages.js';
import { World } from './fake-world.js';

const asked: EstimateContext[] = [];
const measure: StageDefinition = {
  ...fakeDefinition('measure', ['train']),
  resolve: (options) => ({ options, external: [], needs: { cpu: 1 }, device: 'board' }),
  estimate: (context) => {
    asked.push(context);
    return { seconds: 10 * context.earlier.length, work: 'look', basis: 'a test' };
  },
};
const definitions = new Map(
  [fakeDefinition('clean'), fakeDefinition('train', ['clean']), measure].map((one) => [one.id, one]),
);
const config = fakeConfig(
  { seed: [1, 2] },
  { clean: {}, train: { from: ['clean'], matrix: ['seed'] }, measure: { from: ['train'] } },
);
const graph = expandMatrix(config, definitions, { installation: '/installation', host: { cpuCount: 2 } });

test('asks the stages that measure about what is to run, with all that is known of what they read', () => {
  const world = new World();
  const estimated = (forced: string[]) => {
    asked.length = 0;
    const { planned } = buildPlan(graph.instances, world.facts(), new Set(forced));
    const facts = { lastRecord: world.facts().lastRecord, board: (name: string) => `a ${name}` };
    return withEstimates(planned, graph, config.models, facts).flatMap(({ id, expected }) =>
      expected === undefined ? [] : [[id, expected.device, expected.seconds]],
    );
  };
  expect(estimated([])).toEqual([
    ['measure@seed=1', 'board', 0],
    ['measure@seed=2', 'board', 0],
  ]);
  expect(asked[0]).toMatchObject({ coordinates: { seed: 1 }, board: 'a board', earlier: [] });
  expect(asked[0]?.upstream).toEqual([
    { uses: 'train', options: { seed: 1 }, last: null },
    { uses: 'clean', options: {}, last: null },
  ]);

  world.runAll(graph.instances);
  expect(estimated([])).toEqual([]);
  expect(estimated(['measure@seed=2'])).toEqual([['measure@seed=2', 'board', 20]]);
  expect(asked[0]?.upstream[1]?.last).toMatchObject({ seconds: expect.any(Number), summary: {} });
});
