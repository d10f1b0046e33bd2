import { describe, expect, it } from 'vitest';
import { runHistoryLines } from '../../../pipeline/ui/run-history.js';
import { RunState } from '../../../pipeline/ui/run-state.js';
import { type RunStanding, runStatusLines } from '../../../pipeline/ui/run-status.js';
import { summaryLines } from '../../../pipeline/ui/summary.js';
import { stageUsage } from '../../../pipeline/ui/usage-table.js';
import { Screen, screenOutput } from '../../rig/terminal.js';
import { matrix, planned, Recording } from './recording.js';

const usage = {
  wall_seconds: 30,
  cpu_seconds: 55,
  peak_rss_bytes: 1.5e9,
  read_bytes: 2e6,
  written_bytes: 3e3,
  source: 'sampled',
} as const;

function recording(): Recording {
  return new Recording()
    .start([
      planned('fetch', {}, 'reuse'),
      ...matrix('train', 'seed', [1, 2, 3], 'run'),
      planned('report', {}, 'pending'),
    ])
    .reused('fetch')
    .begin('train@seed=1')
    .wait(30)
    .end('train@seed=1', { status: 'ran', seconds: 30, summary: {}, usage })
    .begin('train@seed=2')
    .progress('train@seed=2', { done: 100, total: 1000, unit: 'steps' })
    .wait(10)
    .progress('train@seed=2', { done: 200, total: 1000, unit: 'steps' });
}

function stateOf(given: Recording): RunState {
  const state = new RunState();
  for (const event of given.events) state.apply(event);
  return state;
}

function lines(
  given: Recording,
  standing: RunStanding,
  columns = 110,
  resumable: readonly string[] = [],
): string {
  const output = { stdout: screenOutput(new Screen(columns, 50), false), env: {} };
  const stdout = Object.assign(output.stdout, { columns });
  return runStatusLines(
    { run: 'r1', state: stateOf(given), standing, seconds: 40, resumable: new Set(resumable) },
    { ...output, stdout },
  ).join('\n');
}

describe('the status of a run', () => {
  it('says how far it is, what it used and what runs now', () => {
    expect(lines(recording(), 'running')).toMatchInlineSnapshot(`
      "Run r1 (quick) is running for 40s.

      Stage   State                                   Time  CPU  Peak memory  Read  Written
      ──────  ──────────────────────────────────────  ────  ───  ───────────  ────  ───────
      fetch   reused
      train   1 ran, 1 running, 1 waiting, ETA 1m50s   30s  55s       1.5 GB  2 MB     3 kB
      report  waiting

      train@seed=2  200 of 1,000 steps · 10 steps/s · ETA 1m20s
        log: logs/train@seed=2.log"
    `);
  });

  it('of a killed run has nothing that runs', () => {
    const text = lines(recording(), 'interrupted');
    expect(text).toContain('1 ran, 1 cut off, 1 not started');
    expect(text).not.toMatch(/running|ETA/);
  });

  it('tells what the next run goes on with', () => {
    const resumable = ['train@seed=3', 'train@seed=2'];
    expect(lines(recording(), 'interrupted', 110, resumable)).toContain(
      'Run again: train@seed=2, train@seed=3 resume from an earlier attempt.',
    );
    expect(lines(recording(), 'running', 110, resumable)).not.toContain('earlier attempt');
  });

  it('names failures with what to do, and fits a narrow terminal', () => {
    const failed = recording().failed('train@seed=2', {
      reason: 'exit-nonzero',
      exitCode: 3,
      stderrTail: ['no space'],
    });
    const text = lines(failed, 'failed', 40);
    expect(text).toMatch(/train@seed=2 .*exit.* 3/s);
    expect(text).toContain('no space');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(40);
  });
});

describe('resource use', () => {
  it('is the sum over a stage, the peak its highest; unknown stays unknown', () => {
    const given = recording().end('train@seed=2', {
      status: 'failed',
      seconds: 5,
      summary: {},
      usage: { wall_seconds: 5, peak_rss_bytes: 9e9, source: 'sampled' },
    });
    const stage = stateOf(given).stages.get('train');
    expect(stage && stageUsage(stage)).toEqual({
      ran: 2,
      wall_seconds: 35,
      cpu_seconds: 55,
      peak_rss_bytes: 9e9,
      read_bytes: 2e6,
      written_bytes: 3e3,
    });
    const fetched = stateOf(given).stages.get('fetch');
    expect(fetched && stageUsage(fetched)).toBeNull();
  });

  it('is in the summary where it was measured and has room', () => {
    const summary = (columns: number): string => {
      const stdout = Object.assign(screenOutput(new Screen(columns, 50), false), { columns });
      return summaryLines(stateOf(recording().finish('succeeded')), { stdout, env: {} }).join('\n');
    };
    expect(summary(100)).toMatch(/train +1 +30s +55s +1\.5 GB +2 MB +3 kB/);
    expect(summary(60)).toContain('Ran: train 30s');
  });
});

describe('the history of runs', () => {
  it('shows the newest twenty, the last of them last', () => {
    const entries = Array.from({ length: 23 }, (_, index) => ({
      run: `run-${index + 1}`,
      started_at: '2026-01-02T03:04:05.000Z',
      profile: ['a', 'b'],
      argv: [],
      status: index === 22 ? ('running' as const) : ('interrupted' as const),
      seconds: null,
      counts: null,
    }));
    const shown = runHistoryLines(entries, 100);
    expect(shown[0]).toBe('3 older; --json has all');
    expect(shown.at(-1)).toMatch(/^run-23 +2026-01-02 03:04 +a,b +running/);
    expect(shown.some((line) => line.startsWith('run-3 '))).toBe(false);
  });
});
