import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest';
import type { PlannedInstance } from '../../pipeline/contract/plan.js';
import { PipelineRig, type RunResult } from '../rig/pipeline-rig.js';

const TINY =
  'preset: bert-tiny, layers: 1, hidden_size: 16, heads: 2, intermediate_size: 32, max_positions: 64';

/** Two seeds of one model teach a model of another vocabulary, with the entity before the tweet. */
const PIPELINE = `version: 1
name: school
axes: { model: [pupil], seed: [1, 2] }
models:
  master: { ${TINY}, weights: "random:1", vocabulary_size: 420 }
  pupil: { ${TINY}, weights: "random:2", vocabulary_size: 400 }
stages:
  fetch: { uses: fetch, with: { source: sample } }
  clean: { uses: clean, from: fetch, with: { rules: light } }
  split: { uses: split, from: clean, with: { limit: 120 } }
  master-encoder: { uses: encoder, with: { model: master } }
  master-encode: { uses: encode, from: [split, master-encoder], with: { max_length: 40, input: entity-tweet } }
  master:
    uses: fine-tune
    from: [master-encode, master-encoder]
    matrix: [seed]
    with: { learning_rate: 1.0e-3, epochs: 1 }
  teach: { uses: teach, from: [master-encode, master@*] }
  encoder: { uses: encoder, matrix: [model] }
  encode: { uses: encode, from: [split, encoder], with: { max_length: 48, input: entity-tweet } }
  distill:
    uses: distill
    from: [encode, encoder, teach]
    with: { learning_rate: 1.0e-3, epochs: 1, temperature: 2 }
  export: { uses: export, from: distill }
  report: { uses: report, from: [split, encode@*, master@*, distill@*, export@*] }
`;

// Real TensorFlow starts six times here; each start takes seconds, and minutes in all on a busy machine.
const LIMIT = { timeout: 600_000 };

let rig: PipelineRig;
let first: RunResult;
beforeAll(async () => {
  rig = await PipelineRig.create({ shared: true, pipeline: PIPELINE });
  first = await rig.run(['run', 'all', '--json'], { timeoutSeconds: 600 });
}, 600_000);
beforeEach(() => onTestFailed(() => rig.tell()));
afterAll(() => rig[Symbol.asyncDispose]());

describe('a model that learns from others', LIMIT, () => {
  test('run all teaches and exports the pupil', () => {
    expect(first.stderr).toBe('');
    expect(first.events().at(-1)).toMatchObject({ status: 'succeeded', counts: { ran: 13, failed: 0 } });
    const training = JSON.parse(rig.read('artifacts/out/distill/model=pupil/training.json'));
    expect(training.distilled).toMatchObject({
      from: ['master@seed=1', 'master@seed=2'],
      temperature: 2,
      alpha: 0.5,
    });
    const served = JSON.parse(rig.read('artifacts/out/export/model=pupil/saved_model/edgeline.json'));
    expect(served).toMatchObject({ input: 'entity-tweet', max_length: 48 });
    expect(rig.read('artifacts/out/report/report/report.html')).toContain('2 teachers (T 2, alpha 0.5)');
  });

  test('another temperature asks no teacher again', async () => {
    const hotter = ['--set', 'stages.distill.with.temperature=4'];
    const plan = (await rig.run(['plan', 'all', '--json', ...hotter])).json() as PlannedInstance[];
    expect(plan.filter(({ action }) => action === 'run').map(({ id }) => id)).toEqual([
      'distill@model=pupil',
    ]);
    const result = await rig.run(['run', 'distill', '--json', ...hotter], { timeoutSeconds: 300 });
    const ran = result
      .events()
      .flatMap((event) => (event.type === 'instance-started' ? [event.instance] : []));
    expect(ran).toEqual(['distill@model=pupil']);
  });
});
