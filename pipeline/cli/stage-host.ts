import { closeSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { METER_CALIBRATION } from '../../stages/_shared/metering.js';
import { ok } from '../base/result.js';
import type { JobDocument, StageContext, StageWorker, WorkerMessage } from '../contract/worker.js';
import { sameBoardOnly } from '../devices/board.js';
import { openDevice } from '../devices/open-device.js';
import { openDeviceMeter } from '../power/device-meter.js';
import { isAcs712 } from '../power/sensor.js';
import { installationRoot } from './installation.js';

/** The process in which a TypeScript worker runs: `node stage-host.js job.json`, protocol on descriptor 3. */
const PROTOCOL_DESCRIPTOR = 3;

function say(message: WorkerMessage): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let written = 0; written < bytes.length; ) written += writeSync(PROTOCOL_DESCRIPTOR, bytes, written);
}

const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as JobDocument;
const controller = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
say({ type: 'hello', protocol: 1 });

/** Only what is recorded live: the table of a bench meter is read when it is there. */
function liveMeter({ device, external }: JobDocument): Pick<StageContext, 'meter'> {
  const config = device?.meter;
  if (config === undefined || !isAcs712(config.kind)) return {};
  return { meter: async () => openDeviceMeter(config, external[METER_CALIBRATION]) };
}

const context: StageContext = {
  job,
  signal: controller.signal,
  progress: (done, total, unit, phase) =>
    say({
      type: 'progress',
      done,
      unit,
      ...(total === undefined ? {} : { total }),
      ...(phase === undefined ? {} : { phase }),
    }),
  metric: (name, value, step) =>
    say({ type: 'metric', name, value, ...(step === undefined ? {} : { step }) }),
  log: (level, message) => say({ type: 'log', level, message }),
  connect: async () => {
    const { device, board } = job;
    if (device === undefined) throw new Error(`Internal error: ${job.instance} has no device`);
    const opened = await openDevice(device, {
      localRoot: join(job.cache_dir, 'devices'),
      python: job.python,
    });
    return opened.ok && board !== undefined ? ok(sameBoardOnly(opened.value, board)) : opened;
  },
  ...liveMeter(job),
};

const worker = join(installationRoot(), 'dist', 'stages', job.uses, 'worker.js');
const { run } = (await import(pathToFileURL(worker).href)) as { run: StageWorker };
const result = await run(context);
if (result.ok) say({ type: 'result', summary: result.value });
else say({ type: 'failure', ...result.error });
closeSync(PROTOCOL_DESCRIPTOR);
process.exit(result.ok ? 0 : 1);
