import { describe, expect, it, vi } from 'vitest';
import { createSink } from '../../../pipeline/ui/sink.js';
import { Screen, screenOutput } from '../../rig/terminal.js';
import { matrix, planned, Recording } from './recording.js';

async function render(
  recording: Recording,
  env: Record<string, string> = {},
  isTTY = false,
): Promise<Screen> {
  const screen = new Screen(200, 200);
  const sink = createSink('plain', { stdout: screenOutput(screen, isTTY), env });
  recording.play(sink);
  await sink.close();
  return screen;
}

function successfulRun(): Recording {
  const seeds = matrix('fine-tune', 'seed', [1, 2, 3], 'reuse');
  const changed = planned('fine-tune', { seed: 4 }, 'run', {
    kind: 'option-changed',
    path: 'learning_rate',
    before: '2e-5',
    after: '1e-5',
  });
  const recording = new Recording().start([planned('clean', {}, 'reuse'), ...seeds, changed]);
  recording.wait(0.1).reused('clean', ...seeds.map(({ id }) => id));
  recording.begin(changed.id, ...changed.reasons).wait(2);
  for (let step = 1; step <= 12; step += 1) {
    recording.wait(1).metric(changed.id, 'loss', 1 / step);
    recording.progress(changed.id, { done: step * 10, total: 120, unit: 'steps', phase: 'epoch 1 of 1' });
  }
  recording
    .warn(changed.id, 'loss\nis \x1b[31mhigh')
    .ran(changed.id, 14, { macro_f1: 0.6412, best_epoch: 1 });
  return recording.finish('succeeded', {
    report: 'artifacts/report/report.html',
    table: [
      ['model', 'accuracy'],
      ['m', '0.7'],
    ],
  });
}

