import { execa } from 'execa';
import type { Result } from '../base/result.js';
import { ok } from '../base/result.js';
import { quoteForRsyncShell } from '../base/shell-quote.js';
import type { DeviceFailure } from '../contract/device.js';
import { deviceFailure, tail } from './device-failure.js';
import type { Transport } from './transport.js';

/** No data for this long ends a transfer. */
const STALL_SECONDS = 60;

export interface TransferredBytes {
  readonly sent: number;
  readonly received: number;
}

/**
 * Makes folder `to` equal to folder `from` (or copies one file); one of the two is on the device, as `rsyncPath`
 * writes it. Files are compared by content, an interrupted file goes on where it stopped, and what the folders
 * `beside` on the receiving side have already is not sent.
 */
export async function rsync(
  device: string,
  transport: Transport,
  from: string,
  to: string,
  beside: readonly string[] = [],
): Promise<Result<TransferredBytes, DeviceFailure>> {
  const args = [
    '--recursive',
    '--copy-links',
    '--perms',
    '--chmod=D0700,Fu+rw,Fgo-rwx',
    '--delete',
    '--partial',
    '--checksum',
    '--prune-empty-dirs',
    '-s',
    '--stats',
    '--no-human-readable',
    `--timeout=${STALL_SECONDS}`,
    ...beside.map((folder) => `--copy-dest=${folder}`),
    ...(transport.rsyncShell === null
      ? []
      : ['--rsh', transport.rsyncShell.map(quoteForRsyncShell).join(' ')]),
    '--',
    from,
    to,
  ];
  const result = await execa('rsync', args, { reject: false, stdin: 'ignore', env: { LC_ALL: 'C' } });
  if (result.exitCode === 0)
    return ok({ sent: figure(result.stdout, 'sent'), received: figure(result.stdout, 'received') });
  return failureOf(device, result.code, result.exitCode, result.stderr);
}

function figure(stats: string, direction: 'sent' | 'received'): number {
  return Number(new RegExp(`^Total bytes ${direction}: (\\d+)$`, 'm').exec(stats)?.[1] ?? 0);
}

function failureOf(
  device: string,
  code: string | undefined,
  exitCode: number | undefined,
  stderr: string,
): Result<never, DeviceFailure> {
  if (code === 'ENOENT') {
    return deviceFailure(
      'unusable',
      device,
      'this machine has no rsync',
      'Install it here: apt install rsync',
    );
  }
  const said = tail(stderr);
  if (stderr.includes('No space left on device')) {
    return deviceFailure(
      'command',
      device,
      `the disk of ${device} is full`,
      `Make room there, or remove all that we put there: npx pipeline devices clean ${device}`,
    );
  }
  if (/rsync: (command )?not found/.test(stderr)) {
    return deviceFailure('unusable', device, `${device} has no rsync`, 'Install it there: apt install rsync');
  }
  // 10, 12: the stream broke; 30, 35: no answer in time; 255: ssh itself failed.
  if ([10, 12, 30, 35, 255].includes(exitCode ?? -1)) {
    return deviceFailure('lost', device, `the transfer to ${device} broke off: ${said}`);
  }
  return deviceFailure('command', device, `rsync ended with ${exitCode ?? code}: ${said}`);
}
