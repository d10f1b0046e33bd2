import { describe, expect, it } from 'vitest';
import { partText } from '../../../pipeline/ui/coordinates.js';
import { planLines } from '../../../pipeline/ui/plan-table.js';
import { matrix, planned } from './recording.js';

const CHANGED = { kind: 'option-changed', path: 'learning_rate', before: '2e-5', after: '1e-5' } as const;

describe('planLines', () => {
  it('groups over the matrix', () => {
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const plan = [
      planned('clean', {}, 'reuse'),
      ...seeds.map((seed) =>
        planned('fine-tune', { seed }, seed === 4 ? 'run' : 'reuse', ...(seed === 4 ? [CHANGED] : [])),
      ),
      ...seeds.map((seed) =>
        seed === 4
          ? planned('export', { seed }, 'pending', { kind: 'upstream-runs', instance: 'fine-tune@seed=4' })
          : planned(
              'export',
              { seed },
              seed === 9 ? 'restore' : 'reuse',
              ...(seed === 9 ? [{ kind: 'output-missing', path: 'x' } as const] : []),
            ),
      ),
      ...matrix('deploy', 'device', ['rpi3b', 'rpi4b'], 'blocked'),
    ];
    expect(planLines(plan, 100).join('\n')).toMatchInlineSnapshot(`
      "clean: reused
      fine-tune: 9 of 10 reused, seed=4 runs: learning_rate 2e-5 -> 1e-5
      export: 8 of 10 reused; seed=9 restored from the store: x is missing; seed=4 waits: fine-tune runs
        first
      deploy: all 2 blocked
      23 instances: 1 to run, 1 waiting for what they read, 1 restored, 18 reused, 2 blocked."
    `);
  });

  it('tells those that go on from those that start', () => {
    const never = { kind: 'never-ran' } as const;
    const runs = (seed: number) => planned('fine-tune', { seed }, 'run', never);
    const resumed = (seed: number) => ({ ...runs(seed), resumes: true as const });
    expect(planLines([runs(1), resumed(2), runs(3)], 120)[0]).toBe(
      'fine-tune: seed=1,3 (2) run: never ran before, seed=2 resumes from an earlier attempt: never ran before',
    );
    expect(planLines([resumed(1), resumed(2)], 120)[0]).toBe(
      'fine-tune: all 2 resume from an earlier attempt: never ran before',
    );
  });

  it('stays within the width', () => {
    const plan = [
      planned('fine-tune', {}, 'run', CHANGED, { kind: 'code-changed', file: 'stages/fine-tune/worker.py' }),
    ];
    for (const line of planLines(plan, 40)) expect(line.length).toBeLessThanOrEqual(40);
  });
});

describe('partText', () => {
  const whole = [1, 2, 3].flatMap((seed) =>
    ['fp32', 'int8'].map((precision) => ({ model: 'm', seed, precision })),
  );
  const where = (test: (element: (typeof whole)[number]) => boolean) => partText(whole, whole.filter(test));

  it('names a product by the values that set it apart', () => {
    expect(where(() => true)).toBe('all');
    expect(where(({ seed }) => seed > 1)).toBe('seed=2,3');
    expect(where(({ seed, precision }) => seed === 2 && precision === 'int8')).toBe('precision=int8 seed=2');
  });

  it('names elements one by one where they are no product', () => {
    expect(where(({ seed, precision }) => (seed === 1) === (precision === 'int8'))).toBe(
      'precision=int8 seed=1, precision=fp32 seed=2, precision=fp32 seed=3',
    );
    expect(where(({ seed, precision }) => seed > 1 || precision === 'int8')).toContain(' and 2 more');
  });
});
