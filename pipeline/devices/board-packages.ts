import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Result } from '../base/result.js';
import { ok } from '../base/result.js';
import type { DeviceClient, DeviceFacts, DeviceFailure, PushReport } from '../contract/device.js';
import {
  BOARD_ARCHITECTURES,
  BOARD_GLIBC_MINOR,
  BOARD_PYTHONS,
  boardLock,
  downloadArguments,
  packagesName,
  parseRequirements,
  requirementsFor,
} from './board-lock.js';
import { deviceFailure, tail } from './device-failure.js';

export interface SetupContext {
  /** A Python with pip on this machine. */
  readonly python: string;
  /** Absolute path: keeps what was fetched, one folder a platform. */
  readonly folder: string;
  readonly tell: (message: string) => void;
  readonly signal: AbortSignal;
}

export interface SetupReport {
  /** Of the folder there, relative to the device's root. */
  readonly remote: string;
  readonly push: PushReport;
}

/**
 * Installs LiteRT and what else the agent imports into our folder on the device, which needs neither internet nor pip nor
 * venv there: the wheels are fetched and unpacked here, and files are all that is sent.
 */
export async function setUpBoard(
  device: DeviceClient,
  facts: DeviceFacts,
  context: SetupContext,
): Promise<Result<SetupReport, DeviceFailure>> {
  const problem = whyNot(device, facts);
  if (problem !== null) return problem;
  const packages = await boardPackages(device, context);
  if (!packages.ok) return packages;
  const { name, folder } = packages.value;
  context.tell(`sending the packages to ${device.name}`);
  const remote = `python/${name}/packages`;
  const push = await device.push(folder, remote);
  return push.ok ? ok({ remote, push: push.value }) : push;
}

/** Why there are no packages for a board, or null. */
export function whyNot(
  { name, platform }: Pick<DeviceClient, 'name' | 'platform'>,
  { architecture, glibc, os }: Pick<DeviceFacts, 'architecture' | 'glibc' | 'os'>,
): Result<never, DeviceFailure> | null {
  const unusable = (message: string, hint: string) => deviceFailure('unusable', name, message, hint);
  if (platform.architecture === '32-bit' || /^(arm|armv\dl?|i[3-6]86)$/.test(platform.architecture)) {
    return unusable(
      `${name} runs a 32-bit system (${os}, ${architecture}), for which there is no LiteRT`,
      'Ways out: install the 64-bit Raspberry Pi OS (a Raspberry Pi 3, 4, 5, Zero 2 W and later can run it), or use a 64-bit board.',
    );
  }
  if (!BOARD_ARCHITECTURES.includes(platform.architecture)) {
    const known = BOARD_ARCHITECTURES.join(' and ');
    return unusable(
      `${name} is ${platform.architecture}; there is LiteRT for ${known}`,
      `Name a Python there that has LiteRT as devices.${name}.python.`,
    );
  }
  if (!BOARD_PYTHONS.includes(platform.python)) {
    return unusable(
      `${name} has Python ${platform.python}; there is LiteRT for ${BOARD_PYTHONS[0]} to ${BOARD_PYTHONS.at(-1)}`,
      `Install another Python there, or a newer system, and name it as devices.${name}.python.`,
    );
  }
  const [major = 0, minor = 0] = (glibc ?? '').split('.').map(Number);
  if (major === 2 && minor >= BOARD_GLIBC_MINOR) return null;
  const found = glibc == null ? 'a C library other than glibc' : `glibc ${glibc}`;
  return unusable(
    `${name} has ${found}; LiteRT needs glibc 2.${BOARD_GLIBC_MINOR} or newer`,
    'Install Debian 11, Ubuntu 20.04, Raspberry Pi OS of 2021, or newer.',
  );
}

/** The folder here with the unpacked packages of a device's platform; fetched when it is not there. */
async function boardPackages(
  { name: device, platform }: DeviceClient,
  { python, folder, tell, signal }: SetupContext,
): Promise<Result<{ readonly name: string; readonly folder: string }, DeviceFailure>> {
  const lock = boardLock();
  const name = packagesName(lock, platform);
  const target = join(folder, name);
  if (existsSync(target)) return ok({ name, folder: target });
  const scratch = join(folder, `.${name}.${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(join(scratch, 'wheels'), { recursive: true });
    const wanted = requirementsFor(parseRequirements(lock), platform.python);
    const lines = wanted.map(
      ({ pin, hashes }) => `${pin}${hashes.map((digest) => ` --hash=sha256:${digest}`).join('')}\n`,
    );
    await writeFile(join(scratch, 'requirements.txt'), lines.join(''));
    tell(`fetching the packages for Python ${platform.python} on ${platform.architecture}`);
    const asked = ['--require-hashes', '--requirement', join(scratch, 'requirements.txt')];
    const run = (args: readonly string[]) =>
      execa(python, args, { reject: false, stdin: 'ignore', cancelSignal: signal });
    const fetched = await run(downloadArguments(platform, join(scratch, 'wheels'), asked));
    if (fetched.exitCode !== 0) {
      return deviceFailure(
        'command',
        device,
        `the packages for ${device} could not be fetched: ${tail(fetched.stderr, 3)}`,
        'This machine needs internet or a mirror that pip is set up for; the device needs none.',
      );
    }
    for (const wheel of await readdir(join(scratch, 'wheels'))) {
      const from = join(scratch, 'wheels', wheel);
      const unpacked = await run(['-m', 'zipfile', '-e', from, join(scratch, 'packages')]);
      if (unpacked.exitCode !== 0) {
        return deviceFailure('command', device, `${wheel} cannot be unpacked: ${tail(unpacked.stderr, 2)}`);
      }
    }
    await leaveOut(join(scratch, 'packages'));
    await rename(join(scratch, 'packages'), target).catch((error: NodeJS.ErrnoException) => {
      // Somebody else has made the same.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    return ok({ name, folder: target });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Tests, headers and scripts of packages: half of the files, and nothing that the agent runs. */
async function leaveOut(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    if (['tests', 'include'].includes(entry.name) || entry.name.endsWith('.data')) {
      await rm(path, { recursive: true });
    } else await leaveOut(path);
  }
}
