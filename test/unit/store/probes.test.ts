import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceConfig } from '../../../pipeline/contract/config.js';
import type { DeviceProbe } from '../../../pipeline/contract/device.js';
import { storeLayout } from '../../../pipeline/store/layout.js';
import { ProbeStore } from '../../../pipeline/store/probes.js';

const device: DeviceConfig = { name: 'rpi4b', transport: 'ssh', host: 'pi@rpi4b.local', threads: 4 };
const probe: DeviceProbe = {
  device: 'rpi4b',
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

let folder: string;
let store: ProbeStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgeline-probes-'));
  store = new ProbeStore(storeLayout(folder));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('ProbeStore', () => {
  it('gives the last answer, also to a store that was opened later', () => {
    expect(store.last(device)).toBeNull();
    store.write(device, probe);
    store.write(device, { ...probe, board_id: 'ba9876543210' });
    expect(new ProbeStore(storeLayout(folder)).last(device)?.board_id).toBe('ba9876543210');
  });

  it('has no answer for another address or interpreter of the same name', () => {
    store.write(device, probe);
    expect(store.last({ ...device, host: 'pi@rpi3b.local' })).toBeNull();
    expect(store.last({ ...device, port: 2222 })).toBeNull();
    expect(store.last({ ...device, python: '~/venv/bin/python' })).toBeNull();
    // How many threads a measurement uses and how we get in say nothing about the board.
    expect(store.last({ ...device, threads: 1, identity_file: '~/.ssh/other' })).toEqual(probe);
  });

  it('takes a torn file for no answer', () => {
    store.write(device, probe);
    writeFileSync(join(storeLayout(folder).devices, 'rpi4b.json'), '{"schema": 1, "as');
    expect(store.last(device)).toBeNull();
  });
});
