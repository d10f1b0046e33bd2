import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { INSTALLATION, PipelineRig } from '../rig/pipeline-rig.js';

const TABLES = join(INSTALLATION, 'stages', 'report', 'paper', 'tables.json');

describe('pipeline audit', () => {
  it("lists what is wrong in the paper's tables, for people in 80 columns and for machines", async () => {
    await using rig = await PipelineRig.create();
    const told = await rig.run(['audit', TABLES]);
    expect(told.exitCode, told.stderr).toBe(0);
    expect(told.stdout).toContain('run-time-rpi3bplus-16');
    expect(told.stdout).toContain('stated 44,999 s; recomputed 54,999 s');
    const lines = told.stdout.split('\n').filter((line) => !line.includes(TABLES));
    expect(lines.filter((line) => line.length > 80)).toEqual([]);

    const strict = await rig.run(['audit', TABLES, '--json', '--strict']);
    expect(strict.exitCode).toBe(1);
    expect(strict.json()).toMatchObject({ schema: 1, kind: 'tables' });
  });

  it('says where a table is wrong, and reads YAML too', async () => {
    const text = readFileSync(TABLES, 'utf8');
    await using rig = await PipelineRig.create({
      files: {
        'a.json': text
          .replace('"time_s": 64719', '"time_ms": 64719')
          .replace('"rpi4b",\n      "bits"', '"rpi5",\n      "bits"'),
        'b.json': text.replace('"table4": [', '"table4": '),
        'c.yaml': [
          'source: a study',
          'table2_devices: [{ device: pi, soc: A, clock_ghz: 1, supply_v: 5, supply_a: 3 }]',
          'table4: [{ device: pi, bits: 8, power_kw_as_printed: 0.021 }]',
          '',
        ].join('\n'),
      },
    });
    const unknown = await rig.run(['audit', 'a.json']);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toMatch(
      /^a\.json:\d+:\d+ error\[unknown-key\]: unknown key `time_ms` in `table4\[0\]`/m,
    );
    const broken = await rig.run(['audit', 'b.json']);
    expect(broken.exitCode).toBe(2);
    expect(broken.stderr).toMatch(/^b\.json:\d+:\d+ error\[json-syntax\]: this is not JSON: /m);
    const yaml = await rig.run(['audit', 'c.yaml', '--json']);
    expect(yaml.exitCode, yaml.stderr).toBe(0);
    expect((yaml.json() as { findings: { id: string }[] }).findings.map(({ id }) => id)).toEqual([
      'power-unit',
    ]);
    const absent = await rig.run(['audit', 'd.json']);
    expect(absent.exitCode).toBe(2);
    expect(absent.stderr).toContain('d.json cannot be read');
  });
});
