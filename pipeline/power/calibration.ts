import { readFileSync } from 'node:fs';
import { err, ok, type Result } from '../base/result.js';
import type {
  Acs712Kind,
  CurrentPoint,
  MeterCalibration,
  MeterFailure,
  VoltagePoint,
} from '../contract/meter.js';
import type { Recording } from './recording-file.js';
import { CODES, isAcs712, sensorFacts } from './sensor.js';

/** A recording at one load, with what the reference instruments showed. */
export interface CalibrationPoint {
  readonly ampere: number;
  /** Null where the supply voltage was not read off. */
  readonly volt: number | null;
  readonly recording: Recording;
}

/** Points of a sweep, besides zero. */
export const FEWEST_POINTS = 5;
/** Reading error of a usual multimeter, standard, relative: what the sweep can never be better than. */
const REFERENCE_U = 0.005;
/** Farther from the datasheet's gain than this is no sensor of that kind. */
const GAIN_RANGE = 0.15;
const SHORTEST_S = 2;

/**
 * Zero from the recording without load, gain from the line through all points, least squares. Zero's own recording decides
 * where the line meets the axis: it is what is taken again before every session.
 */
export function calibrate(
  zero: Recording,
  sweep: readonly CalibrationPoint[],
  madeAt: Date,
): Result<MeterCalibration, MeterFailure> {
  const { kind } = zero.header;
  if (!isAcs712(kind))
    return problem(`a meter of kind ${kind} is not calibrated here`, 'its own maker says how');
  const other = sweep.find(({ recording }) => recording.header.kind !== kind);
  if (other !== undefined) {
    return problem(
      `the zero is of a meter of kind ${kind}, a point of ${other.recording.header.kind}`,
      'record all with one meter',
    );
  }
  const levels = new Set(sweep.map(({ ampere }) => ampere));
  if (levels.size < FEWEST_POINTS) {
    return problem(
      `the sweep has ${levels.size} currents`,
      `at least ${FEWEST_POINTS} are needed, spread over what the board draws`,
    );
  }
  for (const { header, blocks } of [zero, ...sweep.map(({ recording }) => recording)]) {
    const seconds = blocks.length * (header.block_s ?? 0);
    if (seconds < SHORTEST_S) {
      const message = `a recording of the calibration has ${seconds.toFixed(1)} s`;
      return problem(message, `record at least ${SHORTEST_S} s at each current`);
    }
  }
  const zeroRatio = meanRatio(zero, 'current');
  const points = sweep.map(({ ampere, recording }) => ({
    ampere,
    ratio: meanRatio(recording, 'current').ratio,
    conversions: conversions(recording),
  }));
  const current = fitCurrent(kind, zeroRatio, points);
  if (!current.ok) return current;
  return ok({
    schema: 1,
    kind,
    emulated: [zero, ...sweep.map(({ recording }) => recording)].some(({ header }) => header.emulated),
    made_at: madeAt.toISOString(),
    current: current.value,
    voltage: fitVoltage(sweep),
  });
}

function fitCurrent(
  kind: Acs712Kind,
  zero: { readonly ratio: number; readonly u: number },
  sweep: readonly Omit<CurrentPoint, 'residual_a'>[],
): Result<MeterCalibration['current'], MeterFailure> {
  // Through the zero that was measured: sum of xy over sum of xx, in counts and amperes.
  const sxx = sweep.reduce((sum, { ampere }) => sum + ampere ** 2, 0);
  const sxy = sweep.reduce((sum, { ampere, ratio }) => sum + ampere * (ratio - zero.ratio) * CODES, 0);
  const counts_per_ampere = sxy / sxx;
  const nominal = sensorFacts(kind).countsPerAmpere;
  if (!(Math.abs(counts_per_ampere / nominal - 1) <= GAIN_RANGE)) {
    return problem(
      `the points give ${counts_per_ampere.toFixed(1)} counts per ampere, where a sensor ${kind} has ${nominal.toFixed(1)}`,
      counts_per_ampere < 0
        ? 'turn the two wires of the sensor round, or check the order of the points'
        : 'check the kind of the sensor, and that each point names the current of its own recording',
    );
  }
  const points = sweep.map((point) => ({
    ...point,
    residual_a: ((point.ratio - zero.ratio) * CODES) / counts_per_ampere - point.ampere,
  }));
  const squares = points.reduce((sum, { residual_a }) => sum + residual_a ** 2, 0);
  const spread = Math.sqrt(squares / (points.length - 1));
  return ok({
    zero_ratio: zero.ratio,
    counts_per_ampere,
    u_zero_a: (zero.u * CODES) / counts_per_ampere,
    u_gain: Math.hypot(spread / Math.sqrt(sxx), REFERENCE_U),
    residual_a: Math.max(...points.map(({ residual_a }) => Math.abs(residual_a))),
    points,
  });
}

