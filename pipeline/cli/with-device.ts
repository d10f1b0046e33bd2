import { join } from 'node:path';
import { liveHolder, tryLock } from '../base/lock.js';
import { err, ok, type Result } from '../base/result.js';
import type { DeviceConfig } from '../contract/config.js';
import type { DeviceClient, DeviceFailure } from '../contract/device.js';
import { deviceLock } from './boards.js';
import { EXIT } from './exit-codes.js';
import { cacheFolder } from './installation.js';
import { complain, openOrExplain } from './prepare.js';
import type { ProjectOptions } from './project.js';

/** All devices of a project; a mistake of the user's is printed and gives the exit code. */
export function devicesOf(options: ProjectOptions): Result<readonly DeviceConfig[], number> {
  const opened = openOrExplain(options);
  if (!opened.ok) return opened;
  const devices = Object.values(opened.value.config.devices);
  return ok(devices.sort((left, right) => (left.name < right.name ? -1 : 1)));
}

/** The device of that name. */
export function deviceNamed(name: string, options: ProjectOptions): Result<DeviceConfig, number> {
  const devices = devicesOf(options);
  if (!devices.ok) return devices;
  const found = devices.value.find((device) => device.name === name);
  if (found !== undefined) return ok(found);
  const known = devices.value.map((device) => device.name).join(', ') || 'none';
  return err(complain(`there is no device named '${name}'`, `known devices: ${known}`));
}

/** Connects for one piece of work. `python` is Edgeline's own, for a local device that names none. */
export async function withDevice<T>(
  config: DeviceConfig,
  python: string,
  work: (device: DeviceClient) => Promise<Result<T, DeviceFailure>>,
): Promise<Result<T, DeviceFailure>> {
  // Late: ssh2 is only worth loading where a device is asked.
  const { openDevice } = await import('../devices/open-device.js');
  const localRoot = join(cacheFolder(process.env), 'devices');
  const opened = await openDevice(config, { localRoot, python });
  if (!opened.ok) return opened;
  try {
    return await work(opened.value);
  } finally {
    await opened.value.close();
  }
}

/** The same while no run may work on the device: what is changed or asked there would be in somebody's measurement. */
export async function withIdleDevice<T>(
  config: DeviceConfig,
  python: string,
  command: string,
  work: (device: DeviceClient) => Promise<Result<T, DeviceFailure>>,
): Promise<Result<T, DeviceFailure>> {
  const path = deviceLock(config);
  const lock = tryLock(path, command);
  if (lock === null) {
    const holder = liveHolder(path);
    const who = holder === null ? 'another run' : `process ${holder.pid} on ${holder.host}`;
    return err({
      reason: 'command',
      device: config.name,
      message: `${who} works on ${config.name} (${holder?.command ?? 'it has just ended'})`,
      hint: 'Wait until it has ended; see it with: npx pipeline status',
    });
  }
  try {
    return await withDevice(config, python, work);
  } finally {
    lock.release();
  }
}

/** Prints why something did not work; the exit code. */
export function complainOfDevice({ message, hint }: DeviceFailure): number {
  return complain(message, hint ?? '', EXIT.failed);
}
