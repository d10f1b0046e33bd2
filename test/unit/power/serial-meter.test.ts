import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readRecording } from '../../../pipeline/power/recording-file.js';
import { SerialMeter } from '../../../pipeline/power/serial-meter.js';
import { openTestPort, type TestPort } from '../../rig/pty.js';
import { line } from './blocks.js';

const folder = mkdtempSync(join(tmpdir(), 'edgeline-serial-'));
const file = join(folder, 'recording.jsonl');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const block = (seq: number): string =>
  `${line(`B ${seq} ${(seq + 1) * 10_000} 46 24395 12937319 46 23777 12290189`)}\n`;

function meterAt(port: string, silentMilliseconds = 10_000): SerialMeter {
  return new SerialMeter({ kind: 'acs712-05b', port, powerClass: 'measured_inline', silentMilliseconds });
}

describe.skipIf(process.platform === 'win32')('a meter on a serial port', () => {
  let port: TestPort;
  beforeEach(async () => {
    port = await openTestPort();
  });
  afterEach(() => port.close());

  /** Begins, and lets the meter speak once the port is open. */
  async function started(meter: SerialMeter, text: string) {
    const start = meter.start(file);
    const writing = setInterval(() => port.write(text), 100);
    const result = await start;
    clearInterval(writing);
    return result;
  }

  it('is recorded raw, with what is damaged and missing, and marked as emulated', async () => {
    const meter = meterAt(port.path);
    const start = meter.start(file);
    await sleep(500);
    port.write(`half a line\n${line('H edgeline-meter 1 10000 16000000')}\n${block(65_534)}`);
    expect(await start).toMatchObject({ ok: true });
    port.write(`${block(65_535).replace('46', '47')}\xff\xfe\n${line('E 7 655355000 1')}\n`);
    port.write(line('B 2 655390000 46 24395 12937319 46 23777 12290189'));
    port.write('\n');
    while (meter.recordedSeconds === 0) await sleep(20);
    const summary = await meter.stop();
    expect(summary).toEqual({
      ok: true,
      value: {
        samples: 2,
        edges: 1,
        damaged: 2,
        dropped: 3,
        duration_s: expect.closeTo(0.04, 6),
        emulated: true,
      },
    });
    const recording = readRecording(file);
    if (!recording.ok) throw new Error(recording.error.message);
    expect(recording.value.header).toMatchObject({ kind: 'acs712-05b', emulated: true, block_s: 0.01 });
    expect(recording.value.blocks[0]).toMatchObject({
      seq: 65_534,
      current: { n: 46, sum: 24_395, squares: 12_937_319 },
    });
    expect(recording.value.summary).toEqual(summary.ok && summary.value);
  });

  it('is told apart from silence and from another sketch', async () => {
    const silence = await meterAt(port.path, 300).start(file);
    expect(silence).toMatchObject({
      ok: false,
      error: { reason: 'silent', message: expect.stringContaining('sends nothing') },
    });
    const other = await started(meterAt(port.path, 1500), 'Hello from Blink!\nHello from Blink!\n');
    expect(other).toMatchObject({
      ok: false,
      error: { reason: 'silent', message: expect.stringContaining("is not Edgeline's meter") },
    });
  });

  it('is refused where its firmware speaks another protocol', async () => {
    const meter = meterAt(port.path);
    const result = await started(meter, `${line('H edgeline-meter 9 10000 16000000')}\n`);
    expect(result).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('has firmware of protocol 9; this Edgeline reads 1') },
    });
  });

  it('keeps what it has when the cable is pulled', async () => {
    const meter = meterAt(port.path);
    expect(await started(meter, block(1))).toMatchObject({ ok: true });
    await port.close();
    while (meter.failure === null) await sleep(20);
    expect(await meter.stop()).toMatchObject({ ok: false, error: { reason: 'lost' } });
    const recording = readRecording(file);
    expect(recording.ok && recording.value.blocks.length).toBeGreaterThan(0);
  });

  it('is read again up to a torn last line', async () => {
    const meter = meterAt(port.path);
    await started(meter, block(1));
    await meter.stop();
    const whole = readFileSync(file, 'utf8').split('\n');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(file, `${whole.slice(0, 2).join('\n')}\n{"record":"blo`);
    const recording = readRecording(file);
    expect(recording.ok && [recording.value.blocks.length, recording.value.summary]).toEqual([1, null]);
  });
});

describe('a port', () => {
  it('that is not there is named, with what is', async () => {
    const result = await meterAt('/dev/ttyNOTHING').start(file);
    expect(result).toMatchObject({
      ok: false,
      error: { reason: 'port', message: expect.stringContaining('/dev/ttyNOTHING cannot be opened') },
    });
  });

  it('cannot be opened without its library, and the words say what to do', async () => {
    // The other tests have loaded it.
    vi.resetModules();
    vi.doMock('serialport', () => {
      throw new Error('No native build was found for platform=plan9');
    });
    try {
      const again = await import('../../../pipeline/power/serial-meter.js');
      const meter = new again.SerialMeter({
        kind: 'acs712-05b',
        port: '/dev/ttyACM0',
        powerClass: 'measured_inline',
      });
      const result = await meter.start(file);
      expect(result).toMatchObject({
        ok: false,
        error: { reason: 'library', hint: expect.stringContaining('npm install serialport') },
      });
    } finally {
      vi.doUnmock('serialport');
    }
  });
});
