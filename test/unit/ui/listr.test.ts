import { describe, expect, it, vi } from 'vitest';
import type { EventSink } from '../../../pipeline/contract/event.js';
import { createSink } from '../../../pipeline/ui/sink.js';
import { displayWidth } from '../../../pipeline/ui/text.js';
import { Screen, screenOutput } from '../../rig/terminal.js';
import { matrix, planned, Recording } from './recording.js';

async function open(columns: number): Promise<{ screen: Screen; sink: EventSink }> {
  // listr2 asks process.stdout what it is and how wide, whatever it writes to.
  vi.spyOn(process, 'stdout', 'get').mockReturnValue(
    Object.assign(Object.create(process.stdout), { columns, isTTY: true }),
  );
  const screen = new Screen(columns, 40);
  const sink = createSink('listr', { stdout: screenOutput(screen, true), env: { NO_COLOR: '1' } });
  return { screen, sink };
}

/**
 * The screen once it shows what is waited for: listr2 loads and draws in its own time. Spinner frames are replaced,
 * since which one is drawn depends on the time.
 */
async function drawn(screen: Screen, shows: (text: string) => boolean): Promise<string> {
  const text = () => screen.text().replace(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/g, '*');
  await vi.waitFor(() => expect(shows(text()), text()).toBe(true), { timeout: 8000 });
  return text();
}

const PLAN = [
  planned('clean', {}, 'reuse'),
  ...matrix('fine-tune', 'seed', [1, 2, 3, 4], 'run'),
  planned('report', {}, 'pending'),
];

function training(): Recording {
  const recording = new Recording()
    .start(PLAN)
    .reused('clean')
    .begin('fine-tune@seed=1')
    .begin('fine-tune@seed=2')
    .wait(1);
  for (const seed of [1, 2]) {
    const id = `fine-tune@seed=${seed}`;
    recording.progress(id, { done: 0, total: 100, unit: 'steps', phase: 'epoch 1 of 2' }).wait(1);
    recording.progress(id, { done: 10 * seed, total: 100, unit: 'steps', phase: 'epoch 1 of 2' });
    recording.metric(id, 'loss', 0.6149).metric(id, 'macro_f1', 0.6412).metric(id, 'samples_per_s', 104.2);
  }
  return recording;
}

