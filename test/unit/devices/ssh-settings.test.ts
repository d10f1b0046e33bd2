import { describe, expect, it } from 'vitest';
import type { DeviceConfig } from '../../../pipeline/contract/config.js';
import { sshSettings, systemSsh } from '../../../pipeline/devices/ssh-settings.js';

const config = (more: Partial<DeviceConfig>): DeviceConfig => ({
  name: 'rpi',
  transport: 'ssh',
  threads: 1,
  known_hosts_file: '/keys/known hosts 100%',
  ...more,
});

describe('sshSettings', () => {
  it.each([
    ['pi@rpi4b.local', 'pi', 'rpi4b.local'],
    ['we@ird@rpi', 'we@ird', 'rpi'],
    ['pi@[fe80::1]', 'pi', 'fe80::1'],
  ])('reads %s', (host, user, name) => {
    expect(sshSettings(config({ host }))).toMatchObject({ ok: true, value: { user, host: name, port: 22 } });
  });
  it.each(['', '-oProxyCommand=x', 'pi@-x', 'pi@a b', 'pi@a/b'])('refuses %j as a host', (host) => {
    expect(sshSettings(config({ host }))).toMatchObject({
      ok: false,
      error: { reason: 'unusable', device: 'rpi' },
    });
  });
});

it('gives the ssh of rsync the same checks as our own connection', () => {
  const settings = sshSettings(config({ host: 'pi@rpi', port: 2222 }));
  if (!settings.ok) throw new Error(settings.error.message);
  const command = systemSsh(settings.value);
  expect(command.slice(0, 5)).toEqual(['ssh', '-F', 'none', '-p', '2222']);
  expect(command).toContain('BatchMode=yes');
  expect(command).toContain('StrictHostKeyChecking=yes');
  expect(command).toContain('UserKnownHostsFile="/keys/known hosts 100%%"');
});
