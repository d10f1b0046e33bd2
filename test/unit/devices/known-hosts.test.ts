import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  fingerprintOf,
  hostKeysIn,
  judgeHostKey,
  keyTypeOf,
  knownHostName,
} from '../../../pipeline/devices/known-hosts.js';

/** A key in SSH's wire format: its type and some bytes. */
function key(type: string, body: string): Buffer {
  const parts = [type, body].map((text) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return Buffer.concat([length, Buffer.from(text)]);
  });
  return Buffer.concat(parts);
}
const ours = key('ssh-ed25519', 'ours');
const other = key('ssh-ed25519', 'other');
const line = (hosts: string, blob = ours, marker = '') =>
  `${marker}${hosts} ${keyTypeOf(blob)} ${blob.toString('base64')} a comment\n`;
const hashed = (name: string) => {
  const salt = Buffer.from('twenty bytes of salt');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
};

describe('hostKeysIn', () => {
  it.each<[string, string, number, boolean]>([
    ['pi', 'pi', 22, true],
    ['pi', 'PI', 22, true],
    ['pi', 'pi2', 22, false],
    ['pi', 'pi', 2222, false],
    ['[pi]:2222', 'pi', 2222, true],
    ['[pi]:2222', 'pi', 22, false],
    ['a,pi,b', 'pi', 22, true],
    ['*.local', 'rpi4b.local', 22, true],
    ['*.local', 'rpi4b.localx', 22, false],
    ['rpi?', 'rpi4', 22, true],
    ['rpi?', 'rpi', 22, false],
    ['rpi.', 'rpi4', 22, false],
    ['*,!pi', 'pi', 22, false],
    ['!pi,*', 'pi', 22, false],
    ['*,!pi', 'pj', 22, true],
    ['::1', '::1', 22, true],
    ['[::1]:2222', '::1', 2222, true],
    [hashed('pi'), 'pi', 22, true],
    [hashed('pi'), 'pj', 22, false],
    [hashed('[pi]:2222'), 'pi', 2222, true],
  ])('%s matches %s port %i: %s', (hosts, host, port, expected) => {
    expect(hostKeysIn(line(hosts), 'f', host, port).length > 0).toBe(expected);
  });

  it('passes over comments, blank and broken lines and counts lines', () => {
    const text = `# pi ssh-ed25519 AAAA\n\npi\npi ssh-ed25519\n |1|x\n${line('pi')}`;
    expect(hostKeysIn(text, 'known', 'pi', 22)).toEqual([
      { file: 'known', line: 6, marker: null, type: 'ssh-ed25519', key: ours },
    ]);
  });
});

describe('judgeHostKey', () => {
  const judge = (text: string) => judgeHostKey(hostKeysIn(text, 'known', 'pi', 22), ours);
  it('knows, does not know, knows another, and minds what is revoked', () => {
    expect(judge(line('pi'))).toEqual({ verdict: 'known' });
    expect(judge(line('pj'))).toEqual({ verdict: 'unknown' });
    expect(judge(line('pi', other))).toEqual({ verdict: 'changed', file: 'known', line: 1 });
    expect(judge(line('pi', other) + line('pi'))).toEqual({ verdict: 'known' });
    expect(judge(line('pi') + line('pi', ours, '@revoked '))).toEqual({
      verdict: 'revoked',
      file: 'known',
      line: 2,
    });
  });
  it('does not take a certificate authority for a host key', () => {
    expect(judge(line('pi', ours, '@cert-authority '))).toEqual({ verdict: 'unknown' });
  });
});

it('writes names and fingerprints as ssh does', () => {
  expect(knownHostName('Pi.Local', 22)).toBe('pi.local');
  expect(knownHostName('pi', 2222)).toBe('[pi]:2222');
  expect(fingerprintOf(ours)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  expect(keyTypeOf(Buffer.from('xx'))).toBe('unknown');
});
