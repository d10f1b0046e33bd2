import { strictEqual as equal } from 'node:assert';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../pipeline/base/canonical.js';
import { randomFrom } from '../../../pipeline/base/random.js';
import type { EventBody, Outcome } from '../../../pipeline/contract/event.js';
import type { Instance } from '../../../pipeline/contract/plan.js';
import type { KeyDocument } from '../../../pipeline/contract/store.js';
import {
  runSchedule,
  type ScheduleOptions,
  type SchedulePorts,
} from '../../../pipeline/schedule/scheduler.js';
import { type Behaviour, type RandomStudy, randomStudy, recordOf } from './random-study.js';

const CAPACITY = { cpu: 3, gpu: 2, memory: 100 };
const SLOTS = { cluster: 2, workstation: 'tokens' } as const;
const STUDIES = 150;

/** What each holds while it runs, counted apart from the scheduler's own book-keeping. */
class Machine {
  readonly #held = new Map<string, number>();

  hold(instance: Instance, sign: 1 | -1): void {
    if ('blocked' in instance.resolved) throw new Error('blocked');
    const { needs, device } = instance.resolved;
    if (instance.stage.executor === 'cluster') this.#change('cluster', 2, sign);
    else {
      const cpu = needs.cpu === 'all' ? CAPACITY.cpu : Math.min(needs.cpu, CAPACITY.cpu);
      this.#change('cpu', CAPACITY.cpu, sign * cpu);
      this.#change('gpu', CAPACITY.gpu, sign * Math.min(needs.gpu ?? 0, CAPACITY.gpu));
      this.#change('memory', CAPACITY.memory, sign * Math.min(needs.memory ?? 0, CAPACITY.memory));
    }
    for (const name of needs.mutex ?? []) this.#change(`mutex ${name}`, 1, sign);
    if (device !== undefined) this.#change(`device ${device}`, 1, sign);
  }

  #change(resource: string, total: number, amount: number): void {
    const held = (this.#held.get(resource) ?? 0) + amount;
    if (held > total) throw new Error(`${held} of ${total} ${resource} are held`);
    this.#held.set(resource, held);
  }
}

interface Trace {
  readonly events: readonly EventBody[];
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Ids in the order of their attempts; one that was tried twice is there twice. */
  readonly started: readonly string[];
  /** How many attempts had been begun when the first thing failed for good. */
  readonly startedBeforeFailure: number;
}

