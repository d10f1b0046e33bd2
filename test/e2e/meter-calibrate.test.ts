import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { MeterCalibration } from '../../pipeline/contract/meter.js';
import { INSTALLATION, PipelineRig } from '../rig/pipeline-rig.js';
import { openTestPort } from '../rig/pty.js';
import { line } from '../unit/power/blocks.js';

it.skipIf(process.platform === 'win32')(
  'pipeline meter calibrate asks for each current at the port, and keeps what it recorded',
  { timeout: 60_000 },
  async () => {
    await using rig = await PipelineRig.create();
    const port = await openTestPort();
    let ampere = 0;
    let sequence = 0;
    const writing = setInterval(() => {
      for (let count = 0; count < 15; count += 1) {
        const code = 512 + Math.round(37 * ampere * 100) / 100;
        const sum = Math.round(code * 100);
        const body = `B ${sequence % 65_536} ${(sequence + 1) * 10_000} 100 ${sum} ${Math.ceil(code * code * 100)} 100 51700 26728900`;
        port.write(`${line(body)}\n`);
        sequence += 1;
      }
    }, 20);
    const answers = ['0.25 5.05', 'half an ampere', '0.5 5.05', '0.75 5.05', '1 5.05', '1.25 5.05', ''];
    const args = ['meter', 'calibrate', '--port', port.path, '--seconds', '3', '--out', 'c.json', '--json'];
    const child = spawn(process.execPath, [join(INSTALLATION, 'bin/pipeline.cjs'), ...args], {
      cwd: rig.root,
    });
    try {
      let [said, printed] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (text.includes('press Enter')) child.stdin.write('\n');
        if (!text.includes('Set a current')) return;
        const answer = answers.shift() ?? '';
        if (/^[\d.]+ /.test(answer)) ampere = Number.parseFloat(answer);
        // The load is set first, then read off.
        setTimeout(() => child.stdin.write(`${answer}\n`), 200);
      });
      const code = await new Promise((done) => child.once('exit', done));
      expect(code, said).toBe(0);
      expect(said).toContain('"half an ampere" is not a reading');
      const calibration = JSON.parse(printed) as MeterCalibration;
      expect(calibration).toMatchObject({ kind: 'acs712-05b', emulated: true });
      expect(calibration.current.counts_per_ampere / 37).toBeCloseTo(1, 2);
      expect(calibration.current.points.map((point) => point.ampere)).toEqual([0.25, 0.5, 0.75, 1, 1.25]);
      expect(calibration.voltage?.volts_per_ratio).toBeCloseTo(5.05 / (517 / 1024), 3);
      expect(JSON.parse(rig.read('c.json'))).toEqual(calibration);
      expect(rig.read('c.json.recordings/point-5.jsonl')).toContain('"record":"end"');
    } finally {
      child.kill('SIGKILL');
      clearInterval(writing);
      await port.close();
    }
  },
);
