import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../pipeline/base/canonical.js';
import { ok } from '../../../pipeline/base/result.js';
import type { Instance, InstanceGraph, PlanFacts } from '../../../pipeline/contract/plan.js';
import type { KeyDocument, RunRecord } from '../../../pipeline/contract/store.js';
import { buildPlan } from '../../../pipeline/plan/build-plan.js';
import { expandMatrix } from '../../../pipeline/plan/matrix.js';
import { selectInstances, withReaders, withUpstream } from '../../../pipeline/plan/selector.js';
import { runSchedule } from '../../../pipeline/schedule/scheduler.js';
import { recordOf } from '../schedule/random-study.js';
import { fakeConfig, fakeDefinition } from './fake-stages.js';

const definitions = new Map(
  [
    fakeDefinition('clean'),
    fakeDefinition('train', ['clean']),
    fakeDefinition('convert', ['train', 'clean']),
    fakeDefinition('report', [{ name: 'converted', artifact: 'convert', count: 'any' }]),
  ].map((definition) => [definition.id, definition]),
);

/** A graph that counts how often anything of its instances is looked at: the same on every machine, unlike time. */
function countedGraph(seeds: number): { readonly graph: InstanceGraph; readonly looks: () => number } {
  const { instances } = expandMatrix(
    fakeConfig(
      { seed: Array.from({ length: seeds }, (_, index) => index), precision: ['fp32', 'int8'] },
      {
        clean: {},
        train: { from: ['clean'], matrix: ['seed'] },
        convert: { from: ['train', 'clean'], matrix: ['precision'] },
        report: { from: ['convert@*'] },
      },
    ),
    definitions,
    { installation: '/installation', host: { cpuCount: 2 } },
  );
  let looks = 0;
  const counted = instances.map(
    (instance): Instance =>
      new Proxy(instance, {
        get(target, property) {
          looks += 1;
          return Reflect.get(target, property) as unknown;
        },
      }),
  );
  const byId = new Map(counted.map((instance, index) => [instances[index]?.id ?? '', instance]));
  return { graph: { instances: counted, byId }, looks: () => looks };
}

const facts: PlanFacts = {
  external: () => ok({}),
  code: () => ({ 'worker.ts': digestOf('1') }),
  environment: () => ({ node: '20' }),
  record: (key) => ({ outputs: { main: { digest: key } } }) as unknown as RunRecord,
  lastRecord: () => null,
  everSucceeded: () => false,
  externalFiles: () => null,
  presence: () => ({ state: 'present' }),
  resumes: () => false,
};

const work: Readonly<Record<string, (graph: InstanceGraph) => unknown>> = {
  'selectors and closures': (graph) => {
    const chosen = selectInstances(graph, ['convert@precision=int8', 'train']);
    if (!chosen.ok) throw new Error(chosen.error);
    return [withUpstream(graph, chosen.value), withReaders(graph, chosen.value)];
  },
  'a plan of what is done': (graph) => {
    const { planned } = buildPlan(graph.instances, facts, new Set());
    expect(planned.every(({ action }) => action === 'reuse')).toBe(true);
  },
  'a schedule in which everything runs': (graph) =>
    runSchedule(
      graph.instances,
      {
        decide: ({ id }) => ({ action: 'run', reasons: [], key: digestOf(id), document: {} as KeyDocument }),
        restore: () => true,
        execute: async (instance) => ({
          outcome: { status: 'ran', seconds: 0, summary: {} },
          record: recordOf(instance),
        }),
        expectedSeconds: ({ id }) => id.length,
        emit: () => undefined,
        logPath: () => '',
      },
      { capacity: { cpu: 4 }, onFailure: 'stop', signal: new AbortController().signal },
    ),
};

describe('twice the instances are at most 2.2 times the work', () => {
  test.each(Object.keys(work))('%s', async (name) => {
    const looksAt = async (seeds: number): Promise<number> => {
      const { graph, looks } = countedGraph(seeds);
      await work[name]?.(graph);
      return looks();
    };
    const [once, twice] = [await looksAt(300), await looksAt(600)];
    expect(once).toBeGreaterThan(300);
    expect(twice / once).toBeLessThan(2.2);
  });
});
