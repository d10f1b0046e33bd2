import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../pipeline/base/canonical.js';
import { randomFrom } from '../../../pipeline/base/random.js';
import type { EventBody } from '../../../pipeline/contract/event.js';
import type { Failure } from '../../../pipeline/contract/failure.js';
import type { Instance } from '../../../pipeline/contract/plan.js';
import type { KeyDocument } from '../../../pipeline/contract/store.js';
import { criticalPaths } from '../../../pipeline/schedule/critical-path.js';
import { PriorityQueue } from '../../../pipeline/schedule/priority-queue.js';
import { retryDelay } from '../../../pipeline/schedule/retry.js';
import {
  type Attempt,
  type Execution,
  runSchedule,
  type ScheduleOptions,
} from '../../../pipeline/schedule/scheduler.js';
import { instanceOf, recordOf } from './random-study.js';

type Execute = (instance: Instance, attempt: Attempt) => Promise<Execution>;

const ran = (instance: Instance): Execution => ({
  outcome: { status: 'ran', seconds: 0, summary: {} },
  record: recordOf(instance),
});
const failed = (failure: Failure): Execution => ({
  outcome: { status: 'failed', seconds: 0, summary: {}, failure },
});
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs all of it and gives the ids in the order of their starts, and the events. */
async function scheduled(
  instances: readonly Instance[],
  options: Partial<ScheduleOptions> = {},
  execute: Execute = async (instance) => {
    await turn();
    return ran(instance);
  },
  seconds: Readonly<Record<string, number>> = {},
) {
  const started: string[] = [];
  const events: EventBody[] = [];
  await runSchedule(
    instances,
    {
      decide: (instance) => ({
        action: 'run',
        reasons: [],
        key: digestOf(instance.id),
        document: {} as KeyDocument,
      }),
      restore: () => true,
      execute: (instance, _decision, _upstream, attempt) => {
        started.push(instance.id);
        return execute(instance, attempt);
      },
      expectedSeconds: (instance) => seconds[instance.id] ?? null,
      emit: (event) => events.push(event),
      logPath: () => '',
    },
    { capacity: { cpu: 1 }, onFailure: 'stop', signal: new AbortController().signal, ...options },
  );
  return { started, events };
}

describe('order', () => {
  const chain = [
    instanceOf({ id: 'short' }),
    instanceOf({ id: 'long' }),
    instanceOf({ id: 'head' }),
    instanceOf({ id: 'tail', dependencies: ['head'] }),
  ];

  test('the longest work ahead starts first: a long tail counts, not only the instance itself', async () => {
    const { started } = await scheduled(chain, {}, undefined, { short: 1, long: 10, head: 2, tail: 20 });
    expect(started).toEqual(['head', 'tail', 'long', 'short']);
  });

  test('what never ran counts as the usual of its stage', () => {
    const instances = [1, 2, 3, 4].map((index) => instanceOf({ id: `train-${index}`, stage: 'train' }));
    const past: Record<string, number> = { 'train-1': 10, 'train-2': 30, 'train-3': 500 };
    const paths = criticalPaths(instances, (instance) => past[instance.id] ?? null);
    expect(paths.get('train-4')).toBe(30);
  });

  test('without a past the longest chain of instances starts first', async () => {
    expect((await scheduled(chain)).started).toEqual(['head', 'short', 'long', 'tail']);
  });

  test('what needs the whole machine gets it, though small work keeps coming', async () => {
    const small = Array.from({ length: 60 }, (_, index) => instanceOf({ id: `small-${index}` }));
    const whole = instanceOf({ id: 'whole', needs: { cpu: 'all' } });
    // Attempts of different lengths, so that there is never a moment at which nothing runs by itself.
    let count = 0;
    const { started } = await scheduled(
      [...small, whole],
      { capacity: { cpu: 4 } },
      async (instance) => {
        count += 1;
        for (let turns = 1 + (count % 4); turns > 0; turns -= 1) await turn();
        return ran(instance);
      },
      { whole: 100 },
    );
    expect(started.indexOf('whole')).toBeLessThan(10);
  });

  test('instances of an executor with slots of its own take no processor of this machine', async () => {
    const remote = [1, 2, 3].map((index) => instanceOf({ id: `remote-${index}`, executor: 'cluster' }));
    const local = instanceOf({ id: 'local', needs: { cpu: 'all' } });
    let most = 0;
    let running = 0;
    await scheduled([...remote, local], { slots: { cluster: 3 } }, async (instance) => {
      running += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
      return ran(instance);
    });
    expect(most).toBe(4);
  });

  test('what is read but not among the instances is taken from `done`', async () => {
    const read = instanceOf({ id: 'read' });
    const reader = instanceOf({ id: 'reader', dependencies: ['read'] });
    const done = new Map([['read', recordOf(read)]]);
    expect((await scheduled([reader], { done })).started).toEqual(['reader']);
  });
});

