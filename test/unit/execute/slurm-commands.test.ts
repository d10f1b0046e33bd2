import { expect, test } from 'vitest';
import { batchScript, parseQueue, resourceArguments } from '../../../pipeline/execute/slurm-commands.js';
import { findJob } from '../../../pipeline/execute/slurm-queue.js';

const config = { name: 'cluster', kind: 'slurm' } as const;

test('needs and limits become arguments of sbatch', () => {
  expect(resourceArguments(config, { cpu: 4 }, undefined)).toEqual(['--cpus-per-task=4']);
  const all = { ...config, partition: 'gpu', account: 'us', time: '2:00:00', arguments: ['--qos=high'] };
  expect(resourceArguments(all, { cpu: 'all', gpu: 2, memory: 3e9 }, undefined)).toEqual([
    '--exclusive',
    '--gres=gpu:2',
    '--mem=2862M',
    '--time=2:00:00',
    '--partition=gpu',
    '--account=us',
    '--qos=high',
  ]);
  // Whole minutes, and one more: the supervisor is the first to end it.
  expect(resourceArguments(all, { cpu: 1 }, 61)).toContain('--time=3');
});

test('an array finds the folder of each element, whatever its name', () => {
  const script = batchScript(['/plain', "/it's\nhere"]);
  expect(script).toContain('0) folder=/plain ;;');
  expect(script).toContain("1) folder='/it'\\''s\nhere' ;;");
});

test('a job is found by its name and its place in an array', () => {
  const jobs = parseQueue(
    '12|RUNNING|None|edgeline-a\n13_0|PENDING|Resources|edgeline-b\n13_1|PENDING|Resources|edgeline-b\n',
  );
  expect(findJob(jobs, 'edgeline-a', null)?.id).toBe('12');
  expect(findJob(jobs, 'edgeline-b', 1)).toEqual({
    id: '13_1',
    name: 'edgeline-b',
    state: 'PENDING',
    reason: 'Resources',
  });
  expect(findJob(jobs, 'edgeline-b', 10)).toBeUndefined();
});