describe('the plain view', () => {
  it('says with the plan how long devices are expected to work, and why', async () => {
    const expected = { device: 'rpi3b', seconds: 200_000, work: 'study', basis: 'published' };
    const screen = await render(new Recording().start([{ ...planned('evaluate', {}, 'run'), expected }]));
    expect(screen.text()).toContain(
      '  expected on devices: rpi3b 55h33m:\n    rpi3b, study: 1 measurement, 55h33m; published',
    );
  });

  it('tells each thing that happens in one line, progress at most every five seconds', async () => {
    const screen = await render(successfulRun());
    expect(screen.text()).toMatchInlineSnapshot(`
      "a study, profile quick, run r1
        clean: reused
        fine-tune: 3 of 4 reused, seed=4 runs: learning_rate 2e-5 -> 1e-5
        5 instances: 1 to run, 4 reused.
      00:00 clean reused
      00:00 fine-tune 3 of 4 reused
      00:00 fine-tune@seed=4 started: learning_rate 2e-5 -> 1e-5
      00:05 fine-tune@seed=4 epoch 1 of 1 · 30 of 120 steps · 10 steps/s · loss 0.333 · ETA 9.0s
      00:10 fine-tune@seed=4 epoch 1 of 1 · 80 of 120 steps · 10 steps/s · loss 0.125 · ETA 4.0s
      00:14 fine-tune@seed=4 warning: loss is high
      00:14 fine-tune@seed=4 finished in 14s · macro-F1 0.641 · best epoch 1

      1 warning
        fine-tune@seed=4: loss is high

      model  accuracy
      ─────  ────────
      m           0.7

      Done in 14s, 1 ran, 4 reused.
      Ran: fine-tune 14s
      Report: artifacts/report/report.html"
    `);
  });

  it('writes no escape codes unless colour is wanted', async () => {
    expect((await render(successfulRun())).raw).not.toContain('\x1b');
    expect((await render(successfulRun(), { TERM: 'xterm' }, true)).raw).toContain('\x1b[32m');
    expect((await render(successfulRun(), { NO_COLOR: '1', FORCE_COLOR: '1' }, true)).raw).not.toContain(
      '\x1b',
    );
    expect((await render(successfulRun(), { FORCE_COLOR: '1' })).raw).toContain('\x1b[32m');
    expect((await render(successfulRun(), { FORCE_COLOR: '0', TERM: 'xterm' }, true)).raw).not.toContain(
      '\x1b',
    );
    expect((await render(successfulRun(), { TERM: 'dumb' }, true)).raw).not.toContain('\x1b');
  });

  it('says what failed, why, what to do, and what did not run because of it', async () => {
    const recording = new Recording()
      .start([planned('fetch', {}, 'run', { kind: 'never-ran' }), planned('clean', {}, 'pending')])
      .begin('fetch', { kind: 'never-ran' })
      .wait(2)
      .failed('fetch', {
        reason: 'stage-error',
        code: 'file-cut',
        message: 'The file ends in the middle of a row',
        hint: 'Copy it again',
        file: 'data/E001.dat',
        line: 12,
      })
      .skipped('clean', 'fetch')
      .finish('failed');
    expect((await render(recording)).text()).toMatchInlineSnapshot(`
      "a study, profile quick, run r1
        fetch: runs: never ran before
        clean: waits
        2 instances: 1 to run, 1 waiting for what they read, 0 reused.
      00:00 fetch started: never ran before
      00:02 failed fetch failed: data/E001.dat:12: The file ends in the middle of a row. [file-cut]
      00:02 skipped clean was skipped, because fetch failed.

      fetch failed: data/E001.dat:12: The file ends in the middle of a row. [file-cut]
        Copy it again.
        Log: logs/fetch.log

      1 instance that needed a result of these did not run.

      Failed in 2.0s, 1 failed, 1 skipped."
    `);
  });

  it('tells a setup that fails', async () => {
    const recording = new Recording()
      .start([planned('fetch', {}, 'run')])
      .add({ type: 'setup-progress', message: 'Making the Python environment' })
      .add({
        type: 'setup-failed',
        failure: { reason: 'environment', message: 'There is no Python 3.11 to 3.13', hint: 'Install one' },
      })
      .finish('failed');
    expect((await render(recording)).text()).toMatchInlineSnapshot(`
      "a study, profile quick, run r1
        fetch: runs
        1 instance: 1 to run, 0 reused.
      00:00 setup Making the Python environment
      00:00 setup The setup failed: There is no Python 3.11 to 3.13.

      The setup failed: There is no Python 3.11 to 3.13.
        Install one.

      Failed in 0.0s."
    `);
  });
});

describe('the json view', () => {
  it('writes the events and nothing else, one a line', async () => {
    const screen = new Screen(10_000, 1000);
    const recording = successfulRun();
    const sink = createSink('json', { stdout: screenOutput(screen, true), env: { FORCE_COLOR: '1' } });
    recording.play(sink);
    await sink.close();
    expect(
      screen.raw
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(recording.events);
  });
});

describe('the choice of a view', () => {
  it.each([
    { isTTY: true, env: { TERM: 'xterm' }, cursor: true },
    { isTTY: true, env: { TERM: 'xterm', CI: 'true' }, cursor: false },
    { isTTY: true, env: { TERM: 'dumb' }, cursor: false },
    { isTTY: false, env: { TERM: 'xterm' }, cursor: false },
  ])('auto moves the cursor: $cursor, with a terminal: $isTTY, $env', async ({ isTTY, env, cursor }) => {
    // listr2 falls back to lines where process.stdout is no terminal, whatever it writes to.
    vi.spyOn(process, 'stdout', 'get').mockReturnValue(
      Object.assign(Object.create(process.stdout), { isTTY: true }),
    );
    const screen = new Screen();
    const sink = createSink('auto', { stdout: screenOutput(screen, isTTY), env });
    new Recording()
      .start([planned('clean', {}, 'run')])
      .ran('clean', 1)
      .finish('succeeded')
      .play(sink);
    await sink.close();
    expect(screen.raw.includes('\x1b[?25l')).toBe(cursor);
  });
});
