import { err, ok, type Result } from '../../base/result.js';
import type { DeviceConfig } from '../../contract/config.js';
import type { DeviceClient, DeviceFacts, DeviceFailure } from '../../contract/device.js';
import { throttledState } from '../../devices/throttled.js';
import { existingEnvironment } from '../../execute/python-environment.js';
import { borrowsPython } from '../boards.js';
import { type DeviceCheck, deviceChecks } from '../device-checks.js';
import { EXIT } from '../exit-codes.js';
import { installationRoot, pythonOptions } from '../installation.js';
import type { ProjectOptions } from '../project.js';
import { complainOfDevice, deviceNamed, devicesOf, withIdleDevice } from '../with-device.js';

export type DevicesOptions = ProjectOptions & { readonly json: boolean };

/** `pipeline devices list`: connects to none. */
export function listDevices(options: DevicesOptions): number {
  const devices = devicesOf(options);
  if (!devices.ok) return devices.error;
  if (options.json) process.stdout.write(`${JSON.stringify(devices.value, null, 2)}\n`);
  else for (const device of devices.value) process.stdout.write(`${deviceLine(device)}\n`);
  return EXIT.ok;
}

function deviceLine({ name, transport, host, port, python, threads }: DeviceConfig): string {
  const where =
    transport === 'local' ? 'this machine' : `${host}${port === undefined ? '' : ` port ${port}`}`;
  return `${name}: ${where}, ${python ?? 'its own Python'}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

/** `pipeline devices probe NAME`: all that the device says of itself. */
export async function probeDevice(name: string, options: DevicesOptions): Promise<number> {
  const device = deviceNamed(name, options);
  if (!device.ok) return device.error;
  const answer = await ask(device.value);
  if (!answer.ok) return complainOfDevice(answer.error);
  const document = probeDocument(answer.value);
  if (options.json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  else for (const line of probeLines(document)) process.stdout.write(`${line}\n`);
  return EXIT.ok;
}

/** What `devices probe` prints. */
export function probeDocument({ facts, python, root }: Answer): Readonly<Record<string, unknown>> {
  const throttled = facts.throttled == null ? null : throttledState(facts.throttled);
  const { problems: _, ...told } = facts;
  return { ...told, throttled, python_path: python, root };
}

export function probeLines(document: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(document).map(([key, value]) => {
    const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '-');
    return `${key.padEnd(24)}${text}`;
  });
}

/** `pipeline devices doctor [NAME]`: what each device has and lacks, and what to do. Changes nothing. */
export async function checkDevices(name: string | undefined, options: DevicesOptions): Promise<number> {
  const devices = name === undefined ? withThisMachine(devicesOf(options)) : one(deviceNamed(name, options));
  if (!devices.ok) return devices.error;
  const checks = (await Promise.all(devices.value.map(checkDevice))).flat();
  if (options.json) process.stdout.write(`${JSON.stringify(checks, null, 2)}\n`);
  else for (const check of checks) process.stdout.write(`${checkLine(check)}\n`);
  return checks.some(({ state }) => state === 'missing') ? EXIT.failed : EXIT.ok;
}

function one(device: Result<DeviceConfig, number>): Result<readonly DeviceConfig[], number> {
  return device.ok ? ok([device.value]) : device;
}

/** A project without a device of its own still can use this machine. */
function withThisMachine(
  devices: Result<readonly DeviceConfig[], number>,
): Result<readonly DeviceConfig[], number> {
  if (!devices.ok || devices.value.some(borrowsPython)) return devices;
  const here: DeviceConfig = { name: 'local', transport: 'local', threads: 1 };
  return ok([...devices.value.filter(({ name }) => name !== here.name), here]);
}

async function checkDevice(config: DeviceConfig): Promise<readonly DeviceCheck[]> {
  const failed = (detail: string, hint: string | null): readonly DeviceCheck[] => [
    { device: config.name, name: 'connection', state: 'missing', detail, hint },
  ];
  if (borrowsPython(config) && ownPython() === '') {
    return failed(
      'the Python environment of this machine is not made yet',
      'the first run makes it, or: npx pipeline doctor --python',
    );
  }
  const answer = await ask(config);
  if (!answer.ok) return failed(answer.error.message, answer.error.hint ?? null);
  return deviceChecks(answer.value, answer.value.facts);
}

type Answer = Pick<DeviceClient, 'name' | 'platform' | 'python' | 'root'> & { readonly facts: DeviceFacts };

export function ask(config: DeviceConfig): Promise<Result<Answer, DeviceFailure>> {
  return withIdleDevice<Answer>(config, ownPython(), 'devices', async (device) => {
    const facts = await device.inspect();
    if (!facts.ok) return err(facts.error);
    const { name, platform, python, root } = device;
    return ok({ name, platform, python, root, facts: facts.value });
  });
}

/** Path of Edgeline's Python, empty when there is none yet. */
export function ownPython(): string {
  return existingEnvironment(pythonOptions(installationRoot(), process.env))?.python ?? '';
}

function checkLine({ device, name, state, detail, hint }: DeviceCheck): string {
  return `${state.padEnd(8)}${device}: ${name}: ${detail}${hint === null ? '' : `\n        ${hint}`}`;
}
