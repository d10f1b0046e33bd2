import { existsSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { Result } from '../base/result.js';
import { ok } from '../base/result.js';
import type { DeviceConfig } from '../contract/config.js';
import type { DeviceFailure } from '../contract/device.js';
import { deviceFailure } from './device-failure.js';
import { proxyCommand, sshConfigOf } from './ssh-config.js';

export const CONNECT_TIMEOUT_SECONDS = 15;
export const KEEPALIVE_SECONDS = 5;
export const KEEPALIVE_COUNT = 3;

/** Where and how to connect; the same for ssh2 and for the ssh that rsync starts. */
export interface SshSettings {
  readonly device: string;
  readonly user: string;
  readonly host: string;
  readonly port: number;
  /** Files with known host keys, the one that new keys go to first. */
  readonly knownHosts: readonly string[];
  /** A private key file without passphrase, where one is used. */
  readonly identity: { readonly path: string; readonly key: Buffer } | null;
  /** Socket of the ssh agent. */
  readonly agent: string | null;
  /** The command through which it is reached, as for a jump host; null for a direct connection. */
  readonly proxy: readonly string[] | null;
}

const DEFAULT_IDENTITIES = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/**
 * Reads what a connection needs from the device's entry, then from the user's own ssh files.
 *
 * @param configFile in place of ~/.ssh/config
 */
export function sshSettings(config: DeviceConfig, configFile?: string): Result<SshSettings, DeviceFailure> {
  const address = config.host ?? '';
  const at = address.lastIndexOf('@');
  const host = address.slice(at + 1).replace(/^\[(.*)\]$/, '$1');
  if (host === '' || host.startsWith('-') || /[\s/]/.test(host)) {
    return deviceFailure(
      'unusable',
      config.name,
      `'${address}' is not a host`,
      'Write host: user@name or host: name.',
    );
  }
  const agent = process.env.SSH_AUTH_SOCK || null;
  const user = at > 0 ? address.slice(0, at) : undefined;
  const entry = sshConfigOf(host, { user, port: config.port, file: configFile });
  const identity = readIdentity(config, agent, entry?.identityFiles ?? []);
  if (!identity.ok) return identity;
  const own = join(homedir(), '.ssh', 'known_hosts');
  return ok({
    device: config.name,
    user: user ?? (entry?.user || userInfo().username),
    host: entry?.host || host,
    port: config.port ?? entry?.port ?? 22,
    knownHosts:
      config.known_hosts_file === undefined
        ? [own, '/etc/ssh/ssh_known_hosts']
        : [withHome(config.known_hosts_file)],
    identity: identity.value,
    agent,
    proxy: entry?.proxy ?? null,
  });
}

function readIdentity(
  config: DeviceConfig,
  agent: string | null,
  configured: readonly string[],
): Result<SshSettings['identity'], DeviceFailure> {
  if (config.identity_file === undefined) {
    for (const path of configured) {
      if (existsSync(path) && keyProblem(path) === null) return ok({ path, key: readFileSync(path) });
    }
    if (agent !== null) return ok(null);
    for (const name of DEFAULT_IDENTITIES) {
      const path = join(homedir(), '.ssh', name);
      if (existsSync(path) && keyProblem(path) === null) return ok({ path, key: readFileSync(path) });
    }
    return ok(null);
  }
  const path = withHome(config.identity_file);
  if (!existsSync(path)) {
    return deviceFailure('refused', config.name, `its identity_file ${path} does not exist`);
  }
  const problem = keyProblem(path);
  if (problem === null) return ok({ path, key: readFileSync(path) });
  if (problem === 'passphrase' && agent !== null) return ok(null);
  const hint = problem === 'passphrase' ? `Start ssh-agent and run: ssh-add ${path}` : undefined;
  const what = problem === 'passphrase' ? 'is protected by a passphrase' : `cannot be used: ${problem}`;
  return deviceFailure('refused', config.name, `its identity_file ${path} ${what}`, hint);
}

/** Why a private key file cannot be used as it is: `passphrase`, a reason in words, or null when it can. */
function keyProblem(path: string): string | null {
  try {
    const parsed = ssh2.utils.parseKey(readFileSync(path));
    if (!(parsed instanceof Error)) return null;
    return /encrypted|passphrase/i.test(parsed.message) ? 'passphrase' : parsed.message;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function withHome(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
}

/** The ssh command of rsync: the same checks and the same way as our own connection, and nothing else of the user's configuration. */
export function systemSsh(settings: SshSettings): readonly string[] {
  const files = settings.knownHosts.map((file) => `"${escapePercent(file)}"`).join(' ');
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${files}`,
    'GlobalKnownHostsFile=/dev/null',
    `ConnectTimeout=${CONNECT_TIMEOUT_SECONDS}`,
    `ServerAliveInterval=${KEEPALIVE_SECONDS}`,
    `ServerAliveCountMax=${KEEPALIVE_COUNT}`,
    ...(settings.identity === null ? [] : ['IdentitiesOnly=yes', 'IdentityAgent=none']),
    ...(settings.proxy === null ? [] : [`ProxyCommand=${proxyCommand(settings.proxy)}`]),
  ];
  return [
    'ssh',
    '-F',
    'none',
    '-p',
    String(settings.port),
    ...(settings.identity === null ? [] : ['-i', escapePercent(settings.identity.path)]),
    ...options.flatMap((option) => ['-o', option]),
  ];
}

/** ssh expands `%` in file names. */
function escapePercent(path: string): string {
  return path.replaceAll('%', '%%');
}