describe('retries', () => {
  const failure: Failure = { reason: 'exit-nonzero', exitCode: 75, stderrTail: [] };
  const retries = { count: 2, backoffSeconds: 0, on: ['exit-nonzero:75'] };

  test('each is announced with what comes, and the outcome says how many it took', async () => {
    const { events } = await scheduled(
      [instanceOf({ id: 'a', retries })],
      {},
      async (instance, { attempt }) => (attempt < 3 ? failed(failure) : ran(instance)),
    );
    expect(events.filter(({ type }) => type === 'instance-retrying')).toEqual(
      [2, 3].map((attempt) => ({
        type: 'instance-retrying',
        instance: 'a',
        attempt,
        of: 3,
        failure,
        delaySeconds: 0,
      })),
    );
    expect(events.at(-1)).toMatchObject({ outcome: { status: 'ran', attempts: 3 } });
  });

  test('a wait holds nothing that others could use', async () => {
    const waits = instanceOf({ id: 'a', retries: { ...retries, backoffSeconds: 0.05 } });
    const { started } = await scheduled(
      [waits, instanceOf({ id: 'b' })],
      {},
      async (instance, { attempt }) =>
        instance.id === 'a' && attempt === 1 ? failed(failure) : ran(instance),
    );
    expect(started).toEqual(['a', 'b', 'a']);
  });

  test('a stop during the wait ends it: the failure stands', async () => {
    const controller = new AbortController();
    const waits = instanceOf({ id: 'a', retries: { ...retries, backoffSeconds: 1000 } });
    const other = instanceOf({ id: 'b' });
    const { events } = await scheduled([waits, other], { signal: controller.signal }, async (instance) => {
      if (instance.id === 'a') return failed(failure);
      controller.abort();
      return ran(instance);
    });
    expect(events.at(-1)).toMatchObject({ instance: 'a', outcome: { status: 'failed', failure } });
  });

  test('wait longer each time, and only for what was declared', () => {
    const policy = { count: 3, backoffSeconds: 5, on: ['timed-out', 'exit-nonzero:75', 'stage-error:busy'] };
    expect([1, 2, 3, 4].map((attempt) => retryDelay(policy, failure, attempt))).toEqual([5, 10, 20, null]);
    expect(retryDelay(policy, { ...failure, exitCode: 1 }, 1)).toBeNull();
    expect(retryDelay({ ...policy, on: ['exit-nonzero'] }, { ...failure, exitCode: 1 }, 1)).toBe(5);
    expect(retryDelay(policy, { reason: 'stage-error', code: 'busy', message: '' }, 1)).toBe(5);
    expect(retryDelay(policy, { reason: 'stage-error', code: 'other', message: '' }, 1)).toBeNull();
    expect(retryDelay(undefined, failure, 1)).toBeNull();
    // A timer of more than 2^31 ms would fire at once.
    expect((retryDelay({ ...policy, count: 60 }, failure, 60) ?? 0) * 1000).toBeLessThan(2 ** 31);
  });
});

test('fail-fast ends what runs', async () => {
  const ends: string[] = [];
  await scheduled(
    [instanceOf({ id: 'a' }), instanceOf({ id: 'b' })],
    { capacity: { cpu: 2 }, onFailure: 'fail-fast' },
    (instance, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          ends.push(instance.id);
          resolve(failed({ reason: 'aborted' }));
        });
        if (instance.id === 'b') resolve(failed({ reason: 'timed-out', limitSeconds: 1 }));
      }),
  );
  expect(ends).toContain('a');
});

test('a bug in one attempt ends the others before it is thrown', async () => {
  let ended = false;
  const run = scheduled(
    [instanceOf({ id: 'a' }), instanceOf({ id: 'b' })],
    { capacity: { cpu: 2 } },
    async (instance, { signal }) => {
      if (instance.id === 'b') throw new Error('a bug of ours');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await turn();
      ended = true;
      return failed({ reason: 'aborted' });
    },
  );
  await expect(run).rejects.toThrow('a bug of ours');
  expect(ended).toBe(true);
});

test('a priority queue gives in order what it was given in any', () => {
  const random = randomFrom(1);
  const queue = new PriorityQueue<number>((a, b) => a < b);
  const values = Array.from({ length: 500 }, () => Math.floor(random() * 100));
  for (const value of values) queue.push(value);
  const sorted = [...values].sort((a, b) => a - b);
  expect(sorted.map(() => queue.pop())).toEqual(sorted);
  expect(queue.pop()).toBeUndefined();
});
