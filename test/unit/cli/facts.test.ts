import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectedBoard } from '../../../pipeline/cli/boards.js';
import { gatherFacts } from '../../../pipeline/cli/facts.js';
import { openProject, type Project } from '../../../pipeline/cli/project.js';
import type { DeviceProbe } from '../../../pipeline/contract/device.js';
import { ProbeStore } from '../../../pipeline/store/probes.js';

const PIPELINE = `version: 1
name: keys
data: { package: package, texts: texts }
axes: { model: [tiny], device: [here, there] }
models: { tiny: { preset: bert-tiny, weights: "random:1" } }
stages:
  fetch: { uses: fetch, with: { source: replab2013 } }
  clean: { uses: clean, from: fetch, with: { rules: light } }
  split: { uses: split, from: clean }
  encoder: { uses: encoder, matrix: [model] }
  encode: { uses: encode, from: [split, encoder] }
  fine-tune: { uses: fine-tune, from: [encode, encoder] }
  export: { uses: export, from: fine-tune }
  freeze: { uses: freeze, from: [export, encode] }
  convert: { uses: convert, from: freeze }
  deploy: { uses: deploy, from: [convert, encode], matrix: [device] }
  evaluate: { uses: evaluate, from: deploy }
devices: { here: {}, there: { host: pi@rpi4b.local } }
`;
const PROBE: DeviceProbe = {
  device: 'there',
  transport: 'ssh',
  hostname: 'rpi4b',
  os: 'Debian GNU/Linux 12 (bookworm)',
  kernel: '6.6.31',
  architecture: 'aarch64',
  model: 'Raspberry Pi 4 Model B Rev 1.4',
  cpu_count: 4,
  memory_bytes: 4e9,
  free_disk_bytes: 1e9,
  governor: 'ondemand',
  python: '3.11.2',
  litert: '2.3.0',
  psutil: '7.1.0',
  board_id: '0123456789ab',
  clock_offset_s: 0,
};
const BOARD = 'Raspberry Pi 4 Model B Rev 1.4, 4 cpus, aarch64, LiteRT 2.3.0, Python 3.11.2, id 0123456789ab';

let folder: string;
const cap = process.env.ONEDNN_MAX_CPU_ISA;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgeline-facts-'));
  writeFileSync(join(folder, 'pipeline.yaml'), PIPELINE);
});
afterEach(() => {
  if (cap === undefined) delete process.env.ONEDNN_MAX_CPU_ISA;
  else process.env.ONEDNN_MAX_CPU_ISA = cap;
  rmSync(folder, { recursive: true, force: true });
});

/** Environment of each instance's key, as a plan would see the world now. */
async function environments(): Promise<Record<string, Readonly<Record<string, string>>>> {
  const facts = await gatherFacts(project(), project().graph.instances);
  if (!facts.ok) throw new Error(JSON.stringify(facts.error));
  return Object.fromEntries(
    project().graph.instances.map((instance) => [instance.id, facts.value.environment(instance)]),
  );
}

function project(): Project {
  const opened = openProject({ file: join(folder, 'pipeline.yaml') });
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  return opened.value;
}

describe('the environment in action keys', () => {
  it('has the instruction set where it changes outputs, and nowhere else', async () => {
    delete process.env.ONEDNN_MAX_CPU_ISA;
    const before = await environments();
    process.env.ONEDNN_MAX_CPU_ISA = 'SSE41';
    const after = await environments();
    const changed = Object.keys(before).filter(
      (id) => JSON.stringify(before[id]) !== JSON.stringify(after[id]),
    );
    const having = Object.keys(before).filter((id) => before[id]?.cpu_isa !== undefined);
    expect(having).toEqual([
      'fine-tune@model=tiny',
      'export@model=tiny',
      'freeze@model=tiny',
      'convert@model=tiny',
    ]);
    expect(changed).toEqual(process.arch === 'x64' ? having : []);
  });

  it('has this machine as the board of a local device', async () => {
    const environment = (await environments())['evaluate@device=here,model=tiny'] ?? {};
    expect(environment['board here']).toMatch(
      / cpus, .+, LiteRT \d[\d.]+, Python 3\.\d+, id ([0-9a-f]{12}|unknown)$/,
    );
    expect(Object.keys(environment)).not.toContain('board there');
    const { here } = project().config.devices;
    expect(here === undefined ? '' : expectedBoard(here, environment)).toBeUndefined();
  });

  it('has the last answer of a device behind ssh, once there is one', async () => {
    const { there } = project().config.devices;
    if (there === undefined) throw new Error('no such device');
    const id = 'deploy@device=there,model=tiny';
    const unknown = (await environments())[id] ?? {};
    expect(unknown['board there']).toBe('not asked yet');
    // Who answers after all is not the board of that key, so no result is ever recorded under it.
    expect(expectedBoard(there, unknown)).toBe('not asked yet');
    new ProbeStore(project().layout).write(there, PROBE);
    const known = (await environments())[id] ?? {};
    expect(known['board there']).toBe(BOARD);
    expect(expectedBoard(there, known)).toBe(BOARD);
    expect(Object.keys((await environments())['convert@model=tiny'] ?? {})).not.toContain('board there');
  });
});
