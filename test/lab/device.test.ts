import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest';
import type { DeviceCheck } from '../../pipeline/cli/device-checks.js';
import type { DeviceProbe } from '../../pipeline/contract/device.js';
import { type Board, type Boards, NO_BOARDS, startBoards } from '../rig/boards.js';
import { PipelineRig } from '../rig/pipeline-rig.js';
import { TINY_COPIES } from '../rig/tiny-training.js';
import { deviceStudy, evaluationOf, failuresOf, receiptOf } from './device-study.js';

let boards: Boards;
let anna: Board;
let rig: PipelineRig;

// TensorFlow starts four times, and every program on a board runs emulated, twenty times slower than here.
const LIMIT = 600_000;

beforeAll(async () => {
  if (NO_BOARDS !== null) return;
  boards = await startBoards(['anna', 'berta']);
  [anna] = boards.boards as [Board];
  const devices = Object.fromEntries(boards.boards.map(({ name, device }) => [name, device]));
  rig = await PipelineRig.create({ shared: true, pipeline: deviceStudy(devices), copies: TINY_COPIES });
}, LIMIT);
beforeEach(() => onTestFailed(() => rig?.tell()));
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]();
  await boards?.stop();
});

const title = `the chain on two emulated arm64 boards${NO_BOARDS === null ? '' : ` (skipped: ${NO_BOARDS})`}`;
describe.skipIf(NO_BOARDS !== null)(title, { timeout: LIMIT }, () => {
  test('a board is probed as it is', async () => {
    // As a Raspberry Pi with a weak power supply answers.
    mkdirSync(join(anna.root, 'usr/local/bin'), { recursive: true });
    const vcgencmd = join(anna.root, 'usr/local/bin/vcgencmd');
    writeFileSync(vcgencmd, '#!/bin/sh\necho throttled=0x50005\n', { mode: 0o755 });
    const probe = (await rig.run(['devices', 'probe', 'anna', '--json'])).json() as DeviceProbe;
    expect(probe).toMatchObject({
      device: 'anna',
      architecture: 'aarch64',
      os: expect.stringContaining('Debian'),
      python: expect.stringMatching(/^3\.11\./),
      python_bits: 64,
      glibc: '2.36',
      litert: null,
      throttled: { mask: '0x50005', now: ['under-voltage', 'throttled'] },
      emulated: true,
    });
    // It shares our clock: what is off is the way there, and that is what it must say.
    rmSync(vcgencmd);
    expect(Math.abs(probe.clock_offset_s)).toBeLessThanOrEqual((probe.clock_error_s ?? 0) + 0.001);
  });

  test('doctor says what is missing and how to get it; so does a deployment', async () => {
    const doctor = await rig.run(['devices', 'doctor', 'anna', '--json']);
    expect(doctor.exitCode).toBe(1);
    const missing = (doctor.json() as DeviceCheck[]).filter(({ state }) => state === 'missing');
    expect(missing.map(({ name, hint }) => [name, hint])).toEqual([
      ['litert', 'npx pipeline devices setup anna'],
      ['psutil', 'npx pipeline devices setup anna'],
    ]);
    const deploy = await rig.run(['run', 'deploy@device=anna', '--json'], { timeoutSeconds: 600 });
    expect(deploy.exitCode).toBe(1);
    expect(failuresOf(deploy)).toMatchObject([
      {
        code: 'device-unusable',
        message: expect.stringContaining('cannot import ai-edge-litert and psutil'),
        hint: expect.stringContaining('npx pipeline devices setup anna'),
      },
    ]);
  });

  test('packages come from here, to a board that reaches nothing else and has neither pip nor venv', async () => {
    const before = tree(anna);
    const setUps = await Promise.all(
      boards.boards.map(({ name }) => rig.run(['devices', 'setup', name, '--json'], { timeoutSeconds: 600 })),
    );
    for (const { exitCode, stderr } of setUps) expect(exitCode, stderr).toBe(0);
    expect(setUps[0]?.json()).toMatchObject({ device: 'anna', litert: '2.3.0', psutil: '7.2.2' });
    // Nothing outside of our folder is touched.
    expect(tree(anna)).toBe(before);
    const again = (await rig.run(['devices', 'setup', 'anna', '--json'])).json();
    expect(again).toMatchObject({ sent_bytes: 0, litert: '2.3.0' });
    const doctor = await rig.run(['devices', 'doctor', 'berta', '--json']);
    expect(doctor.exitCode, doctor.stdout).toBe(0);
  });

  test('both boards evaluate the same model, and say that they are emulated', async () => {
    const run = await rig.run(['run', 'evaluate', '--json'], { timeoutSeconds: 600 });
    expect(run.exitCode, run.stderr).toBe(0);
    const [first, second] = ['anna', 'berta'].map((name) => evaluationOf(rig, name));
    for (const evaluation of [first, second]) {
      expect(evaluation).toMatchObject({
        emulated: true,
        probe: { architecture: 'aarch64', emulated: true },
      });
    }
    expect(first?.probe.board_id).not.toBe(second?.probe.board_id);
    expect((await rig.run(['run', 'evaluate', '--json'])).events().filter(started)).toEqual([]);
  });

  test('a second deployment of the same model sends next to nothing', async () => {
    const run = await rig.run(['run', 'deploy', '--force', 'deploy', '--json'], { timeoutSeconds: 600 });
    expect(run.exitCode, run.stderr).toBe(0);
    for (const name of ['anna', 'berta']) {
      const receipt = receiptOf(rig, name);
      expect(receipt.sent_bytes).toBeLessThan(64_000);
      expect(receipt.probe.emulated).toBe(true);
    }
  });

  test('an agent that dies leaves the earlier result and its answers; one whose link is cut goes on and is found again', async () => {
    const before = JSON.stringify(evaluationOf(rig, 'anna'));
    const measureAgain = () =>
      rig.start(['run', 'evaluate@device=anna', '--force', 'evaluate@device=anna', '--json'], {
        timeoutSeconds: 600,
      });
    const first = measureAgain();
    await first.seen(/"phase":"warming up for window 1"/);
    for (const pid of anna.processes(/agent\.py/)) process.kill(pid, 'SIGKILL');
    expect(failuresOf(await first.result)).toMatchObject([{ code: 'agent-died' }]);
    expect(JSON.stringify(evaluationOf(rig, 'anna'))).toBe(before);

    const second = measureAgain();
    await second.seen(/"phase":"idle before"/);
    anna.setLink(false);
    await second.seen(/the link to anna was lost; it goes on measuring/);
    anna.setLink(true);
    const result = await second.result;
    expect(result.exitCode, result.stdout.slice(-2000)).toBe(0);
    expect(result.stdout).toContain('anna is back');
    expect(evaluationOf(rig, 'anna')).toMatchObject({ emulated: true, resumed_answers: 4 });
  });

  test('clean removes our folder and nothing else', async () => {
    const clean = await rig.run(['devices', 'clean', 'berta', '--json']);
    expect(clean.json()).toMatchObject({ root: '/home/pi/edgeline', removed: true, strangers: [] });
    const listing = execFileSync('ls', ['-A', `${boards.boards[1]?.root}/home/pi`], { encoding: 'utf8' });
    expect(listing).toBe('.ssh\n');
  });
});

const started = (event: { readonly type: string }) => event.type === 'instance-started';

/** Every path on a board but those below our folder, and what the system itself writes. */
function tree({ root }: Board): string {
  const skipped = ['./home/pi/edgeline', './proc', './sys', './dev', './tmp', './run'];
  const pruned = skipped.flatMap((path) => ['-path', path, '-prune', '-o']);
  return execFileSync('find', ['.', '-xdev', ...pruned, '-printf', '%p %s %m\n'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
}
