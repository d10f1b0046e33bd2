import { join } from 'node:path';
import { err, ok } from '../../base/result.js';
import type { DeviceFacts, OurFolder } from '../../contract/device.js';
import { type SetupReport, setUpBoard } from '../../devices/board-packages.js';
import { ensureEnvironment } from '../../execute/python-environment.js';
import { failureMessage } from '../../ui/messages.js';
import { EXIT } from '../exit-codes.js';
import { cacheFolder, installationRoot, pythonOptions } from '../installation.js';
import { complain } from '../prepare.js';
import { complainOfDevice, deviceNamed, withDevice, withIdleDevice } from '../with-device.js';
import { type DevicesOptions, ownPython } from './devices.js';

interface Found {
  readonly facts: DeviceFacts;
  readonly pythonPath: string;
  readonly sent: SetupReport | null;
}

/** `pipeline devices setup NAME`: packages for the board's own platform and Python, from here. */
export async function setUpDevice(name: string, options: DevicesOptions): Promise<number> {
  const device = deviceNamed(name, options);
  if (!device.ok) return device.error;
  const tell = (message: string): void => void process.stderr.write(`${message}\n`);
  const signal = new AbortController().signal;
  const environment = await ensureEnvironment(
    pythonOptions(installationRoot(), process.env),
    (message) => tell(`python: ${message}`),
    signal,
  );
  if (!environment.ok) {
    const { text, hint } = failureMessage(environment.error, 'setup');
    return complain(text, hint ?? '', EXIT.failed);
  }
  const { python } = environment.value;
  const folder = join(cacheFolder(process.env), 'boards');
  const before = await withIdleDevice<Found>(device.value, python, 'devices setup', async (client) => {
    const facts = await client.inspect();
    if (!facts.ok) return facts;
    const found = { facts: facts.value, pythonPath: client.python, sent: null };
    const { litert, psutil, tokenizers } = facts.value;
    if (litert !== null && psutil !== null && tokenizers != null) return ok(found);
    const sent = await setUpBoard(client, facts.value, { python, folder, tell, signal });
    return sent.ok ? ok({ ...found, sent: sent.value }) : sent;
  });
  if (!before.ok) return complainOfDevice(before.error);
  const { sent } = before.value;
  // A new connection finds what was sent, as every later one will.
  const after =
    sent === null
      ? before
      : await withDevice<Found>(device.value, python, async (client) => {
          const probe = await client.probe();
          if (!probe.ok) return probe;
          return ok({ facts: { ...probe.value, problems: '' }, pythonPath: client.python, sent });
        });
  if (!after.ok) return complainOfDevice(after.error);
  const { facts, pythonPath } = after.value;
  const { litert, psutil, tokenizers } = facts;
  const document = {
    device: name,
    sent_bytes: sent?.push.sentBytes ?? 0,
    total_bytes: sent?.push.totalBytes ?? 0,
    seconds: Math.round((sent?.push.seconds ?? 0) * 10) / 10,
    folder: sent?.remote ?? null,
    python_path: pythonPath,
    litert,
    psutil,
    tokenizers: tokenizers ?? null,
  };
  if (options.json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  else if (sent === null) process.stdout.write(`${name} has all it needs: LiteRT ${litert}\n`);
  else process.stdout.write(`${name} is set up: LiteRT ${litert}, ${megabytes(document.sent_bytes)} sent\n`);
  return EXIT.ok;
}

/** `pipeline devices clean NAME`: removes what we made there, and nothing else. */
export async function cleanDevice(
  name: string,
  options: DevicesOptions & { readonly dryRun: boolean },
): Promise<number> {
  const device = deviceNamed(name, options);
  if (!device.ok) return device.error;
  const cleaned = await withIdleDevice(device.value, ownPython(), 'devices clean', async (client) => {
    const ours = await client.ours(false);
    if (!ours.ok) return err(ours.error);
    if (!options.json) process.stdout.write(whatGoes(client.root, ours.value, options.dryRun));
    const removed = options.dryRun ? ours : await client.ours(true);
    return removed.ok ? ok({ root: client.root, ...ours.value }) : removed;
  });
  if (!cleaned.ok) return complainOfDevice(cleaned.error);
  const document = { device: name, removed: !options.dryRun, ...cleaned.value };
  if (options.json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  return EXIT.ok;
}

function whatGoes(root: string, { entries, strangers }: OurFolder, dryRun: boolean): string {
  const lines = entries.map(({ name, bytes }) => `${root}/${name}: ${megabytes(bytes)}`);
  const kept = strangers.map((name) => `${root}/${name}: not from us, stays`);
  const head = dryRun ? 'would be removed:' : 'is removed:';
  return `${[...(lines.length === 0 ? ['nothing of ours is there'] : [head, ...lines]), ...kept].join('\n')}\n`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
