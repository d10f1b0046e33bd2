import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceConfig } from '../../pipeline/contract/config.js';
import { openDevice } from '../../pipeline/devices/open-device.js';
import { rsync } from '../../pipeline/devices/rsync.js';
import { sshTransport } from '../../pipeline/devices/ssh.js';
import { sshSettings } from '../../pipeline/devices/ssh-settings.js';
import type { TestSshd } from '../rig/sshd.js';
import { sshdAvailable, startSshd } from '../rig/sshd.js';
import { deviceFolderSuite } from './device-folder-suite.js';
import { anyPython, deviceSuite, failureOf, must, until } from './device-suite.js';

function configOf(sshd: TestSshd, root: string): DeviceConfig {
  return {
    name: 'there',
    transport: 'ssh',
    host: `${sshd.user}@${sshd.host}`,
    port: sshd.port,
    identity_file: sshd.identityFile,
    known_hosts_file: sshd.knownHostsFile,
    python: anyPython,
    root,
    threads: 1,
  };
}

const start = async () => {
  const folder = mkdtempSync(join(tmpdir(), "edgeline 'ssh' "));
  const sshd = await startSshd();
  const root = join(folder, 'far "away"');
  return {
    config: configOf(sshd, root),
    root,
    stop: async () => {
      await sshd.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

deviceSuite('ssh', sshdAvailable(), start);
deviceFolderSuite('ssh', sshdAvailable(), start);

const reason = sshdAvailable();
const title = `ssh only${reason === null ? '' : ` (skipped: ${reason})`}`;
describe.skipIf(reason !== null)(title, { timeout: 30_000 }, () => {
  let sshd: TestSshd;
  let folder: string;
  let config: DeviceConfig;
  const context = { localRoot: '/nowhere', python: anyPython };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'edgeline-ssh-'));
    sshd = await startSshd();
    config = configOf(sshd, join(folder, 'root'));
  });
  afterAll(async () => {
    await sshd?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const withKnownHosts = (text: string): DeviceConfig => {
    const path = join(folder, 'other_known_hosts');
    writeFileSync(path, text);
    return { ...config, known_hosts_file: path };
  };
  const hostKey = () =>
    readFileSync(join(sshd.folder, 'host_key.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
  const fingerprint = () =>
    execFileSync('ssh-keygen', ['-lf', join(sshd.folder, 'host_key.pub')], { encoding: 'utf8' }).split(
      ' ',
    )[1];

  it('refuses an unknown host key with its fingerprint and how to add it', async () => {
    const failure = failureOf(await openDevice(withKnownHosts('other.example ssh-ed25519 AAAA\n'), context));
    expect(failure.reason).toBe('refused');
    expect(failure.message).toContain(`ssh-ed25519 ${fingerprint()}`);
    expect(failure.hint).toContain(
      `ssh-keyscan -p ${sshd.port} -t ed25519 127.0.0.1 >> ${folder}/other_known_hosts`,
    );
  });

  it('lets in after the command of its hint', async () => {
    const fresh = withKnownHosts('');
    const hint = failureOf(await openDevice(fresh, context)).hint ?? '';
    execFileSync('sh', ['-c', hint.slice(hint.indexOf('ssh-keyscan'))], { stdio: 'ignore' });
    const client = must(await openDevice(fresh, context));
    await client.close();
  });

  it('refuses a changed host key and names the line that knows another', async () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'wrong')]);
    const wrong = readFileSync(join(folder, 'wrong.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    const failure = failureOf(
      await openDevice(withKnownHosts(`# a comment\n[127.0.0.1]:${sshd.port} ${wrong}\n`), context),
    );
    expect(failure.reason).toBe('refused');
    expect(failure.message).toContain('other_known_hosts:2 knows another one');
    expect(failure.hint).toContain(`ssh-keygen -R '[127.0.0.1]:${sshd.port}'`);
  });

  it('refuses a revoked host key', async () => {
    const line = `[127.0.0.1]:${sshd.port} ${hostKey()}\n`;
    const failure = failureOf(await openDevice(withKnownHosts(`${line}@revoked ${line}`), context));
    expect(failure).toMatchObject({ reason: 'refused' });
    expect(failure.message).toContain('revoked');
  });

  it('accepts a hashed entry', async () => {
    const hashed = withKnownHosts(`[127.0.0.1]:${sshd.port} ${hostKey()}\n`);
    execFileSync('ssh-keygen', ['-H', '-f', join(folder, 'other_known_hosts')], { stdio: 'ignore' });
    expect(readFileSync(join(folder, 'other_known_hosts'), 'utf8')).toMatch(/^\|1\|/);
    const client = must(await openDevice(hashed, context));
    await client.close();
  });

  it('refuses a key that the device does not know', async () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'stranger')]);
    const failure = failureOf(
      await openDevice({ ...config, identity_file: join(folder, 'stranger') }, context),
    );
    expect(failure.reason).toBe('refused');
    expect(failure.message).toContain('does not let us in with the key');
  });

  it('says what is wrong with an identity file', async () => {
    const missing = failureOf(await openDevice({ ...config, identity_file: '/no/such/key' }, context));
    expect(missing).toMatchObject({
      reason: 'refused',
      message: 'its identity_file /no/such/key does not exist',
    });
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', join(folder, 'locked')]);
    const agent = process.env.SSH_AUTH_SOCK;
    delete process.env.SSH_AUTH_SOCK;
    const locked = failureOf(await openDevice({ ...config, identity_file: join(folder, 'locked') }, context));
    if (agent !== undefined) process.env.SSH_AUTH_SOCK = agent;
    expect(locked.message).toContain('passphrase');
    expect(locked.hint).toContain('ssh-add');
  });

  it('cannot reach a port where nothing listens', async () => {
    const failure = failureOf(await openDevice({ ...config, port: 1 }, context));
    expect(failure).toMatchObject({ reason: 'unreachable', device: 'there' });
    expect(failure.message).toContain('nothing listens there');
  });

  it('cannot reach a host without a name', async () => {
    const failure = failureOf(await openDevice({ ...config, host: 'pi@no-such-host.invalid' }, context));
    expect(failure.reason).toBe('unreachable');
  });

  it('notices that the connection is lost in the middle of a stream, and in every later call', async () => {
    const client = must(await openDevice(config, context));
    const lines: string[] = [];
    const running = client.stream(['sh', '-c', 'echo $$; exec cat'], (line) => lines.push(line));
    await until(() => lines.length === 1);
    sshd.dropConnections();
    expect(failureOf(await running)).toMatchObject({ reason: 'lost', device: 'there' });
    expect(failureOf(await client.exec(['true'])).reason).toBe('lost');
    await client.close();
  });

  it('goes through the jump host of an alias in the ssh configuration, rsync too', async () => {
    const file = join(folder, 'ssh_config');
    const there = `HostName ${sshd.host}\n  Port ${sshd.port}\n  User ${sshd.user}\n  IdentityFile ${sshd.identityFile}`;
    const door = `Host door\n  ${there}\n  UserKnownHostsFile ${sshd.knownHostsFile}\n`;
    const inner = `Host inner\n  ${there}\n  ProxyCommand ssh -F ${file} -o BatchMode=yes -W %h:%p door\n`;
    writeFileSync(file, door + inner);
    const { identity_file: _, port: __, ...rest } = config;
    const settings = must(sshSettings({ ...rest, host: 'inner' }, file));
    const transport = must(await sshTransport(settings));
    expect(must(await transport.run(['sh', '-c', 'echo "$SSH_CONNECTION"'])).stdout).toMatch(
      /^127\.0\.0\.1 /,
    );
    writeFileSync(join(folder, 'sent'), 'through');
    const to = transport.rsyncPath(join(folder, 'arrived'));
    must(await rsync('inner', transport, join(folder, 'sent'), to));
    expect(readFileSync(join(folder, 'arrived'), 'utf8')).toBe('through');
    await transport.close();
  });

  it('keeps its default root below the login folder', async () => {
    const { root: _, ...rest } = config;
    // The login folder is the user's own: look, but make nothing there.
    const home = execFileSync('sh', ['-c', 'echo ~'], { encoding: 'utf8' }).trim();
    const client = must(await openDevice({ ...rest, root: 'edgeline-test-root' }, context));
    await client.close();
    rmSync(join(home, 'edgeline-test-root'), { recursive: true, force: true });
    expect(client.root.endsWith('/edgeline-test-root')).toBe(true);
  });
});