/** Through the origin: a supply voltage hardly varies, so its points say nothing of a zero. */
function fitVoltage(sweep: readonly CalibrationPoint[]): MeterCalibration['voltage'] {
  const points = sweep.flatMap(({ volt, recording }): VoltagePoint[] =>
    volt === null ? [] : [{ volt, ratio: meanRatio(recording, 'voltage').ratio }],
  );
  if (points.length === 0) return null;
  const sxx = points.reduce((sum, { ratio }) => sum + ratio ** 2, 0);
  const volts_per_ratio = points.reduce((sum, { volt, ratio }) => sum + volt * ratio, 0) / sxx;
  const squares = points.reduce((sum, { volt, ratio }) => sum + (volt - volts_per_ratio * ratio) ** 2, 0);
  const spread = points.length < 2 ? 0 : Math.sqrt(squares / (points.length - 1));
  return { volts_per_ratio, u_gain: Math.hypot(spread / Math.sqrt(sxx), REFERENCE_U), points };
}

function conversions({ blocks }: Recording): number {
  return blocks.reduce((sum, { current }) => sum + current.n, 0);
}

/** Mean of all conversions, and its standard uncertainty from the means of blocks. */
function meanRatio({ blocks }: Recording, channel: 'current' | 'voltage'): { ratio: number; u: number } {
  const n = blocks.reduce((sum, block) => sum + block[channel].n, 0);
  const ratio = blocks.reduce((sum, block) => sum + block[channel].sum, 0) / n / CODES;
  const squares = blocks.reduce((sum, block) => {
    const { sum: codes, n: count } = block[channel];
    return sum + (codes / count / CODES - ratio) ** 2;
  }, 0);
  return { ratio, u: Math.sqrt(squares / Math.max(1, blocks.length - 1) / blocks.length) };
}

/** Reads a document that `pipeline meter calibrate` wrote. */
export function readCalibration(path: string): Result<MeterCalibration, MeterFailure> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return notOurs(path, error instanceof Error ? error.message : String(error));
  }
  if (!isCalibration(value)) return notOurs(path, 'it has other members');
  return ok(value);
}

function isCalibration(value: unknown): value is MeterCalibration {
  const document = members(value);
  const current = members(document.current);
  const voltage = document.voltage === null ? null : members(document.voltage);
  const numbers = [
    current.zero_ratio,
    current.counts_per_ampere,
    current.u_zero_a,
    current.u_gain,
    current.residual_a,
    ...(voltage === null ? [] : [voltage.volts_per_ratio, voltage.u_gain]),
  ];
  return (
    document.schema === 1 &&
    typeof document.kind === 'string' &&
    isAcs712(document.kind) &&
    typeof document.emulated === 'boolean' &&
    numbers.every((number) => typeof number === 'number' && Number.isFinite(number)) &&
    Number(current.counts_per_ampere) > 0
  );
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function notOurs(path: string, why: string): Result<never, MeterFailure> {
  return problem(
    `${path} is not a calibration of a meter: ${why}`,
    'make one with `pipeline meter calibrate`',
  );
}

function problem(message: string, hint: string): Result<never, MeterFailure> {
  return err({ reason: 'file', message, hint });
}
