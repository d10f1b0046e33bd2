import { type Cell, consensusOf, overlap, ratio, scaled } from './interval.js';
import type { Inferences, Measurement, PowerPerInference, Study } from './study.js';

export interface Reading {
  readonly measurement: Measurement;
  readonly column: 'time_per_inference_s' | 'power_per_inference_w';
  /** The number of inferences that this column and its total give. */
  readonly count: Cell;
}

/** What the column of totals gives for each inference, watts or joules, as `kind` reads it. */
export function powerTotal({ cells }: Measurement, kind: PowerPerInference): Cell | null {
  const { power_kw: power, time_s: time } = cells;
  if (power === undefined) return null;
  const watts = scaled(power, 1000);
  if (kind !== 'energy') return watts;
  if (time === undefined) return null;
  return { value: watts.value * time.value, low: watts.low * time.low, high: watts.high * time.high };
}

function timeReadings(rows: readonly Measurement[]): Reading[] {
  return rows.flatMap((measurement) => {
    const { time_s: total, time_per_inference_s: each } = measurement.cells;
    return total === undefined || each === undefined
      ? []
      : [{ measurement, column: 'time_per_inference_s' as const, count: ratio(total, each) }];
  });
}

function powerReadings(rows: readonly Measurement[], kind: PowerPerInference): Reading[] {
  return rows.flatMap((measurement) => {
    const each = measurement.cells.power_per_inference_w;
    const total = powerTotal(measurement, kind);
    return total === null || each === undefined
      ? []
      : [{ measurement, column: 'power_per_inference_w' as const, count: ratio(total, each) }];
  });
}

const covers = (readings: readonly Reading[]) => consensusOf(readings.map(({ count }) => count));

/** Totals divided by what an inference took: each pair of columns tells how many inferences there were. */
export function readingsOf({ measurements, inferences }: Study): {
  readonly readings: readonly Reading[];
  readonly power: PowerPerInference | null;
  /** Where the power per inference is the mean power: its `count` must be 1. */
  readonly means: readonly Reading[];
} {
  const time = timeReadings(measurements);
  const asMean = powerReadings(measurements, 'mean');
  if (asMean.length === 0) return { readings: time, power: null, means: [] };
  const isMean = asMean.filter(({ count }) => overlap(count, { low: 1, high: 1 }));
  if (isMean.length * 2 > asMean.length) return { readings: time, power: 'mean', means: asMean };
  const known = time.length > 0 ? (covers(time)?.range ?? null) : null;
  const stated = inferences === null ? known : ([inferences, inferences] as const);
  const agreeing = (kind: PowerPerInference): number => {
    const own = powerReadings(measurements, kind);
    if (stated === null) return covers(own)?.covering ?? 0;
    return own.filter(({ count }) => overlap(count, { low: stated[0], high: stated[1] })).length;
  };
  const power = agreeing('energy') > agreeing('divided') ? 'energy' : 'divided';
  return { readings: [...time, ...powerReadings(measurements, power)], power, means: [] };
}

/** How many inferences a measurement was; null where the columns do not tell, or not with one voice. */
export function inferencesOf(study: Study): Inferences | null {
  const { readings, power } = readingsOf(study);
  const agreed = covers(readings);
  if (study.inferences !== null) {
    const range = [study.inferences, study.inferences] as const;
    const covering = readings.filter(({ count }) => overlap(count, { low: range[0], high: range[1] })).length;
    return { range, power, covering, of: readings.length };
  }
  if (agreed === null || agreed.covering * 2 <= readings.length) return null;
  return { ...agreed, power, of: readings.length };
}
