import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileAtomically } from '../../base/atomic-write.js';
import { err, ok, type Result } from '../../base/result.js';
import type { Acs712Kind } from '../../contract/meter.js';
import { type CalibrationPoint, calibrate, FEWEST_POINTS } from '../../power/calibration.js';
import { type Recording, readRecording } from '../../power/recording-file.js';
import { isAcs712 } from '../../power/sensor.js';
import { SerialMeter } from '../../power/serial-meter.js';
import { calibrationLines } from '../../ui/meter-text.js';
import { EXIT } from '../exit-codes.js';
import { complain } from '../prepare.js';
import { answer, complainOfMeter, numberOf } from './meter-common.js';

export interface MeterCalibrateOptions {
  readonly port?: string;
  readonly kind: string;
  readonly seconds: string;
  readonly zero?: string;
  readonly point: readonly string[];
  readonly out: string;
  readonly json: boolean;
}

interface Sweep {
  readonly zero: Recording;
  readonly points: readonly CalibrationPoint[];
}

/** `pipeline meter calibrate`: from recordings that are there, or step by step at the meter's port. */
export async function meterCalibrate(options: MeterCalibrateOptions): Promise<number> {
  const sweep = options.port === undefined ? fromFiles(options) : await atPort(options, options.port);
  if (!sweep.ok) return sweep.error;
  const calibration = calibrate(sweep.value.zero, sweep.value.points, new Date());
  if (!calibration.ok) return complainOfMeter(calibration.error);
  writeFileAtomically(resolve(options.out), `${JSON.stringify(calibration.value, null, 2)}\n`);
  answer(options.json, calibration.value, calibrationLines(calibration.value));
  return EXIT.ok;
}

function fromFiles({ zero, point }: MeterCalibrateOptions): Result<Sweep, number> {
  if (zero === undefined) {
    const hint =
      'give --port to calibrate at the meter, or --zero FILE and --point AMPERES=FILE for recordings';
    return err(complain('there is nothing to calibrate from', hint));
  }
  const rest = readRecording(resolve(zero));
  if (!rest.ok) return err(complainOfMeter(rest.error));
  const points: CalibrationPoint[] = [];
  for (const text of point) {
    const at = text.indexOf('=');
    const reading = at < 0 ? null : readingOf(text.slice(0, at));
    if (reading === null) {
      const hint =
        'write what the multimeter showed and the recording: --point 0.5=half.jsonl, or 0.5,5.08=half.jsonl';
      return err(complain(`--point ${text}: not a point`, hint));
    }
    const recording = readRecording(resolve(text.slice(at + 1)));
    if (!recording.ok) return err(complainOfMeter(recording.error));
    points.push({ ...reading, recording: recording.value });
  }
  return ok({ zero: rest.value, points });
}

/** `0.5` or `0.5,5.08`: amperes, and volts where they were read off. */
function readingOf(text: string): { ampere: number; volt: number | null } | null {
  const [amperes = '', volts, ...more] = text.split(/[,\s]+/);
  const ampere = numberOf(amperes);
  const volt = volts === undefined ? null : numberOf(volts);
  return ampere === undefined || volt === undefined || more.length > 0 ? null : { ampere, volt };
}

/** Asks on stderr and reads stdin, so that the document alone is on stdout. */
async function atPort(options: MeterCalibrateOptions, port: string): Promise<Result<Sweep, number>> {
  const { kind } = options;
  const seconds = numberOf(options.seconds);
  if (!isAcs712(kind)) {
    return err(complain(`--kind ${kind}: no such sensor`, 'there are: acs712-05b, acs712-20a, acs712-30a'));
  }
  if (seconds === undefined || seconds < 2) {
    return err(complain(`--seconds ${options.seconds}: too short`, 'give at least 2'));
  }
  // Beside the document: raw values stay, whatever is computed of them later.
  const folder = `${resolve(options.out)}.recordings`;
  if (existsSync(folder)) {
    return err(complain(`${folder} is there already`, 'give another --out, or move that folder away'));
  }
  const input = createInterface({ input: process.stdin });
  const lines = input[Symbol.asyncIterator]();
  const ask = async (question: string): Promise<string | null> => {
    process.stderr.write(question);
    const { value, done } = await lines.next();
    return done === true ? null : String(value).trim();
  };
  const record = (name: string): Promise<Result<Recording, number>> =>
    recordAt({ kind, port, seconds, file: join(folder, `${name}.jsonl`) });
  if ((await ask('Disconnect the load, so that no current flows, and press Enter. ')) === null) {
    return err(
      complain('nothing was said', 'run it in a terminal, or give recordings with --zero and --point'),
    );
  }
  const zero = await record('zero');
  if (!zero.ok) return zero;
  const points: CalibrationPoint[] = [];
  for (;;) {
    const left = FEWEST_POINTS - points.length;
    const more = left > 0 ? `; ${left} more are needed` : '; nothing ends';
    const text = await ask(`Set a current and write what the multimeter shows, in A (and V)${more}: `);
    if (text === null || text === '') break;
    const reading = readingOf(text);
    if (reading === null) {
      process.stderr.write(`"${text}" is not a reading: write for example 0.5, or 0.5 5.08\n`);
      continue;
    }
    const recording = await record(`point-${points.length + 1}`);
    if (!recording.ok) return recording;
    points.push({ ...reading, recording: recording.value });
  }
  input.close();
  return ok({ zero: zero.value, points });
}

async function recordAt(target: {
  readonly kind: Acs712Kind;
  readonly port: string;
  readonly seconds: number;
  readonly file: string;
}): Promise<Result<Recording, number>> {
  const { kind, port, seconds, file } = target;
  const meter = new SerialMeter({ kind, port, powerClass: 'measured_inline' });
  const started = await meter.start(file);
  if (!started.ok) return err(complainOfMeter(started.error));
  while (meter.recordedSeconds < seconds && meter.failure === null) await sleep(50);
  const summary = await meter.stop();
  if (!summary.ok) return err(complainOfMeter(summary.error));
  const recording = readRecording(file);
  return recording.ok ? recording : err(complainOfMeter(recording.error));
}
