import { describe, expect, it } from 'vitest';
import { deviceChecks } from '../../../pipeline/cli/device-checks.js';
import type { BoardPlatform, DeviceFacts } from '../../../pipeline/contract/device.js';
import { whyNot } from '../../../pipeline/devices/board-packages.js';

const FACTS: DeviceFacts = {
  device: 'rpi',
  transport: 'ssh',
  hostname: 'rpi',
  os: 'Debian GNU/Linux 12 (bookworm)',
  kernel: '6.6.20',
  architecture: 'aarch64',
  model: 'Raspberry Pi 4 Model B Rev 1.4',
  cpu_count: 4,
  memory_bytes: 1e9,
  available_memory_bytes: 8e8,
  swap_bytes: 0,
  free_disk_bytes: 8e9,
  governor: 'performance',
  clocks: [{ cpu: 0, min_hz: 6e8, max_hz: 1.5e9, current_hz: 1.5e9 }],
  temperature_c: 45.2,
  throttled: 0,
  glibc: '2.36',
  python: '3.11.2',
  python_bits: 64,
  litert: '2.3.0',
  psutil: '7.2.2',
  tokenizers: '0.23.3',
  board_id: '0123456789ab',
  clock_offset_s: 0.01,
  clock_error_s: 0.002,
  problems: '',
};
const PLATFORM: BoardPlatform = { architecture: 'aarch64', python: '3.11' };

function checks(facts: Partial<DeviceFacts>, platform: Partial<BoardPlatform> = {}) {
  const device = { name: 'rpi', python: 'python3', platform: { ...PLATFORM, ...platform } };
  const all = deviceChecks(device, { ...FACTS, ...facts });
  return all
    .filter(({ state }) => state !== 'ok')
    .map(({ name, state, detail, hint }) => [name, state, detail, hint]);
}

describe('what doctor says of a board', () => {
  it('has nothing to say of one that is ready', () => expect(checks({})).toEqual([]));

  it('sends a board without LiteRT to the set-up', () => {
    expect(checks({ litert: null, problems: "No module named 'ai_edge_litert'" })).toEqual([
      ['litert', 'missing', "No module named 'ai_edge_litert'", 'npx pipeline devices setup rpi'],
    ]);
  });

  it('does not send one there that cannot be set up', () => {
    const [first] = checks({ litert: null, architecture: 'armv7l' }, { architecture: '32-bit' });
    expect(first).toEqual([
      'litert',
      'missing',
      'rpi runs a 32-bit system (Debian GNU/Linux 12 (bookworm), armv7l), for which there is no LiteRT',
      expect.stringContaining('install the 64-bit Raspberry Pi OS'),
    ]);
  });

  it.each([
    [{ throttled: 0x50005 }, 'throttling', '0x50005: under-voltage, throttled now'],
    [{ throttled: 0x50000 }, 'throttling', '0x50000: under-voltage, throttled since it started'],
    [{ governor: 'ondemand' }, 'governor', 'ondemand, 600 to 1500 MHz, now 1500 MHz'],
    [{ swap_bytes: 1e8 }, 'swap', '95 MiB'],
    [{ clock_offset_s: -10 }, 'clock', '-10 s from ours, within 0.002 s'],
    [{ temperature_c: 71 }, 'temperature', '71.0 degrees Celsius'],
    [{ free_disk_bytes: 1e8 }, 'disk', '95 MiB free'],
    [{ tokenizers: null }, 'tokenizers', expect.stringContaining('no text can be classified there')],
  ] as const)('warns of %j', (facts, name, detail) => {
    expect(checks(facts)).toEqual([[name, 'warning', detail, expect.any(String)]]);
  });
});

describe('boards for which there are no packages', () => {
  const of = (platform: Partial<BoardPlatform>, facts: Partial<DeviceFacts> = {}) => {
    const result = whyNot({ name: 'rpi', platform: { ...PLATFORM, ...platform } }, { ...FACTS, ...facts });
    return result === null || result.ok ? null : result.error.message;
  };
  it.each([
    [{}, {}, null],
    [{ architecture: 'armv7l' }, { architecture: 'armv7l' }, /runs a 32-bit system/],
    [{ architecture: 'riscv64' }, {}, /is riscv64; there is LiteRT for aarch64 and x86_64/],
    [{ python: '3.9' }, {}, /has Python 3.9; there is LiteRT for 3.10 to 3.14/],
    [{ python: '3.15' }, {}, /has Python 3.15/],
    [{}, { glibc: null }, /a C library other than glibc; LiteRT needs glibc 2.28/],
    [{}, { glibc: '2.24' }, /has glibc 2.24/],
  ] as const)('%j %j', (platform, facts, message) => {
    if (message === null) expect(of(platform, facts)).toBeNull();
    else expect(of(platform, facts)).toMatch(message);
  });
});
