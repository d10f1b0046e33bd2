import { join } from 'node:path';
import { err, ok } from '../../base/result.js';
import type { OurFolder } from '../../contract/device.js';
import { type SetupReport, setUpBoard } from '../../devices/board-packages.js';
import { ensureEnvironment } from '../../execute/python-environment.js';
import { failureMessage } from '../../ui/messages.js';
import { EXIT } from '../exit-codes.js';
import { cacheFolder, installationRoot, pythonOptions } from '../installation.js';
import { complain } from '../prepare.js';
import { complainOfDevice, deviceNamed, withDevice, withIdleDevice } from '../with-device.js';
import { type DevicesOptions, ownPython } from './devices.js';

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
  const sent = await withIdleDevice<SetupReport | null>(
    device.value,
    python,
    'devices setup',
    async (client) => {
      const facts = await client.inspect();
      if (!facts.ok) return facts;
      const { litert, psutil, tokenizers } = facts.value;
      if (litert !== null && psutil !== null && tokenizers != null) return ok(null);
      return setUpBoard(client, facts.value, { python, folder, tell, signal });
    },
  );
  if (!sent.ok) return complainOfDevice(sent.error);
  // A new connection finds them, as every later one will.
  const after = await withDevice(device.value, python, async (client) => {
    const probe = await client.probe();
    return probe.ok ? ok({ ...probe.value, python_path: client.python }) : probe;
  });
  if (!after.ok) return complainOfDevice(after.error);
  const { litert, psutil, tokenizers, python_path } = after.value;
  const document = {
    device: name,
    sent_bytes: sent.value?.push.sentBytes ?? 0,
    total_bytes: sent.value?.push.totalBytes ?? 0,
    seconds: Math.round((sent.value?.push.seconds ?? 0) * 10) / 10,
    folder: sent.value?.remote ?? null,
    python_path,
    litert,
    psutil,
    tokenizers: tokenizers ?? null,
  };
  if (options.json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  else if (sent.value === null) process.stdout.write(`${name} has all it needs: LiteRT ${litert}\n`);
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
