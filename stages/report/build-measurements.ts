import type { Scalar } from '../../pipeline/contract/config.js';
import { decimate, type Point } from '../../pipeline/report/decimate.js';
import type { Measured, MeasuredRow } from './build-results.js';
import {
  type LoadedEvaluation,
  type LoadedTraining,
  modelOf,
  type ReportInputs,
  seedOf,
  type TelemetrySample,
  variantOf,
} from './inputs.js';
import type { Conversion } from './model-conversion.js';
import type { Curve, Phase, Telemetry } from './model-telemetry.js';
import type { Best, TrainingRun } from './model-training.js';
import { byAll, compareNaturally, compareScalars, groupBy } from './order.js';
import { highestOf, meanOf, spreadOf } from './statistics.js';

/** Intervals that a drawn series is thinned to; each keeps up to four points. */
const DRAWN_INTERVALS = 120;

const curve = (points: readonly Point[]): Curve => ({
  samples: points.length,
  points: decimate(points, DRAWN_INTERVALS),
});

function curveOf(samples: readonly TelemetrySample[], pick: (sample: TelemetrySample) => number): Curve {
  return curve(samples.map((sample) => [sample.t_s, pick(sample)] as const));
}

/** A sensor that never answered has no curve. Samples that did not ask it are no gaps of it. */
function sensorOf(
  samples: readonly TelemetrySample[],
  pick: (sample: TelemetrySample) => number | null | undefined,
): Curve | null {
  if (samples.every((sample) => typeof pick(sample) !== 'number')) return null;
  const asked = samples.filter((sample) => pick(sample) !== undefined);
  return curveOf(asked, (sample) => pick(sample) ?? Number.NaN);
}

function phasesOf(
  samples: readonly TelemetrySample[],
  power: LoadedEvaluation['power'],
  cpuCount: number,
): Phase[] {
  return [...groupBy(samples, ({ phase }) => phase)].map(([name, own]) => {
    const times = own.map(({ t_s }) => t_s);
    const temperature = highestOf(own.map(({ temperature_c }) => temperature_c ?? Number.NaN));
    const frequency = -highestOf(own.map(({ frequency_mhz }) => -(frequency_mhz ?? Number.NaN)));
    const from_s = times.reduce((low, time) => Math.min(low, time), Number.POSITIVE_INFINITY);
    const to_s = times.reduce((high, time) => Math.max(high, time), Number.NEGATIVE_INFINITY);
    const watts = power.filter(({ t_s }) => t_s >= from_s && t_s <= to_s).map(({ power_w }) => power_w);
    return {
      name,
      from_s,
      to_s,
      samples: own.length,
      cpu_system: meanOf(own.map(({ cpu_percent }) => cpu_percent)),
      cpu_process: meanOf(own.map(({ cpu_percent_process }) => cpu_percent_process / cpuCount)),
      memory_used: meanOf(own.map(({ memory_used_bytes }) => memory_used_bytes ?? Number.NaN)),
      rss: highestOf(own.map(({ rss_bytes }) => rss_bytes)),
      temperature: Number.isNaN(temperature) ? null : temperature,
      frequency: Number.isNaN(frequency) ? null : frequency,
      power: watts.length === 0 ? null : meanOf(watts),
    };
  });
}

function telemetryOf(row: string, { seed, evaluation }: Measured): Telemetry {
  const { source, document, telemetry, power } = evaluation;
  const cpuCount = document.probe.cpu_count;
  return {
    row,
    seed,
    instance: source.instance,
    cpu_count: cpuCount,
    sampler: document.sampler,
    sample_hz: document.protocol.sample_hz ?? null,
    phases: phasesOf(telemetry, power, cpuCount),
    cpu_system: curveOf(telemetry, ({ cpu_percent }) => cpu_percent),
    cpu_process: curveOf(telemetry, ({ cpu_percent_process }) => cpu_percent_process / cpuCount),
    rss: curveOf(telemetry, ({ rss_bytes }) => rss_bytes),
    memory_used: sensorOf(telemetry, ({ memory_used_bytes }) => memory_used_bytes),
    temperature: sensorOf(telemetry, ({ temperature_c }) => temperature_c),
    frequency: sensorOf(telemetry, ({ frequency_mhz }) => frequency_mhz),
    power: power.length === 0 ? null : curve(power.map(({ t_s, power_w }) => [t_s, power_w] as const)),
  };
}

