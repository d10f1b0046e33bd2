import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { MeterFailure } from '../../../pipeline/contract/meter.js';
import { type CsvImport, importCsv } from '../../../pipeline/power/import-csv.js';
import { measureEnergy } from '../../../pipeline/power/measure-energy.js';
import { openMeter } from '../../../pipeline/power/open-meter.js';
import { readRecording } from '../../../pipeline/power/recording-file.js';
import { importTelemetryLog } from '../../../pipeline/power/telemetry-logs.js';
import { SHARED } from '../../rig/pipeline-rig.js';

const folder = mkdtempSync(join(tmpdir(), 'edgeline-import-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const OPTIONS: CsvImport = {
  board: 'Raspberry Pi 3 Model B Plus Rev 1.3',
  powerClass: 'measured_inline',
  now_s: 0,
};

function load(text: string, options: Partial<CsvImport> = {}) {
  const file = join(folder, 'table.csv');
  writeFileSync(file, text);
  return importCsv(file, { ...OPTIONS, ...options });
}

function failure(text: string, options: Partial<CsvImport> = {}): MeterFailure {
  const loaded = load(text, options);
  if (loaded.ok) throw new Error('it was taken');
  return loaded.error;
}

describe('a table of a bench meter', () => {
  it.each([
    ['Joulescope', '#time,current,voltage,power,charge,energy\n0,0.5,5,2.5,0,0\n0.5,0.5,5,2.5,0,0\n', {}],
    ['PPK2', 'Timestamp(ms),Current(uA)\n0,500000\n500,500000\n', { voltage: 5 }],
    ['units behind names', 'time_s;voltage [mV];current [mA]\n0;5000;500\n0,5;5000;500\n', {}],
    ['moments', 'timestamp,power (mW)\n2024-06-18 14:11:38.0,2500\n2024-06-18 14:11:38.5,2500\n', {}],
    ['declared columns', 'a,b\n0,2500\n500,2500\n', { columns: { time: 'a [ms]', power: 'b [mW]' } }],
    ['a slash', 't / s,P / W\r\n0,2.5\r\n.5,25e-1\r\n', {}],
  ])('is read: %s', (_, text, options) => {
    const loaded = load(text, options);
    if (!loaded.ok) throw new Error(loaded.error.message);
    const [first, second] = loaded.value.samples;
    expect(first?.power_w).toBeCloseTo(2.5, 9);
    expect((second?.t_s ?? 0) - (first?.t_s ?? 0)).toBeCloseTo(0.5, 6);
    expect(loaded.value.header).toMatchObject({
      kind: 'csv',
      power_class: 'measured_inline',
      emulated: false,
    });
  });

  const rows = (power: number) => `time (s),power (W)\n0,${power}\n1,${power}\n2,${power}\n`;
  it('is refused where no such board draws that', () => {
    expect(failure(rows(45)).message).toContain(
      'the median power is 45 W, which a Raspberry Pi 3 does not draw: its power supply gives at most 12.75 W',
    );
    expect(failure(rows(0.001))).toMatchObject({
      reason: 'implausible',
      message: expect.stringContaining('a running one draws at least 0.5 W'),
    });
    expect(failure(rows(2500)).hint).toContain('in milliwatts it would be 2.5 W');
    expect(failure('time (s),current (A),voltage (V)\n0,0.1,24\n1,0.1,24\n').message).toContain(
      'is fed with 5 V',
    );
    // Of a board that nobody knows more may be true.
    expect(load(rows(45), { board: 'Some Board' }).ok).toBe(true);
  });

  it.each([
    ['time,power\n0,2\n1,2\n', 'the column "time" does not say its unit', '--column "time=time [ms]"'],
    ['time (s),power (hp)\n0,2\n1,2\n', 'has the unit "hp"', 'power=power (hp) [mW]'],
    ['time (s),current (A)\n0,0.5\n1,0.5\n', 'there is current and no voltage', '--voltage 5.1'],
    ['time (s),speed (m)\n0,2\n1,2\n', 'there is no column with power and none with current', 'NAME'],
    ['time (s),power (W)\n1,2\n1,2\n', 'time goes back or stands still after 1 s', 'fractions of a second'],
    ['time (s),power (W)\n1,x\n2,y\n', 'fewer than two rows of numbers', 'whole'],
    [
      'time (s),current (A),voltage (V),power (W)\n0,.5,5,9\n1,.5,5,9\n',
      'power is 3.6 times current',
      'units',
    ],
    ['no table at all\n', 'is no table', 'CSV'],
  ])('is refused, and told what to do: %s', (text, message, hint) => {
    const found = failure(text);
    expect(found.message).toContain(message);
    expect(found.hint).toContain(hint);
  });

  it('suggests the column that was meant', () => {
    const found = failure('a,curr\n0,1\n', { columns: { time: 'a [s]', current: 'cur [A]' } });
    expect(found.message).toContain('there is no column "cur"');
    expect(found.hint).toBe('did you mean `curr`?');
  });

  it('counts damaged rows and those that are missing', () => {
    const all = Array.from({ length: 100 }, (_, index) => `${index / 10},2.5`);
    all[20] = '2.0,2.5,9';
    all[30] = '3.0,overload';
    all.splice(50, 3);
    const loaded = load(`time (s),power (W)\n${all.join('\n')}\n`);
    if (!loaded.ok) throw new Error(loaded.error.message);
    expect(loaded.value.summary).toMatchObject({ samples: 95, damaged: 2, dropped: 5 });
    const figure = measureEnergy(loaded.value, {
      calibration: null,
      map: null,
      window: { from_s: 0, to_s: 9.9 },
      idle: [],
      edgeUncertainty_s: 0,
    });
    expect(figure.ok && figure.value.gross_j.value).toBeCloseTo(24.75, 6);
    expect(figure.ok && figure.value.invalid.map(({ gate }) => gate)).toEqual(['meter-dropped']);
    expect(figure.ok && figure.value.budget.find(({ name }) => name === 'gain')?.source).toBe('assumed');
  });

  it('is the meter of a device, and none is another', async () => {
    const file = join(folder, 'bench.csv');
    const out = join(folder, 'out.jsonl');
    const opened = openMeter(
      { kind: 'csv', file: 'bench.csv', class: 'partial' },
      { root: folder, board: null },
    );
    if (!opened.ok) throw new Error(opened.error.message);
    await opened.value.start(out);
    const early = await opened.value.stop();
    expect(early.ok ? '' : early.error.message).toContain('bench.csv is not there');
    writeFileSync(file, rows(3));
    expect(await opened.value.stop()).toMatchObject({ ok: true, value: { samples: 3, dropped: 0 } });
    const read = readRecording(out);
    expect(read.ok && read.value.header.power_class).toBe('partial');
    const none = openMeter(undefined, { root: folder, board: null });
    expect(none.ok && none.value.powerClass).toBe('none');
  });
});

const JOULESCOPE = join(SHARED, 'data/rpi_telemetry/hsi_smart_rpi3bplus_joulescope');
const YOLO = join(SHARED, 'data/rpi_telemetry/yolo_tflite_rpi3b_rpi4b');
const VCGENCMD = join(SHARED, 'data/rpi_telemetry/pi4_vs_pi5_vcgencmd');
const tables = (path: string): string[] =>
  existsSync(path) ? readdirSync(path).filter((name) => name.endsWith('.csv')) : [];

describe('real logs', () => {
  it.skipIf(tables(JOULESCOPE).length === 0)(
    'of a Joulescope on a 3B+ give the energy that it integrated itself (needs ../shared)',
    () => {
      for (const name of tables(JOULESCOPE)) {
        const loaded = importCsv(join(JOULESCOPE, name), OPTIONS);
        if (!loaded.ok) throw new Error(loaded.error.message);
        const { samples } = loaded.value;
        const [from_s, to_s] = [samples[0]?.t_s ?? 0, samples.at(-1)?.t_s ?? 0];
        const window = { from_s, to_s };
        const figure = measureEnergy(loaded.value, {
          calibration: null,
          map: null,
          window,
          idle: [],
          edgeUncertainty_s: 0,
        });
        if (!figure.ok) throw new Error(figure.error.message);
        expect(figure.value.gross_j.value / own(join(JOULESCOPE, name))).toBeCloseTo(1, 1.5);
        expect(figure.value.mean_w.value).toBeGreaterThan(1.9);
        expect(figure.value.mean_w.value).toBeLessThan(6);
      }
      expect(tables(JOULESCOPE)).toHaveLength(35);
    },
  );

  it.skipIf(tables(YOLO).length === 0)('of psutil have processor and memory (needs ../shared)', () => {
    for (const name of tables(YOLO)) {
      const log = importTelemetryLog(join(YOLO, name));
      if (!log.ok) throw new Error(log.error.message);
      expect(log.value.samples.length).toBeGreaterThan(5);
      for (const { cpu_percent, memory_percent } of log.value.samples) {
        expect(cpu_percent).toBeGreaterThanOrEqual(0);
        expect(cpu_percent).toBeLessThanOrEqual(100);
        expect(memory_percent).toBeGreaterThan(5);
      }
    }
    const first = importTelemetryLog(join(YOLO, 'FP32_TFLite_RPi3B_resource_usage.csv'));
    expect(first.ok && first.value.notes.join()).toContain('psutil has nothing to compare it with');
  });

  it.skipIf(tables(VCGENCMD).length === 0)('of vcgencmd have clocks and the mask (needs ../shared)', () => {
    for (const name of tables(VCGENCMD)) {
      const log = importTelemetryLog(join(VCGENCMD, name));
      if (!log.ok) throw new Error(log.error.message);
      expect(log.value).toMatchObject({ damaged: 0, period_s: 1, findings: [] });
      expect(
        log.value.samples.every(({ throttled, clock_mhz }) => throttled === 0 && (clock_mhz ?? 0) >= 600),
      ).toBe(true);
    }
  });
});

describe('a log with a mask', () => {
  it('tells under-voltage and throttling apart, with the samples', () => {
    const file = join(folder, 'log.csv');
    const masks = ['0x0', '0x50000', '0x50001', '0x50005', '0x0'];
    const rows = masks.map((mask, second) => `2024-10-01 08:25:2${second},60.1,1500,throttled=${mask}`);
    writeFileSync(
      file,
      `Timestamp,CPU Temperature (°C),CPU Clock Speed (MHz),CPU Throttled\n${rows.join('\n')}\n`,
    );
    const log = importTelemetryLog(file);
    expect(log.ok && log.value.findings).toMatchObject([
      { gate: 'under-voltage', message: 'the supply was below 4.63 V in 2 of 5 samples' },
      {
        gate: 'throttled',
        message: 'the board was throttled in 1 of 5 samples',
        samples: [{ clock_mhz: 1500 }],
      },
    ]);
  });
});

/** The last row's `energy`, less what was there at the first: the program's own integral. */
function own(path: string): number {
  const rows = readFileSync(path, 'utf8').trim().split('\n').slice(1);
  return Number(rows.at(-1)?.split(',')[5]);
}
