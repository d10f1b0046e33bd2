import { err, ok, type Result } from '../base/result.js';
import type { ClockMap, EnergyFigure, MeterCalibration, MeterFailure } from '../contract/meter.js';
import { energyFigure } from './energy.js';
import { type PowerSeries, powerSeries } from './power-series.js';
import type { Recording } from './recording-file.js';
import { isAcs712 } from './sensor.js';
import { benchUncertainty, sensorUncertainty } from './uncertainty.js';
import type { Window } from './window.js';

export interface EnergyQuestion {
  /** Null where there is none: then the datasheet's limits count. */
  readonly calibration: MeterCalibration | null;
  /** Of a bench meter, percent; one percent is assumed without. */
  readonly accuracyPercent?: number;
  /** From the meter's clock to that of the windows; null where they are on the meter's own. */
  readonly map: ClockMap | null;
  readonly window: Window;
  readonly idle: readonly Window[];
  /** How well the ends of the window are known on its own clock, standard, seconds. */
  readonly edgeUncertainty_s: number;
  readonly paper?: boolean;
  readonly trials?: number;
  readonly seed?: number;
}

/** Trials that give an interval of 95 % to two digits (GUM Supplement 1, 7.2). */
const TRIALS = 20_000;
const SEED = 1;

/** The energy of a window of a recording, with all that can be said about it. */
export function measureEnergy(
  recording: Recording,
  question: EnergyQuestion,
): Result<EnergyFigure, MeterFailure> {
  const series = seriesOf(recording, question.calibration);
  return series.ok ? energyOfSeries(recording, series.value, [question.window], question) : series;
}

/** Power over time, where there is enough of it to be integrated. */
export function seriesOf(
  recording: Recording,
  calibration: MeterCalibration | null,
): Result<PowerSeries, MeterFailure> {
  if (recording.header.power_class === 'none')
    return problem('the recording is of no meter', 'declare a meter');
  const series = powerSeries(recording, calibration);
  if (series.ok && series.value.samples.length < 2) {
    return problem('the recording has no samples', 'see whether the meter was connected, and record again');
  }
  return series;
}

/** As `measureEnergy`, of several windows together. */
export function energyOfSeries(
  { header }: Pick<Recording, 'header'>,
  series: PowerSeries,
  windows: readonly [Window, ...Window[]],
  question: Omit<EnergyQuestion, 'window'>,
): Result<EnergyFigure, MeterFailure> {
  for (const { from_s, to_s } of [...windows, ...question.idle]) {
    if (!(to_s > from_s)) {
      return problem(
        `a window from ${from_s} s to ${to_s} s has no length`,
        'give its end after its beginning',
      );
    }
  }
  return ok(
    energyFigure({
      // A calibration against a simulator makes of a real recording no real figure.
      header: { ...header, emulated: header.emulated || question.calibration?.emulated === true },
      calibrated: question.calibration !== null,
      series,
      uncertainty: isAcs712(header.kind)
        ? sensorUncertainty(header.kind, question.calibration)
        : benchUncertainty(question.accuracyPercent),
      map: question.map,
      windows,
      idle: question.idle,
      edgeUncertainty_s: question.edgeUncertainty_s,
      trials: question.trials ?? TRIALS,
      seed: question.seed ?? SEED,
      paper: question.paper ?? false,
    }),
  );
}

/** What the pin says: from the first rise to the fall after it. Null where there is no such pair. */
export function windowOfEdges({ edges }: PowerSeries): Window | null {
  const rise = edges.findIndex(({ level }) => level === 1);
  const fall = edges.findIndex(({ level }, index) => index > rise && level === 0);
  const [from, to] = [edges[rise], edges[fall]];
  return rise < 0 || from === undefined || to === undefined ? null : { from_s: from.t_s, to_s: to.t_s };
}

function problem(message: string, hint: string): Result<never, MeterFailure> {
  return err({ reason: 'file', message, hint });
}
