import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { addDevice } from '../../../pipeline/config/add-device.js';

const DEVICE = { host: 'pi@rpi4b.local', threads: 4 };
const HEAD = 'version: 1\nname: study # of mine\n\n';

function added(text: string, device: Parameters<typeof addDevice>[2] = DEVICE): string {
  const result = addDevice(text, 'rpi4b', device);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  const lines = result.value.text.split('\n');
  expect(lines[result.value.line - 1]).toContain('rpi4b: {');
  expect(parse(result.value.text).devices.rpi4b).toEqual(device);
  return result.value.text;
}

describe('addDevice', () => {
  it.each([
    [
      'below the last of a block, whose comments stay where they are',
      'devices:\n    local: {} # this machine\n    rpi3b: { host: pi@rpi3b } # attic\n\n# What differs.\nprofiles: {}\n',
      'devices:\n    local: {} # this machine\n    rpi3b: { host: pi@rpi3b } # attic\n    rpi4b: { host: pi@rpi4b.local, threads: 4 }\n\n# What differs.\nprofiles: {}\n',
    ],
    [
      'below a device that is a block itself',
      'devices:\n  rpi3b:\n    host: pi@rpi3b\n    threads: 2 # of 4\nstages: {}\n',
      'devices:\n  rpi3b:\n    host: pi@rpi3b\n    threads: 2 # of 4\n  rpi4b: { host: pi@rpi4b.local, threads: 4 }\nstages: {}\n',
    ],
    [
      'in braces',
      'devices: { local: {}, rpi3b: { host: a } } # two\n',
      'devices: { local: {}, rpi3b: { host: a }, rpi4b: { host: pi@rpi4b.local, threads: 4 } } # two\n',
    ],
    [
      'in empty braces',
      'devices: {}\nstages: {}\n',
      'devices: { rpi4b: { host: pi@rpi4b.local, threads: 4 } }\nstages: {}\n',
    ],
    [
      'below a heading with nothing below it',
      'devices: # none yet\nstages: {}\n',
      'devices: # none yet\n  rpi4b: { host: pi@rpi4b.local, threads: 4 }\nstages: {}\n',
    ],
    [
      'at the end of a file without devices',
      'stages: {}\n',
      'stages: {}\n\ndevices:\n  rpi4b: { host: pi@rpi4b.local, threads: 4 }\n',
    ],
    [
      'at the end of a file whose last line has no end',
      'devices:\n  local: {}',
      'devices:\n  local: {}\n  rpi4b: { host: pi@rpi4b.local, threads: 4 }',
    ],
  ])('writes it %s', (_where, before, after) => {
    expect(added(HEAD + before)).toBe(HEAD + after);
  });

  it('keeps the line ends of Windows, and quotes what needs quotes', () => {
    expect(added('version: 1\r\ndevices:\r\n  local: {}\r\nstages: {}\r\n')).toBe(
      'version: 1\r\ndevices:\r\n  local: {}\r\n  rpi4b: { host: pi@rpi4b.local, threads: 4 }\r\nstages: {}\r\n',
    );
    expect(added(`${HEAD}devices:\n  local: {}\n`, { host: 'a', python: '~/my, own # {venv}: x' })).toContain(
      'python: "~/my, own # {venv}: x"',
    );
  });

  it('refuses a name that is there, also in a profile', () => {
    const exists = (text: string) => addDevice(HEAD + text, 'rpi4b', DEVICE);
    expect(exists('devices:\n  rpi4b: {}\n')).toEqual({
      ok: false,
      error: { kind: 'exists', where: 'devices' },
    });
    expect(exists('profiles: { big: { devices: { rpi4b: {} } } }\n')).toEqual({
      ok: false,
      error: { kind: 'exists', where: 'profiles.big.devices' },
    });
  });

  it.each([
    ['an alias', 'x: &all { local: {} }\ndevices: *all\n'],
    ['a text', 'devices: "none"\n'],
    ['nothing by name', 'devices: ~\n'],
    ['a comma at the end', 'devices: { local: {}, }\n'],
    ['a comment in braces', 'devices: {\n  local: {} # here\n}\n'],
  ])('leaves %s alone and gives the line to write', (_what, text) => {
    expect(addDevice(HEAD + text, 'rpi4b', DEVICE)).toEqual({
      ok: false,
      error: { kind: 'by-hand', entry: 'rpi4b: { host: pi@rpi4b.local, threads: 4 }' },
    });
  });
});
