import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Event } from '../../pipeline/contract/event.js';
import { processesOf } from '../faults/processes.js';
import { PipelineRig } from '../rig/pipeline-rig.js';
import {
  type InterruptibleTraining,
  resumedAt,
  TINY_COPIES,
  tinyTraining,
  trainingRecords,
  trainingWithState,
} from '../rig/tiny-training.js';

const SEEDS = [1, 2, 3, 4, 5];
const instanceOf = (seed: number): string => `fine-tune@model=tiny,seed=${seed}`;
const WHERE = ', executor: cluster, retries: { count: 1, backoff: 0, on: [signal, executor-error] }';

// Twelve trainings, each of which loads TensorFlow: two or three minutes on two processors.
test('five seeds as one job array: one worker killed, one job cancelled, and all end as they do here', {
  timeout: 900_000,
}, async () => {
  await using rig = await PipelineRig.create({
    pipeline: tinyTraining(SEEDS, WHERE, '{ cluster: { kind: slurm } }'),
    copies: TINY_COPIES,
  });
  const running = rig.start(['run', 'fine-tune', '--json'], { timeoutSeconds: 800 });
  let ended = false;
  void running.result.then(() => {
    ended = true;
  });
  const withState = async (seed: number): Promise<InterruptibleTraining> => {
    for (;;) {
      const found = trainingWithState(rig, instanceOf(seed));
      if (found !== null) return found;
      if (ended) throw new Error(`the run ended before seed ${seed} kept a state`);
      await sleep(10);
    }
  };
  const killed = withState(2).then(({ key }) => {
    const [worker] = processesOf(`/executors/cluster/${key}/job.json`);
    if (worker === undefined) throw new Error('the worker has ended already');
    process.kill(worker.pid, 'SIGKILL');
  });
  const cancelled = withState(4).then(({ key }) => {
    const { id } = JSON.parse(rig.read(`artifacts/executors/cluster/${key}/submitted.json`)) as {
      id: string;
    };
    execFileSync('scancel', [id]);
  });
  await Promise.all([killed, cancelled]);
  const made = await running.result;
  expect(made.exitCode, made.stderr).toBe(0);

  const events = made.events();
  const jobs = events.flatMap((event) => jobOf(event));
  const [array] = jobs[0]?.split('_') ?? [];
  expect(jobs.slice(0, 5).sort()).toEqual(SEEDS.map((_, index) => `${array}_${index}`));
  const failures = events.flatMap((event) =>
    event.type === 'instance-retrying' ? [[event.instance, event.failure.reason]] : [],
  );
  expect(failures.sort()).toEqual([
    [instanceOf(2), 'signal'],
    [instanceOf(4), 'executor-error'],
  ]);
  const records = trainingRecords(rig);
  for (const seed of SEEDS) {
    const interrupted = seed === 2 || seed === 4;
    const steps = resumedAt(rig, `model=tiny,seed=${seed}`);
    expect(steps).toHaveLength(interrupted ? 1 : 0);
    if (interrupted) expect(steps[0]).toBeGreaterThan(0);
    expect(records.get(instanceOf(seed))).toMatchObject({ executor: 'cluster' });
    expect(records.get(instanceOf(seed))?.resumed).toBe(interrupted ? true : undefined);
  }
  const digests = SEEDS.map((seed) => records.get(instanceOf(seed))?.outputs.checkpoint?.digest);
  expect(new Set(digests).size).toBe(SEEDS.length);

  // Runs each of them again here, without an interruption, and compares every byte of weights and predictions.
  const verified = await rig.run(['verify', 'fine-tune', '--json'], { timeoutSeconds: 600 });
  expect(verified.json()).toMatchObject(
    SEEDS.map((seed) => ({ instance: instanceOf(seed), files: [{ output: 'training' }] })),
  );
  expect(verified.exitCode, verified.stdout).toBe(0);
});

function jobOf(event: Event): readonly string[] {
  const said = event.type === 'instance-log' ? /^Slurm job (\S+)$/.exec(event.message.message) : null;
  return said?.[1] === undefined ? [] : [said[1]];
}
