import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAcs712 } from '../../power/sensor.js';
import { SerialMeter } from '../../power/serial-meter.js';
import { summaryLines } from '../../ui/meter-text.js';
import { EXIT } from '../exit-codes.js';
import { complain } from '../prepare.js';
import { answer, complainOfMeter, numberOf } from './meter-common.js';

export interface MeterRecordOptions {
  readonly port: string;
  readonly kind: string;
  readonly seconds?: string;
  readonly out: string;
  readonly json: boolean;
}

/** `pipeline meter record`: until so many seconds of the meter's samples are there, or Ctrl-C. */
export async function meterRecord(options: MeterRecordOptions): Promise<number> {
  if (!isAcs712(options.kind)) {
    return complain(
      `--kind ${options.kind}: no such sensor`,
      'there are: acs712-05b, acs712-20a, acs712-30a; only the first resolves what a Raspberry Pi draws',
    );
  }
  const seconds = options.seconds === undefined ? Number.POSITIVE_INFINITY : numberOf(options.seconds);
  if (seconds === undefined || seconds <= 0) {
    return complain(`--seconds ${options.seconds}: not a time`, 'give seconds, for example --seconds 60');
  }
  const meter = new SerialMeter({
    kind: options.kind,
    port: options.port,
    powerClass: 'measured_inline',
  });
  const started = await meter.start(resolve(options.out));
  if (!started.ok) return complainOfMeter(started.error);
  let isStopped = false;
  const stop = (): void => {
    isStopped = true;
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    process.stderr.write(`recording ${options.port} into ${options.out}; Ctrl-C ends it\n`);
    while (!isStopped && meter.recordedSeconds < seconds && meter.failure === null) await sleep(50);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
  const summary = await meter.stop();
  if (!summary.ok) return complainOfMeter(summary.error);
  answer(options.json, summary.value, summaryLines(summary.value));
  return EXIT.ok;
}
