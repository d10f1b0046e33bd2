import { createHash, createHmac } from 'node:crypto';

/** A line of a known_hosts file about the host asked for. Format: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. */
export interface KnownHostKey {
  readonly file: string;
  readonly line: number;
  readonly marker: 'revoked' | 'cert-authority' | null;
  /** For example `ssh-ed25519`. */
  readonly type: string;
  readonly key: Buffer;
}

export type HostKeyVerdict =
  | { readonly verdict: 'known' }
  | { readonly verdict: 'unknown' }
  | { readonly verdict: 'changed' | 'revoked'; readonly file: string; readonly line: number };

/** The name under which known_hosts lists a host: `host`, or `[host]:port` on another port than 22. */
export function knownHostName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/** The lines that are about the host. Lines that cannot be read are passed over, as ssh does. */
export function hostKeysIn(text: string, file: string, host: string, port: number): readonly KnownHostKey[] {
  const name = knownHostName(host, port);
  const found: KnownHostKey[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const words = raw.trim().split(/[ \t]+/);
    let marker: KnownHostKey['marker'] = null;
    if (words[0] === '@revoked') marker = 'revoked';
    else if (words[0] === '@cert-authority') marker = 'cert-authority';
    if (marker !== null) words.shift();
    const [hosts, type, key] = words;
    if (hosts === undefined || type === undefined || key === undefined || hosts.startsWith('#')) continue;
    if (hostsMatch(hosts, name)) {
      found.push({ file, line: index + 1, marker, type, key: Buffer.from(key, 'base64') });
    }
  }
  return found;
}

function hostsMatch(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) return hashMatches(hosts, name);
  let matches = false;
  for (const pattern of hosts.split(',')) {
    const negated = pattern.startsWith('!');
    if (!patternMatches(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    matches = true;
  }
  return matches;
}

function hashMatches(hashed: string, name: string): boolean {
  const [, , salt, hash] = hashed.split('|');
  if (salt === undefined || hash === undefined) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

function patternMatches(pattern: string, name: string): boolean {
  const source = pattern.toLowerCase().replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name);
}

/** Judges the key that a host has shown by what is known of the host. */
export function judgeHostKey(known: readonly KnownHostKey[], shown: Buffer): HostKeyVerdict {
  const revoked = known.find((entry) => entry.marker === 'revoked' && entry.key.equals(shown));
  if (revoked !== undefined) return { verdict: 'revoked', file: revoked.file, line: revoked.line };
  const plain = known.filter((entry) => entry.marker === null);
  if (plain.some((entry) => entry.key.equals(shown))) return { verdict: 'known' };
  const first = plain[0];
  return first === undefined
    ? { verdict: 'unknown' }
    : { verdict: 'changed', file: first.file, line: first.line };
}

/** As ssh-keygen writes it: `SHA256:` and base64 without padding. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replaceAll('=', '')}`;
}

/** The type that a key in SSH's wire format names first. */
export function keyTypeOf(key: Buffer): string {
  return key.length < 4 ? 'unknown' : key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}
