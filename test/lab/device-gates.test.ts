import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest';
import type { ReportModel } from '../../stages/report/model/report.js';
import { type Board, type Boards, NO_BOARDS, startBoards } from '../rig/boards.js';
import { PipelineRig } from '../rig/pipeline-rig.js';
import { TINY_COPIES } from '../rig/tiny-training.js';
import { deviceStudy } from './device-study.js';

/** As the firmware of a Raspberry Pi answers: well, until a test weakens its supply. */
const VCGENCMD = `#!/bin/sh
case "$1" in
  get_throttled) if [ -e /tmp/weak ]; then echo throttled=0x50005; else echo throttled=0x0; fi ;;
  measure_temp) echo "temp=84.2'C" ;;
esac
`;
/** For each session of a board: what its wall clock says is in a file, and its monotonic clock is left alone. */
const FAKE_CLOCK =
  'SetEnv LD_PRELOAD=/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1 FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1\n';

let boards: Boards;
let weak: Board;
let jumping: Board;
let rig: PipelineRig;

// TensorFlow starts three times, and every program on a board runs emulated, twenty times slower than here.
const LIMIT = 600_000;

beforeAll(async () => {
  if (NO_BOARDS !== null) return;
  boards = await startBoards(['dora', 'emma']);
  [weak, jumping] = boards.boards as [Board, Board];
  const devices = Object.fromEntries(boards.boards.map(({ name, device }) => [name, device]));
  rig = await PipelineRig.create({ shared: true, pipeline: deviceStudy(devices), copies: TINY_COPIES });
}, LIMIT);
beforeEach(() => onTestFailed(() => rig?.tell()));
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]();
  await boards?.stop();
});

const title = `faults while two emulated arm64 boards measure${NO_BOARDS === null ? '' : ` (skipped: ${NO_BOARDS})`}`;
describe.skipIf(NO_BOARDS !== null)(title, { timeout: LIMIT }, () => {
  test('a weak supply and a clock that is set make the timing INVALID, with time and cause', async () => {
    writeFileSync(join(weak.root, 'usr/bin/vcgencmd'), VCGENCMD, { mode: 0o755 });
    setClock('+0');
    appendFileSync(join(jumping.root, 'etc/ssh/lab_config'), FAKE_CLOCK);
    await jumping.restartSshd(true);
    for (const { name } of boards.boards) {
      const setUp = await rig.run(['devices', 'setup', name, '--json'], { timeoutSeconds: 600 });
      expect(setUp.exitCode, setUp.stderr).toBe(0);
    }

    const run = rig.start(['run', 'report', '--json'], { timeoutSeconds: 600 });
    const measuring = ({ name }: Board) => new RegExp(`evaluate@device=${name},.*"phase":"window 1"`);
    await Promise.all([
      run.seen(measuring(weak)).then(() => writeFileSync(join(weak.root, 'tmp/weak'), '')),
      run.seen(measuring(jumping)).then(() => setClock('+10')),
    ]);
    const ended = await run.result;
    expect(ended.exitCode, ended.stdout.slice(-2000)).toBe(0);

    const report = (await rig.run(['report', '--json'])).json() as ReportModel;
    const failed = (board: Board) =>
      report.validity
        .filter(({ instance }) => instance.includes(`device=${board.name},`))
        .flatMap(({ verdict, gates }) => {
          expect(verdict).toBe('invalid');
          return gates.filter((gate) => gate.verdict === 'failed');
        });
    const supply = failed(weak).filter(({ gate }) => gate === 'under-voltage' || gate === 'throttling');
    expect(supply).toMatchObject([
      {
        gate: 'under-voltage',
        message: expect.stringMatching(/below 4\.63 V at \d+\.\d s \(mask 0x50005\)/),
      },
      { gate: 'throttling', message: expect.stringMatching(/^it was throttled at \d+\.\d s/) },
    ]);
    for (const { samples } of supply) {
      expect(samples[0]).toEqual({ t_s: expect.any(Number), value: 0x50005 });
    }
    const [clock] = failed(jumping).filter(({ gate }) => gate === 'clock');
    expect(clock?.message).toMatch(/was set by (9\.\d|10\.\d) s while it measured/);
    expect(report.emulated_devices).toEqual(['dora', 'emma']);
    // In no figure of a row, and so in no comparison.
    for (const { n_invalid, n_seeds, latency_ms } of report.results) {
      expect(n_invalid).toBe(n_seeds);
      expect(latency_ms.n).toBe(0);
    }
  });
});

function setClock(offset: string): void {
  writeFileSync(join(jumping.root, 'home/pi/.faketimerc'), `${offset}\n`);
}
