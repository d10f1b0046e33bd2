import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proxyCommand, sshConfigOf } from '../../../pipeline/devices/ssh-config.js';
import { sshSettings, systemSsh } from '../../../pipeline/devices/ssh-settings.js';
import { sshdAvailable } from '../../rig/sshd.js';

const CONFIG = `
Host kitchen
  HostName 192.0.2.7
  User pi
  Port 2022
  IdentityFile /keys/kitchen
  ProxyJump me@door:2222
Host attic
  HostName attic.example
  ProxyCommand nc -x proxy %h %p
`;

const reason = sshdAvailable();
describe.skipIf(reason !== null)(
  `the user's ssh configuration${reason === null ? '' : ` (${reason})`}`,
  () => {
    let file: string;
    beforeAll(() => {
      file = join(mkdtempSync(join(tmpdir(), 'edgeline-ssh-config-')), 'config');
      writeFileSync(file, CONFIG);
    });
    afterAll(() => rmSync(join(file, '..'), { recursive: true, force: true }));

    it('says where an alias leads, as whom, with which key and through which host', () => {
      const checks = ['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes'];
      expect(sshConfigOf('kitchen', { file })).toEqual({
        host: '192.0.2.7',
        user: 'pi',
        port: 2022,
        identityFiles: ['/keys/kitchen'],
        proxy: ['ssh', ...checks, '-W', '[192.0.2.7]:2022', 'ssh://me@door:2222'],
      });
    });

    it('fills in the words of a ProxyCommand', () => {
      expect(sshConfigOf('attic', { file })?.proxy).toEqual([
        'sh',
        '-c',
        'exec nc -x proxy attic.example 22',
      ]);
    });

    it('has nothing to say of a host that it does not know', () => {
      expect(sshConfigOf('garden', { file })).toMatchObject({
        host: 'garden',
        port: 22,
        identityFiles: [],
        proxy: null,
      });
    });

    it('comes after what the device says itself, and leads rsync the same way', () => {
      const device = { name: 'k', transport: 'ssh', host: 'root@kitchen', port: 22, threads: 1 } as const;
      const settings = sshSettings(device, file);
      if (!settings.ok) throw new Error(settings.error.message);
      expect(settings.value).toMatchObject({ user: 'root', host: '192.0.2.7', port: 22 });
      expect(systemSsh(settings.value).join(' ')).toContain("-W '[192.0.2.7]:22' ssh://me@door:2222");
    });
  },
);

it('escapes what ssh would expand', () => {
  expect(proxyCommand(['ssh', '-W', '[a]:22', 'ssh://100%@b'])).toBe("ssh -W '[a]:22' ssh://100%%@b");
});
