import { err, ok, type Result } from '../base/result.js';
import type { MeterCalibration, MeterConfig, MeterFailure } from '../contract/meter.js';
import type { DeviceMeter, MeteredEnergy, MeteredWork } from '../contract/metering.js';
import { readCalibration } from './calibration.js';
import { energyOfWork, surroundingsOf } from './energy-of-work.js';
import { keepPart } from './keep-part.js';
import { isAcs712 } from './sensor.js';
import { SerialMeter, type SerialMeterOptions } from './serial-meter.js';

/**
 * The meter of a stage's device, as pipeline.yaml declares it.
 *
 * @param calibration path of its document; without, the limits of the datasheet count
 */
export function openDeviceMeter(
  config: MeterConfig,
  calibration: string | undefined,
): Result<DeviceMeter, MeterFailure> {
  const { kind, port } = config;
  if (!isAcs712(kind) || port === undefined) {
    throw new Error(`Internal error: a meter of kind ${kind} is not recorded by a stage`);
  }
  const read = calibration === undefined ? ok(null) : readCalibration(calibration);
  if (!read.ok) return read;
  if (read.value !== null && read.value.kind !== kind) {
    return err({
      reason: 'file',
      message: `the calibration is of a meter of kind ${read.value.kind}, the device's is ${kind}`,
      hint: 'name the calibration of this meter, or make one with `pipeline meter calibrate`',
    });
  }
  return ok(new Acs712Meter({ kind, port, powerClass: config.class ?? 'measured_inline' }, read.value));
}

class Acs712Meter extends SerialMeter implements DeviceMeter {
  readonly #calibration: MeterCalibration | null;

  constructor(options: SerialMeterOptions, calibration: MeterCalibration | null) {
    super(options);
    this.#calibration = calibration;
  }

  async energyOf(
    recording: string,
    kept: string,
    work: MeteredWork,
  ): Promise<Result<MeteredEnergy, MeterFailure>> {
    const part = await keepPart(recording, kept, surroundingsOf(work));
    return part.ok ? energyOfWork(part.value, this.#calibration, work) : part;
  }
}
