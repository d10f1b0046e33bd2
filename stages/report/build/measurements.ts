import { decimate, type Point } from '../../../pipeline/base/decimate.js';
import { SUMMARY_INTERVALS } from '../../../pipeline/base/telemetry-summary.js';
import type { Scalar } from '../../../pipeline/contract/config.js';
import type { Conversion } from '../model/conversion.js';
import type { Curve, Telemetry } from '../model/telemetry.js';
import type { Best, TrainingRun } from '../model/training.js';
import { byAll, compareNaturally, compareScalars } from '../order.js';
import { type LoadedTraining, modelOf, type ReportInputs, seedOf, variantOf } from '../read/inputs.js';
import { spreadOf } from '../statistics/descriptive.js';
import type { Measured, MeasuredRow } from './results.js';

/**
 * Evaluations of which all intervals are drawn. Of more, a page holds more charts and each fewer points: 90 of them
 * took 3 MB.
 */
const IN_FULL = 18;
const LEAST_INTERVALS = 30;

const intervalsFor = (evaluations: number): number =>
  Math.max(
    LEAST_INTERVALS,
    Math.min(SUMMARY_INTERVALS, Math.floor((SUMMARY_INTERVALS * IN_FULL) / Math.max(1, evaluations))),
  );

const curve = (points: readonly Point[]): Curve => ({
  samples: points.length,
  points: decimate(points, SUMMARY_INTERVALS),
});

function telemetryOf(row: string, { seed, evaluation }: Measured, intervals: number): Telemetry {
  const { source, document, telemetry } = evaluation;
  const thinned = ({ samples, points }: Curve): Curve => ({ samples, points: decimate(points, intervals) });
  const ofSensor = (one: Curve | null): Curve | null => one && thinned(one);
  return {
    row,
    seed,
    instance: source.instance,
    cpu_count: document.probe.cpu_count,
    sampler: document.sampler,
    sample_hz: document.protocol.sample_hz ?? null,
    phases: telemetry.phases,
    cpu_system: thinned(telemetry.cpu_system),
    cpu_process: thinned(telemetry.cpu_process),
    rss: thinned(telemetry.rss),
    memory_used: ofSensor(telemetry.memory_used),
    temperature: ofSensor(telemetry.temperature),
    frequency: ofSensor(telemetry.frequency),
    power: ofSensor(telemetry.power),
  };
}

export function buildTelemetry(rows: readonly MeasuredRow[]): Telemetry[] {
  const timed = rows.flatMap(({ row, seeds }) =>
    seeds
      .filter(({ evaluation: { document } }) => document.verdict !== 'not-timed')
      .map((seed) => ({ row: row.id, seed })),
  );
  const intervals = intervalsFor(timed.length);
  return timed.map(({ row, seed }) => telemetryOf(row, seed, intervals));
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