async function trace(
  { instances, behaviour }: RandomStudy,
  options: Pick<ScheduleOptions, 'onFailure'> & { readonly abortAfter?: number },
): Promise<Trace> {
  const machine = new Machine();
  const events: EventBody[] = [];
  const outcomes = new Map<string, Outcome>();
  const started: string[] = [];
  const running = new Set<string>();
  let startedBeforeFailure = Number.POSITIVE_INFINITY;
  const controller = new AbortController();
  const of = (instance: Instance): Behaviour => behaviour.get(instance.id) as Behaviour;
  const ports: SchedulePorts = {
    decide(instance, upstream) {
      for (const id of instance.dependencies) equal(upstream(id, 'main').digest, digestOf(id));
      const base = { reasons: [], key: digestOf(instance.id), document: {} as KeyDocument };
      const { decision } = of(instance);
      if (decision === 'blocked') {
        return { action: 'blocked', reasons: [{ kind: 'blocked', message: 'lacks', hint: '' }] };
      }
      return decision === 'run'
        ? { action: 'run', ...base }
        : { action: decision, ...base, record: recordOf(instance) };
    },
    restore: () => true,
    async execute(instance, _decision, upstream, { attempt, signal }) {
      equal(running.has(instance.id), false);
      for (const id of instance.dependencies) equal(upstream(id).instance, id);
      machine.hold(instance, 1);
      running.add(instance.id);
      started.push(instance.id);
      if (started.length === options.abortAfter) controller.abort();
      const { failures, failure, turns } = of(instance);
      for (let turn = 0; turn < turns && !signal.aborted; turn += 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      running.delete(instance.id);
      machine.hold(instance, -1);
      const base = { seconds: 0, summary: {} };
      if (signal.aborted) return { outcome: { ...base, status: 'failed', failure: { reason: 'aborted' } } };
      if (attempt <= failures) return { outcome: { ...base, status: 'failed', failure } };
      return { outcome: { ...base, status: 'ran' }, record: recordOf(instance) };
    },
    expectedSeconds: (instance) => (instance.id < 'n20' ? Number(instance.id.slice(1)) : null),
    emit(event) {
      events.push(event);
      if (event.type !== 'instance-finished') return;
      equal(outcomes.has(event.instance), false);
      outcomes.set(event.instance, event.outcome);
      if (event.outcome.status === 'failed') {
        startedBeforeFailure = Math.min(startedBeforeFailure, started.length);
      }
    },
    logPath: (instance) => `${instance.id}.log`,
  };
  const counts = await runSchedule(instances, ports, {
    capacity: CAPACITY,
    slots: SLOTS,
    onFailure: options.onFailure,
    signal: controller.signal,
  });
  expect(running.size).toBe(0);
  expect(outcomes.size).toBe(instances.length);
  for (const status of ['ran', 'reused', 'restored', 'failed', 'skipped'] as const) {
    expect(counts[status]).toBe([...outcomes.values()].filter((outcome) => outcome.status === status).length);
  }
  return { events, outcomes, started, startedBeforeFailure };
}

/** How often it is tried, and whether that is enough, told from its behaviour alone. */
function fate(instance: Instance, { failures, failure }: Behaviour): { attempts: number; succeeds: boolean } {
  const { retries } = instance.stage;
  const reason = failure.reason === 'exit-nonzero' ? 'exit-nonzero:75' : failure.reason;
  const allowed = 1 + (retries?.on.includes(reason) === true ? retries.count : 0);
  return { attempts: Math.min(failures + 1, allowed), succeeds: failures < allowed };
}

const done = (outcome: Outcome | undefined): boolean =>
  outcome !== undefined && ['ran', 'reused', 'restored'].includes(outcome.status);

describe(`${STUDIES} random graphs`, () => {
  test('keep-going: everything that does not depend on a failure is done, and the rest names that failure', async () => {
    for (let seed = 0; seed < STUDIES; seed += 1) {
      const study = randomStudy(seed);
      const { outcomes, events } = await trace(study, { onFailure: 'keep-going' });
      for (const instance of study.instances) {
        const behaviour = study.behaviour.get(instance.id) as Behaviour;
        const outcome = outcomes.get(instance.id);
        const where = `seed ${seed}, ${instance.id}`;
        const lost = instance.dependencies.some((id) => !done(outcomes.get(id)));
        if (lost) {
          const { failure } = outcome ?? {};
          if (failure?.reason !== 'dependency-failed') throw new Error(`${where}: ${failure?.reason}`);
          expect(outcomes.get(failure.dependency)?.status, where).toBe('failed');
        } else if (behaviour.decision === 'run') {
          const { attempts, succeeds } = fate(instance, behaviour);
          expect(outcome, where).toMatchObject({ status: succeeds ? 'ran' : 'failed', attempts });
          const own = events.filter((event) => 'instance' in event && event.instance === instance.id);
          expect(own.filter(({ type }) => type === 'instance-started')).toHaveLength(attempts);
          expect(own.filter(({ type }) => type === 'instance-retrying')).toHaveLength(attempts - 1);
        } else {
          const status = { reuse: 'reused', restore: 'restored', blocked: 'failed' }[behaviour.decision];
          expect(outcome?.status, where).toBe(status);
        }
      }
    }
  });

  test.each(['stop', 'fail-fast'] as const)('%s: nothing starts after a failure', async (onFailure) => {
    let stopped = 0;
    let ended = 0;
    for (let seed = 0; seed < STUDIES; seed += 1) {
      const study = randomStudy(seed);
      const { outcomes, started, startedBeforeFailure } = await trace(study, { onFailure });
      const anyFailed = [...outcomes.values()].some((outcome) => outcome.status === 'failed');
      expect(started.length, `seed ${seed}`).toBeLessThanOrEqual(startedBeforeFailure);
      for (const { status, failure } of outcomes.values()) {
        if (failure?.reason === 'aborted') ended += 1;
        if (status !== 'skipped' || failure?.reason === 'dependency-failed') continue;
        expect(anyFailed, `seed ${seed}`).toBe(true);
        expect(failure).toEqual({ reason: 'not-started', because: 'another-failed' });
        stopped += 1;
      }
    }
    expect(stopped).toBeGreaterThan(STUDIES);
    // Only `fail-fast` ends what runs, and some did run.
    if (onFailure === 'stop') expect(ended).toBe(0);
    else expect(ended).toBeGreaterThan(STUDIES / 10);
  });

  test('an abort ends what runs and starts nothing more', async () => {
    let aborted = 0;
    for (let seed = 0; seed < STUDIES; seed += 1) {
      const abortAfter = 1 + Math.floor(randomFrom(seed)() * 10);
      const { outcomes, started } = await trace(randomStudy(seed), { onFailure: 'keep-going', abortAfter });
      if (started.length < abortAfter) continue;
      aborted += 1;
      expect(started, `seed ${seed}`).toHaveLength(abortAfter);
      for (const { failure } of outcomes.values()) {
        if (failure?.reason === 'not-started') expect(failure.because).toBe('aborted');
      }
    }
    expect(aborted).toBeGreaterThan(STUDIES / 3);
  });

  test('the same graph runs in the same order', async () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const { instances, behaviour } = randomStudy(seed);
      // A wait before another attempt is real time, which is never the same twice.
      const calm = new Map([...behaviour].map(([id, own]) => [id, { ...own, failures: 0 }]));
      const first = await trace({ instances, behaviour: calm }, { onFailure: 'keep-going' });
      const second = await trace({ instances, behaviour: calm }, { onFailure: 'keep-going' });
      expect(second.started).toEqual(first.started);
    }
  });
});