export function buildTelemetry(rows: readonly MeasuredRow[]): Telemetry[] {
  return rows.flatMap(({ row, seeds }) =>
    seeds
      .filter(({ evaluation: { document } }) => document.verdict !== 'not-timed')
      .map((seed) => telemetryOf(row.id, seed)),
  );
}

/** Runs of steps whose mean is drawn. */
const TREND_INTERVALS = 40;

function trendOf(points: readonly Point[]): Point[] {
  const intervals = Math.min(TREND_INTERVALS, points.length);
  return Array.from({ length: intervals }, (_, interval) => {
    const from = Math.floor((interval * points.length) / intervals);
    const own = points.slice(from, Math.floor(((interval + 1) * points.length) / intervals));
    const mean = (values: readonly number[]): number => spreadOf(values).mean;
    return [mean(own.map(([x]) => x)), mean(own.map(([, y]) => y))] as const;
  });
}

interface Trained {
  readonly model: string;
  readonly seed: Scalar | null;
  readonly instance: string;
}

const byModelAndSeed = byAll<Trained>(
  (a, b) => compareNaturally(a.model, b.model),
  (a, b) => compareScalars(a.seed, b.seed),
);

const byInstance = (a: Trained, b: Trained): number => compareNaturally(a.instance, b.instance);

/** Scores of what was kept, which an average has beside those of its epoch. */
export function bestOf({ best, best_epoch, epochs }: LoadedTraining['document']): Best | null {
  const kept = best ?? epochs.find(({ epoch }) => epoch === best_epoch);
  if (kept === undefined) return null;
  const { validation_loss, validation_accuracy, validation_macro_f1 } = kept;
  return { validation_loss, validation_accuracy, validation_macro_f1 };
}

function settingsOf({ options }: LoadedTraining['document']): Readonly<Record<string, Scalar>> {
  return Object.fromEntries(
    Object.entries(options).filter(
      (entry): entry is [string, Scalar] =>
        entry[0] !== 'seed' && ['string', 'number', 'boolean'].includes(typeof entry[1]),
    ),
  );
}

export function buildTraining({ training }: ReportInputs): TrainingRun[] {
  return training
    .map(({ source, document }) => ({
      instance: source.instance,
      stage: source.stage,
      model: modelOf(source.coordinates),
      variant: variantOf(source.coordinates),
      seed: seedOf(source.coordinates),
      settings: settingsOf(document),
      machine: document.device ?? null,
      epochs: document.epochs,
      best_epoch: document.best_epoch,
      kept: document.kept,
      best: bestOf(document),
      stopped_early: document.stopped_early,
      resumed_at: document.resumed_at,
      loss: curve(document.loss),
      loss_trend: trendOf(document.loss),
      parameters: document.parameters ?? null,
      precision: document.precision,
      peak_rss_bytes: document.peak_rss_bytes ?? null,
      distilled: document.distilled ?? null,
    }))
    .sort(byAll(byModelAndSeed, byInstance));
}

export function buildConversions({ conversions }: ReportInputs): Conversion[] {
  return conversions
    .map(({ source, document }) => ({
      instance: source.instance,
      model: modelOf(source.coordinates),
      variant: variantOf(source.coordinates),
      seed: seedOf(source.coordinates),
      precision: document.precision,
      bytes: document.bytes,
      op_count: document.op_count,
      sequence_length: String(document.sequence_length),
      stands_alone: document.stands_alone,
      seconds: document.seconds ?? Number.NaN,
      versions: document.versions,
      ops: document.ops,
      bytes_by_part: document.bytes_by_part,
      rewrites: document.rewrites,
      parity: document.parity,
      worst_weights: document.worst_weights,
      gates: document.gates,
      accepted: document.accepted ?? null,
    }))
    .sort(byAll<Conversion>(byModelAndSeed, (a, b) => b.bytes - a.bytes, byInstance));
}
