import { existsSync, readFileSync } from 'node:fs';
import type { AnyAuthMethod, Client, ServerHostKeyAlgorithm } from 'ssh2';
import ssh2 from 'ssh2';
import type { Result } from '../base/result.js';
import { err, ok } from '../base/result.js';
import type { DeviceFailure } from '../contract/device.js';
import { deviceFailure, tail } from './device-failure.js';
import type { KnownHostKey } from './known-hosts.js';
import { fingerprintOf, hostKeysIn, judgeHostKey, keyTypeOf, knownHostName } from './known-hosts.js';
import { openProxy } from './ssh-config.js';
import type { SshSettings } from './ssh-settings.js';
import { CONNECT_TIMEOUT_SECONDS, KEEPALIVE_COUNT, KEEPALIVE_SECONDS } from './ssh-settings.js';

const HOST_KEY_ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** A connection and how it ended, if it has. */
export interface SshConnection {
  readonly client: Client;
  /** Resolves when the connection is over, with the reason. */
  readonly ended: Promise<string>;
}

/** Connects, checks the host key and authenticates. Nothing is ever asked and no host key is ever added. */
export function connect(settings: SshSettings): Promise<Result<SshConnection, DeviceFailure>> {
  const known = knownKeys(settings);
  const client = new ssh2.Client();
  const proxy = settings.proxy === null ? null : openProxy(settings.proxy);
  client.once('close', () => proxy?.child.kill());
  let refusal: Result<never, DeviceFailure> | undefined;
  let lastError = 'the connection was closed';
  let ready = false;
  const ended = new Promise<string>((resolve) => client.once('close', () => resolve(lastError)));
  return new Promise((resolve) => {
    const fail = (failure: Result<never, DeviceFailure>) => {
      client.destroy();
      proxy?.child.kill();
      resolve(failure);
    };
    client.on('error', (error: Error & { level?: string }) => {
      lastError = error.message;
      // ssh2 goes on to the next key after a problem with the agent.
      if (!ready && error.level !== 'agent') fail(refusal ?? connectFailure(settings, error, proxy?.said()));
    });
    client.once('ready', () => {
      ready = true;
      resolve(ok({ client, ended }));
    });
    client.once('close', () => {
      if (!ready) fail(refusal ?? connectFailure(settings, new Error(lastError), proxy?.said()));
    });
    client.connect({
      host: settings.host,
      port: settings.port,
      ...(proxy === null ? {} : { sock: proxy.stream }),
      username: settings.user,
      readyTimeout: CONNECT_TIMEOUT_SECONDS * 1000,
      keepaliveInterval: KEEPALIVE_SECONDS * 1000,
      keepaliveCountMax: KEEPALIVE_COUNT,
      algorithms: { serverHostKey: preferred(known) },
      authHandler: methods(settings),
      hostVerifier: (key: Buffer) => {
        const verdict = hostKeyFailure(settings, known, key);
        if (verdict !== null) refusal = err(verdict);
        return verdict === null;
      },
    });
  });
}

function knownKeys(settings: SshSettings): readonly KnownHostKey[] {
  return settings.knownHosts.flatMap((file) =>
    existsSync(file) ? hostKeysIn(readFileSync(file, 'utf8'), file, settings.host, settings.port) : [],
  );
}

/** Asks first for the kind of key that we know, as ssh does: another kind would look like a changed key. */
function preferred(known: readonly KnownHostKey[]): ServerHostKeyAlgorithm[] {
  const types = new Set(known.filter((entry) => entry.marker === null).map((entry) => entry.type));
  const isKnown = (name: string) => types.has(name) || (name.startsWith('rsa-sha2') && types.has('ssh-rsa'));
  return [...HOST_KEY_ALGORITHMS].sort((a, b) => Number(isKnown(b)) - Number(isKnown(a)));
}

function methods(settings: SshSettings): AnyAuthMethod[] {
  const username = settings.user;
  if (settings.identity !== null) return [{ type: 'publickey', username, key: settings.identity.key }];
  return settings.agent === null
    ? [{ type: 'none', username }]
    : [{ type: 'agent', username, agent: settings.agent }];
}

function hostKeyFailure(
  settings: SshSettings,
  known: readonly KnownHostKey[],
  key: Buffer,
): DeviceFailure | null {
  const verdict = judgeHostKey(known, key);
  if (verdict.verdict === 'known') return null;
  const type = keyTypeOf(key);
  const where = knownHostName(settings.host, settings.port);
  const file = settings.knownHosts[0] ?? '';
  const shown = `${where} shows the host key ${type} ${fingerprintOf(key)}`;
  const scanned = type.replace(/^ssh-/, '').replace(/-sha2-nistp\d+$/, '');
  const add = `ssh-keyscan -p ${settings.port} -t ${scanned} ${settings.host} >> ${file}`;
  const compare = 'Compare it with `ssh-keygen -lf` of the key in /etc/ssh on the device';
  const base = { reason: 'refused' as const, device: settings.device };
  switch (verdict.verdict) {
    case 'unknown':
      return { ...base, message: `${shown}, which is not in ${file}`, hint: `${compare}, then run: ${add}` };
    case 'changed':
      return {
        ...base,
        message:
          `${shown}, but ${verdict.file}:${verdict.line} knows another one: ` +
          'the device was set up anew, or this is not it',
        hint: `${compare}. If it is right, run: ssh-keygen -R '${where}' -f ${verdict.file} && ${add}`,
      };
    case 'revoked':
      return { ...base, message: `${shown}, which ${verdict.file}:${verdict.line} marks as revoked` };
  }
}

function connectFailure(
  settings: SshSettings,
  error: Error & { level?: string; code?: string },
  proxySaid = '',
): Result<never, DeviceFailure> {
  const address = `${settings.user}@${settings.host} (port ${settings.port})`;
  if (error.level === 'client-authentication') {
    const offered =
      settings.identity !== null
        ? `the key ${settings.identity.path}`
        : settings.agent !== null
          ? 'the keys of the ssh agent'
          : 'no key, as there is neither an ssh agent nor an identity_file';
    return deviceFailure(
      'refused',
      settings.device,
      `${address} does not let us in with ${offered}`,
      `Make this work first: ssh -p ${settings.port} -o BatchMode=yes ${settings.user}@${settings.host} true`,
    );
  }
  const reasons: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'nothing listens there',
    ENOTFOUND: 'no such host name',
    EAI_AGAIN: 'its name cannot be looked up',
    EHOSTUNREACH: 'there is no route to it',
    ENETUNREACH: 'there is no route to it',
    ETIMEDOUT: 'it does not answer',
  };
  const why =
    error.level === 'client-timeout' ? 'it does not answer' : (reasons[error.code ?? ''] ?? error.message);
  return deviceFailure(
    'unreachable',
    settings.device,
    `no connection to ${address}: ${why}${proxySaid === '' ? '' : ` (${tail(proxySaid, 2)})`}`,
    'Is the device on, in this network, and does its ssh server run?',
  );
}
