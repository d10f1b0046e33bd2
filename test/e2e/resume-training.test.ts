import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { PlannedInstance } from '../../pipeline/contract/plan.js';
import { PipelineRig } from '../rig/pipeline-rig.js';
import {
  resumedAt,
  TINY_COPIES,
  tinyTraining,
  trainingRecords,
  trainingWithState,
} from '../rig/tiny-training.js';

const INSTANCE = 'fine-tune@model=tiny,seed=1';

// Five workers in Python, three of which load TensorFlow: half a minute on a quiet machine.
test('a training that is killed with its engine goes on at its step and ends with the same bytes', {
  timeout: 600_000,
}, async () => {
  await using rig = await PipelineRig.create({ pipeline: tinyTraining([1]), copies: TINY_COPIES });
  const killed = rig.start(['run', 'fine-tune', '--json'], { timeoutSeconds: 300 });
  let ended = false;
  void killed.result.then(() => {
    ended = true;
  });
  while (trainingWithState(rig, INSTANCE) === null && !ended) await sleep(10);
  killed.kill('SIGKILL');
  expect((await killed.result).signal).toBe('SIGKILL');

  const plan = (await rig.run(['plan', 'fine-tune', '--json'])).json() as PlannedInstance[];
  expect(plan.find(({ id }) => id === INSTANCE)).toMatchObject({ action: 'run', resumes: true });
  const again = await rig.run(['run', 'fine-tune', '--json'], { timeoutSeconds: 300 });
  expect(again.exitCode, again.stderr).toBe(0);
  expect(again.events().filter(({ type }) => type === 'instance-resuming')).toMatchObject([
    { instance: INSTANCE },
  ]);
  const [step = 0, ...more] = resumedAt(rig, 'model=tiny,seed=1');
  expect(step).toBeGreaterThan(0);
  expect(more).toEqual([]);
  expect(trainingRecords(rig).get(INSTANCE)?.resumed).toBe(true);

  // Runs it again from its start, without an interruption, and compares every byte of weights and predictions.
  const verified = await rig.run(['verify', 'fine-tune', '--json'], { timeoutSeconds: 300 });
  expect(verified.json()).toMatchObject([{ instance: INSTANCE, files: [{ output: 'training' }] }]);
  expect(verified.exitCode, verified.stdout).toBe(0);
});
