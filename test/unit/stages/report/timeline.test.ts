import { describe, expect, it } from 'vitest';
import type { JobHistory } from '../../../../pipeline/contract/worker.js';
import { buildTimeline } from '../../../../stages/report/build/timeline.js';
import { timelineView } from '../../../../stages/report/view/timeline.js';

function made(instance: string, run: string, second: number, more: Partial<JobHistory> = {}): JobHistory {
  return {
    instance,
    stage: instance.split('@')[0] ?? '',
    key: `sha256:${instance}`,
    run,
    started_at: new Date(Date.UTC(2026, 0, 2, 3, 4, second)).toISOString(),
    wall_seconds: 10,
    host: 'desk',
    executor: null,
    attempts: 1,
    usage: null,
    device: null,
    accepted: null,
    made_from: { inputs: [], external: {}, environment: {} },
    ...more,
  };
}

const history = [
  made('fetch', 'r1', 0),
  made('clean', 'r2', 30, {
    usage: { wall_seconds: 9, cpu_seconds: 12.5, peak_rss_bytes: 2e9, source: 'sampled' },
  }),
  made('train@seed=10', 'r2', 41, { wall_seconds: 100, host: 'node7', executor: 'cluster', attempts: 2 }),
  made('train@seed=2', 'r2', 41),
];

describe('the timeline', () => {
  it('tells for each result the run that made it, the newest first, in the order of their starts', () => {
    const timeline = buildTimeline({ history });
    expect(
      timeline.map(({ run, reused, wall_s, instances }) => [
        run,
        reused,
        wall_s,
        instances.map(({ instance, start_s }) => `${instance} ${start_s}`),
      ]),
    ).toEqual([
      ['r2', false, 111, ['clean 0', 'train@seed=2 11', 'train@seed=10 11']],
      ['r1', true, 10, ['fetch 0']],
    ]);
    expect(timeline[0]?.instances[0]).toMatchObject({ cpu_s: 12.5, peak_rss_bytes: 2e9, read_bytes: null });
  });

  it('is the same whatever the order of its input', () => {
    expect(buildTimeline({ history: [...history].reverse() })).toEqual(buildTimeline({ history }));
  });

  it('shows where and how often it ran only when that differs, and says what is not known', () => {
    const page = timelineView({ timeline: buildTimeline({ history }) }).text;
    expect(page).toContain('Made by run <code>r2</code> on desk and node7, from 2026-01-02 03:04:30 UTC');
    expect(page).toContain('x="9.91" y="0" width="90.09"');
    expect(page.split('<th scope="col">Executor</th>')).toHaveLength(2);
    expect(page).toContain('1 instance reused from run r1');
    expect(timelineView({ timeline: [] }).text).toContain('not recorded');
  });
});