describe('the listr view', () => {
  it('shows a task for each stage, and what runs below it', async () => {
    const { screen, sink } = await open(100);
    training().play(sink);
    expect(await drawn(screen, (text) => text.includes('ETA 4.0s'))).toMatchInlineSnapshot(`
      "✔ clean      reused
      ❯ fine-tune  0 of 4 · 2 running · ETA 18s
        * seed=1 epoch 1 of 2 · 10 of 100 steps · loss 0.615 · macro-F1 0.641 · 104 samples/s · ETA 9.0s
        * seed=2 epoch 1 of 2 · 20 of 100 steps · loss 0.615 · macro-F1 0.641 · 104 samples/s · ETA 4.0s
      ◼ report"
    `);
    await sink.close();
  });

  it('says first how long devices are expected to work', async () => {
    const { screen, sink } = await open(60);
    const expected = { device: 'rpi3b', seconds: 200_000, work: 'study', basis: 'published' };
    const recording = new Recording().start([{ ...planned('evaluate', {}, 'run'), expected }]);
    recording.begin('evaluate').play(sink);
    const text = await drawn(screen, (shown) => shown.includes('evaluate'));
    expect(text).toMatch(/^expected on devices: rpi3b 55h33m\n. evaluate/);
    await sink.close();
  });

  it('shows a single running instance in the line of its stage, and its metrics below', async () => {
    const { screen, sink } = await open(80);
    training().ran('fine-tune@seed=2', 3).play(sink);
    const text = await drawn(screen, (shown) => shown.includes('1 of 4'));
    expect(text).toContain('❯ fine-tune  1 of 4 · seed=1 epoch 1 of 2 · 10 of 100 steps · ETA ');
    expect(text).toContain('\n  * loss 0.615 · macro-F1 0.641 · 104 samples/s\n');
    await sink.close();
  });

  it.each(['ran', 'failed'] as const)('leaves one line of a stage of one instance that %s', async (end) => {
    const { screen, sink } = await open(80);
    const recording = new Recording()
      .start([planned('train', {}, 'run')])
      .begin('train')
      .wait(1);
    recording.progress('train', { done: 1, total: 9, unit: 'steps' }).metric('train', 'loss', 0.5).play(sink);
    await drawn(screen, (text) => text.includes('* loss 0.5'));
    const last = new Recording().wait(3);
    if (end === 'ran') last.ran('train', 3);
    else last.failed('train', { reason: 'timed-out', limitSeconds: 90 });
    last.finish(end === 'ran' ? 'succeeded' : 'failed').play(sink);
    await sink.close();
    expect(screen.text()).not.toContain('loss');
    expect(screen.text()).toMatch(
      end === 'ran' ? /^✔ train {2}ran · 3.0s\n/ : /^✖ train {2}failed: .*\n\ntrain failed/,
    );
  });

  it('leaves failures on the screen and ends with the summary', async () => {
    const { screen, sink } = await open(100);
    training()
      .failed('fine-tune@seed=1', { reason: 'signal', signal: 'SIGKILL', stderrTail: ['out of luck'] })
      .ran('fine-tune@seed=2', 3)
      .skipped('fine-tune@seed=3', 'fine-tune@seed=1')
      .skipped('fine-tune@seed=4', 'fine-tune@seed=1')
      .skipped('report', 'fine-tune@seed=1')
      .finish('failed')
      .play(sink);
    await sink.close();
    expect(screen.text()).toMatchInlineSnapshot(`
      "✔ clean      reused
      ✖ fine-tune  1 ran, 1 failed, 2 skipped · 3.0s
      ↓ report     was skipped, because fine-tune@seed=1 failed.

      fine-tune@seed=1 failed: its worker was ended by SIGKILL.
        It wrote at last:
        | out of luck
        Nothing in Edgeline sends SIGKILL to a worker that is well; most likely the machine ran out of
        memory. Free some, lower batch_size or run fewer instances at once. The whole log is in
        logs/fine-tune@seed=1.log.

      3 instances that needed a result of these did not run.

      Failed in 3.0s, 1 ran, 1 reused, 1 failed, 3 skipped.
      Ran: fine-tune 3.0s"
    `);
  });

  it('does not tick what was stopped while it ran', async () => {
    const { screen, sink } = await open(80);
    training().play(sink);
    await drawn(screen, (text) => text.includes('* seed=1'));
    new Recording().finish('aborted').play(sink);
    await sink.close();
    expect(screen.text()).toContain('↓ fine-tune  0 of 4 · stopped');
  });

  it.each([100, 60, 40, 24])('never wraps a line at %i columns', async (columns) => {
    const { screen, sink } = await open(columns);
    training().failed('fine-tune@seed=1', { reason: 'timed-out', limitSeconds: 90 }).play(sink);
    await drawn(screen, (text) => text.includes('0 of 4') || text.includes('1 of 4'));
    // A wrapped line would leave a row that fills the screen, and rows below that belong to no task.
    const rows = screen.lines().filter((line) => line !== '');
    expect(rows.every((line) => displayWidth(line) < columns)).toBe(true);
    expect(rows.filter((line) => /^\S/.test(line))).toHaveLength(3);
    await sink.close();
  });

  it('shows a run that has nothing to do without taking the terminal over', async () => {
    const { screen, sink } = await open(80);
    const seeds = matrix('fine-tune', 'seed', [1, 2], 'reuse');
    const recording = new Recording().start([planned('clean', {}, 'reuse'), ...seeds]).reused('clean');
    recording.reused(...seeds.map(({ id }) => id)).finish('succeeded', { report: 'artifacts/report.html' });
    recording.play(sink);
    await sink.close();
    expect(screen.raw).toMatchInlineSnapshot(`
      "✔ clean      reused
      ✔ fine-tune  all 2 reused

      Done in 0.0s, nothing to do: 3 reused.
      Report: artifacts/report.html
      "
    `);
  });

  it('ends when the run does, with instances that never ended', async () => {
    const { screen, sink } = await open(80);
    training().finish('aborted').play(sink);
    await sink.close();
    expect(screen.text()).toContain('↓ fine-tune  0 of 4 · stopped');
    expect(screen.text()).toContain('↓ report     not started');
    expect(screen.raw.endsWith('\x1b[?25l')).toBe(false);
  });

  it('tells of waiting and of the setup', async () => {
    const { screen, sink } = await open(80);
    const recording = new Recording().add({ type: 'waiting-for-lock', holder: 'process 12' });
    recording
      .start(PLAN)
      .add({ type: 'setup-progress', message: 'Installing', done: 3, total: 40 })
      .play(sink);
    await drawn(screen, (text) => text.includes('✔ Waiting for another run  process 12'));
    await drawn(screen, (text) => text.includes('* Installing  3 of 40'));
    new Recording().add({ type: 'setup-progress', message: 'Installing', done: 40, total: 40 }).play(sink);
    await drawn(screen, (text) => !text.includes('Installing') && text.includes('fine-tune'));
    await sink.close();
  });
});
