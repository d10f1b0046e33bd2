import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../pipeline/base/canonical.js';
import type { EventBody, Outcome } from '../../../pipeline/contract/event.js';
import type { Instance } from '../../../pipeline/contract/plan.js';
import type { KeyDocument, RunRecord } from '../../../pipeline/contract/store.js';
import { expandMatrix } from '../../../pipeline/plan/matrix.js';
import { runSchedule, type SchedulePorts } from '../../../pipeline/schedule/scheduler.js';
import { fakeConfig, fakeDefinition } from '../plan/fake-stages.js';

const definitions = new Map(
  [fakeDefinition('clean'), fakeDefinition('train', ['clean']), fakeDefinition('convert', ['train'])].map(
    (definition) => [definition.id, definition],
  ),
);
const { instances } = expandMatrix(
  fakeConfig(
    { seed: [1, 2, 3] },
    { clean: {}, train: { from: ['clean'], matrix: ['seed'] }, convert: { from: ['train'] } },
  ),
  definitions,
  { installation: '/installation', host: { cpuCount: 2 } },
);

function recordOf(instance: Instance): RunRecord {
  return {
    schema: 1,
    key: digestOf(instance.id),
    instance: instance.id,
    document: {} as KeyDocument,
    outputs: { main: { kind: 'file', artifact: 'x', path: 'x', digest: digestOf(instance.id), size: 1 } },
    summary: {},
    started_at: '',
    wall_seconds: 0,
    host: '',
    run: '',
  };
}

interface Options {
  readonly fails?: string;
  readonly reuse?: (id: string) => boolean;
  readonly cpu?: number;
  readonly onFailure?: 'stop' | 'keep-going';
  readonly onExecute?: (id: string, running: number) => void;
  readonly signal?: AbortSignal;
}

async function schedule(options: Options = {}) {
  const events: EventBody[] = [];
  const executed: string[] = [];
  let running = 0;
  let most = 0;
  const ports: SchedulePorts = {
    decide: (instance) => {
      const base = { reasons: [], key: digestOf(instance.id), document: {} as KeyDocument };
      return options.reuse?.(instance.id) === true
        ? { action: 'reuse', ...base, record: recordOf(instance) }
        : { action: 'run', ...base };
    },
    restore: () => true,
    execute: async (instance) => {
      running += 1;
      most = Math.max(most, running);
      executed.push(instance.id);
      options.onExecute?.(instance.id, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      const base = { seconds: 0, summary: {} };
      if (instance.id === options.fails) {
        return { outcome: { ...base, status: 'failed', failure: { reason: 'aborted' } } };
      }
      return { outcome: { ...base, status: 'ran' }, record: recordOf(instance) };
    },
    expectedSeconds: () => null,
    emit: (event) => events.push(event),
    logPath: (instance) => `${instance.id}.log`,
  };
  const counts = await runSchedule(instances, ports, {
    capacity: { cpu: options.cpu ?? 2 },
    onFailure: options.onFailure ?? 'stop',
    signal: options.signal ?? new AbortController().signal,
  });
  const outcomes = new Map<string, Outcome>();
  for (const event of events) {
    if (event.type === 'instance-finished') {
      expect(outcomes.has(event.instance), `${event.instance} ended twice`).toBe(false);
      outcomes.set(event.instance, event.outcome);
    }
  }
  return { counts, executed, outcomes, most };
}

describe('runSchedule', () => {
  test('runs each instance once, after what it reads, as many at a time as there are tokens', async () => {
    const { counts, executed, most } = await schedule();
    expect(counts).toEqual({ ran: 7, reused: 0, restored: 0, failed: 0, skipped: 0 });
    expect(new Set(executed).size).toBe(7);
    expect(most).toBe(2);
    for (const seed of [1, 2, 3]) {
      expect(executed.indexOf(`train@seed=${seed}`)).toBeLessThan(executed.indexOf(`convert@seed=${seed}`));
    }
  });

  test('reuses what is done and goes on from there (early cutoff)', async () => {
    const { counts, executed } = await schedule({ reuse: (id) => !id.includes('seed=2') });
    expect(executed).toEqual(['train@seed=2', 'convert@seed=2']);
    expect(counts.reused).toBe(5);
  });

  test('stop: nothing new starts after a failure, and everything gets an outcome', async () => {
    const { counts, outcomes } = await schedule({ fails: 'train@seed=1', cpu: 1 });
    expect(counts.failed).toBe(1);
    expect(outcomes.size).toBe(instances.length);
    expect(outcomes.get('convert@seed=1')?.failure).toEqual({
      reason: 'dependency-failed',
      dependency: 'train@seed=1',
    });
    expect(outcomes.get('train@seed=3')).toMatchObject({
      status: 'skipped',
      failure: { reason: 'not-started', because: 'another-failed' },
    });
  });

  test('keep-going: other branches finish', async () => {
    const { counts, outcomes } = await schedule({ fails: 'train@seed=1', cpu: 1, onFailure: 'keep-going' });
    expect(counts).toEqual({ ran: 5, reused: 0, restored: 0, failed: 1, skipped: 1 });
    expect(outcomes.get('convert@seed=3')?.status).toBe('ran');
  });

  test('an abort starts nothing more', async () => {
    const controller = new AbortController();
    const { executed, counts } = await schedule({
      signal: controller.signal,
      cpu: 1,
      onExecute: (id) => {
        if (id === 'train@seed=1') controller.abort();
      },
    });
    expect(executed).toEqual(['clean', 'train@seed=1']);
    expect(counts.skipped).toBe(5);
  });
});
