import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { heldByLiveProcess } from '../base/lock.js';
import type { DeviceConfig } from '../contract/config.js';
import type { DeviceProbe } from '../contract/device.js';
import type { Instance } from '../contract/plan.js';
import { boardText, thisBoard } from '../devices/board.js';
import { ProbeStore } from '../store/probes.js';
import { fileName } from './file-name.js';
import { cacheFolder, pythonOptions } from './installation.js';
import type { Project } from './project.js';
import { type ScopeOptions, scopeOf } from './scope.js';

/** In the key of what is to run on a device that never answered. No record has it: a board that then does answer is another. */
const NEVER_ASKED = 'not asked yet';
const PATIENCE_MILLISECONDS = 2000;

/** The board behind a device's name as far as it is known without asking: this machine, or the last answer. */
export function knownBoard(project: Project, device: DeviceConfig, pythonVersion: string): string {
  if (borrowsPython(device)) {
    return boardText({ ...thisBoard(), litert: lockedLitert(project), python: pythonVersion });
  }
  const probe = new ProbeStore(project.layout).last(device);
  return probe === null ? NEVER_ASKED : boardText(probe);
}

/** What the device of that name last said of itself, or this machine; null where it never answered. */
export function lastBoard(project: Project, name: string): string | null {
  const device = project.config.devices[name];
  if (device === undefined) return null;
  if (borrowsPython(device)) return thisBoard().model;
  return new ProbeStore(project.layout).last(device)?.model ?? null;
}

/** The board that a job must find, from the environment in its key; undefined for this machine, which nobody can swap. */
export function expectedBoard(
  device: DeviceConfig,
  environment: Readonly<Record<string, string>>,
): string | undefined {
  return borrowsPython(device) ? undefined : environment[boardEntry(device.name)];
}

/** The name of a board in the environment of a key. */
export function boardEntry(device: string): string {
  return `board ${device}`;
}

/** A local device without a Python of its own runs LiteRT from ours, so files here say all about it. */
export function borrowsPython(device: DeviceConfig): boolean {
  return device.transport === 'local' && device.python === undefined;
}

/** Held by whoever works on a device; all projects of this machine share it. */
export function deviceLock(device: DeviceConfig): string {
  const address = device.transport === 'local' ? 'local' : `${device.host}-${device.port ?? 22}`;
  return join(cacheFolder(process.env), 'locks', `device-${fileName(address)}.lock`);
}

/**
 * Asks the devices of what a command line means what they are, all at once, and keeps their answers: plans use these.
 *
 * @returns what to tell: who did not answer, and why.
 */
export async function askDevices(
  project: Project,
  selectors: readonly string[],
  options: ScopeOptions,
): Promise<readonly string[]> {
  if (Object.values(project.config.devices).every(borrowsPython)) return [];
  const scope = scopeOf(project, selectors, options);
  // A mistake in it is told by the plan, which comes next.
  const devices = scope.ok ? devicesOf(project, scope.value.instances) : [];
  const asked = devices.filter((device) => !borrowsPython(device));
  if (asked.length === 0) return [];
  const names = asked.map(({ name }) => name).join(', ');
  const slow = setTimeout(
    () => process.stderr.write(`asking ${names} which board answers...\n`),
    PATIENCE_MILLISECONDS,
  );
  try {
    const notes = await Promise.all(asked.map((device) => askDevice(project, device)));
    return notes.filter((note) => note !== null);
  } finally {
    clearTimeout(slow);
  }
}

async function askDevice(project: Project, device: DeviceConfig): Promise<string | null> {
  const store = new ProbeStore(project.layout);
  const answer = await probe(device);
  if (typeof answer !== 'string') {
    store.write(device, answer);
    return null;
  }
  const last = store.last(device);
  const instead =
    last === null ? 'it never answered before' : `taken to be still the last one (${boardText(last)})`;
  return `${device.name} could not be asked which board it is: ${answer}; ${instead}`;
}

/** What the device says of itself, or why it says nothing. */
async function probe(device: DeviceConfig): Promise<DeviceProbe | string> {
  // A question takes a second of its processor, which would be in somebody's measurement.
  if (heldByLiveProcess(deviceLock(device))) return 'another run works on it';
  // Late: ssh2 is only worth loading where a device is asked.
  const { openDevice } = await import('../devices/open-device.js');
  const localRoot = join(cacheFolder(process.env), 'devices');
  const opened = await openDevice(device, { localRoot, python: '' });
  if (!opened.ok) return opened.error.message;
  try {
    const answer = await opened.value.probe();
    return answer.ok ? answer.value : answer.error.message;
  } finally {
    await opened.value.close();
  }
}

function devicesOf(project: Project, instances: readonly Instance[]): readonly DeviceConfig[] {
  const names = new Set(
    instances.map(({ resolved }) => ('device' in resolved ? resolved.device : undefined)),
  );
  return Object.values(project.config.devices).filter(({ name }) => names.has(name));
}

let litert: string | undefined;

function lockedLitert(project: Project): string {
  const { lockFile } = pythonOptions(project.installation, process.env);
  litert ??= /^ai-edge-litert==(\S+)/m.exec(readFileSync(lockFile, 'utf8'))?.[1] ?? 'unknown';
  return litert;
}
