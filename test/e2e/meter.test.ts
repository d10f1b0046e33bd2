import { describe, expect, it } from 'vitest';
import type { EnergyFigure } from '../../pipeline/contract/meter.js';
import { PipelineRig } from '../rig/pipeline-rig.js';

/** A bench meter's table: a 3B+ at 2 W, with 4 W from 10 s to 20 s. */
function table(): string {
  const rows = Array.from({ length: 301 }, (_, index) => {
    const power = index > 100 && index < 200 ? 4 : 2;
    return `${index / 10},${(power / 5) * 1000},5000`;
  });
  return `time (s),current (mA),voltage (mV)\n${rows.join('\n')}\n`;
}

describe('pipeline meter', () => {
  it('makes an energy figure of a table that a bench meter wrote', async () => {
    await using rig = await PipelineRig.create({ files: { 'bench.csv': table() } });
    const board = ['--board', 'Raspberry Pi 3 Model B Plus Rev 1.3'];
    const imported = await rig.run([
      'meter',
      'import',
      'bench.csv',
      '--out',
      'bench.jsonl',
      ...board,
      '--json',
    ]);
    expect(imported.exitCode, imported.stderr).toBe(0);
    expect(imported.json()).toMatchObject({
      samples: 301,
      dropped: 0,
      damaged: 0,
      power_class: 'measured_inline',
    });
    const energy = [
      'meter',
      'energy',
      'bench.jsonl',
      '--window',
      '10:20',
      '--idle',
      '0:9',
      '--idle',
      '21:30',
    ];
    const result = await rig.run([...energy, '--accuracy', '0.5', '--json']);
    expect(result.exitCode, result.stderr).toBe(0);
    const figure = result.json() as EnergyFigure;
    expect(figure).toMatchObject({
      meter: 'csv',
      power_class: 'measured_inline',
      emulated: false,
      invalid: [],
    });
    expect(figure.gross_j.value).toBeCloseTo(39.8, 5);
    expect(figure.net_j?.value).toBeCloseTo(19.8, 5);
    expect(figure.paper_v1).toBeNull();
    const text = await rig.run([...energy, '--paper-v1']);
    expect(text.stdout).toMatch(/^energy {9}39\.8.* J \+- .* k = 2\)$/m);
    expect(text.stdout).toContain('gain         0.398 J, net 0.198 J (assumed)');
    expect(text.stdout).toContain('paper_v1 (as published, not recommended):');
    expect(text.stdout).toContain('cannot be told apart');
  });

  it('refuses what no board draws, and says what to do about it', async () => {
    await using rig = await PipelineRig.create({ files: { 'bench.csv': table().replace('(mA)', '(A)') } });
    const result = await rig.run(['meter', 'import', 'bench.csv', '--board', 'Raspberry Pi 4 Model B']);
    expect(result.exitCode).toBe(2);
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain(
      'bench.csv: the median power is 2000 W, which a Raspberry Pi 4 does not draw',
    );
    expect(result.stderr).toContain('in milliwatts it would be 2 W: declare the unit of the columns');
  });

  it.each([
    [['record', '--port', '/dev/ttyNOTHING', '--out', 'x.jsonl'], 1, '/dev/ttyNOTHING cannot be opened'],
    [['record', '--port', 'p', '--kind', 'ina219', '--out', 'x'], 2, '--kind ina219: no such sensor'],
    [['calibrate', '--out', 'c.json'], 2, 'give --port to calibrate at the meter, or --zero FILE'],
    [['calibrate', '--zero', 'nothing.jsonl', '--out', 'c.json'], 2, 'is not a recording of a power meter'],
    [['energy', 'bench.csv'], 2, 'make one with `pipeline meter record` or `pipeline meter import`'],
    [['import', 'bench.csv', '--column', 'charge=x'], 2, 'there are: time, current, voltage, power'],
    [['import', 'bench.csv', '--class', 'best'], 2, 'there are: measured_inline, partial, modelled'],
  ])('says what is wrong with %j', async (words, exitCode, text) => {
    await using rig = await PipelineRig.create({ files: { 'bench.csv': table() } });
    const result = await rig.run(['meter', ...words]);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toContain(text);
    expect(result.stderr).not.toContain('    at ');
  });

  it('exits with failure where the energy is INVALID, and shows why first', async () => {
    const rows = table().split('\n');
    rows.splice(150, 20);
    await using rig = await PipelineRig.create({ files: { 'bench.csv': rows.join('\n') } });
    expect((await rig.run(['meter', 'import', 'bench.csv', '--out', 'b.jsonl'])).exitCode).toBe(0);
    const result = await rig.run(['meter', 'energy', 'b.jsonl', '--window', '10:20']);
    expect(result.exitCode).toBe(1);
    expect(result.stdout).toMatch(
      /^INVALID \(meter-dropped\): \d+\.\d\d % of the power samples in the window are missing/,
    );
  });
});
