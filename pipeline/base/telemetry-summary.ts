import { decimate, type Point } from './decimate.js';
import { groupBy } from './group-by.js';

/** Of a line of telemetry.jsonl, what is summed up. NaN is what should have been a number; absent is what was not looked at. */
export interface TelemetrySample {
  readonly t_s: number;
  readonly phase: string;
  readonly cpu_percent: number;
  readonly cpu_percent_process: number;
  readonly memory_used_bytes?: number | undefined;
  readonly rss_bytes: number;
  readonly temperature_c?: number | null | undefined;
  readonly frequency_mhz?: number | null | undefined;
}

export interface PowerSample {
  readonly t_s: number;
  readonly power_w: number;
}

/** A series thinned for drawing: `samples` raw points, of which the envelope was kept. */
export interface Curve {
  readonly samples: number;
  readonly points: readonly Point[];
}

export interface Phase {
  readonly name: string;
  readonly from_s: number;
  readonly to_s: number;
  readonly samples: number;
  /** Means, per cent of all cores. */
  readonly cpu_system: number;
  readonly cpu_process: number;
  /** Mean, bytes. */
  readonly memory_used: number;
  /** Highest, bytes. */
  readonly rss: number;
  /** Highest, degrees Celsius. */
  readonly temperature: number | null;
  /** Lowest, megahertz. */
  readonly frequency: number | null;
  /** Mean, watts; null where no meter recorded. */
  readonly power: number | null;
}

/** What a report shows of an evaluation's samples: an hour of them is 14 MB, this 60 kB. */
export interface TelemetrySummary {
  readonly phases: readonly Phase[];
  /** Seconds since the start against per cent of all cores. */
  readonly cpu_system: Curve;
  readonly cpu_process: Curve;
  /** Seconds against bytes. */
  readonly rss: Curve;
  readonly memory_used: Curve | null;
  /** Seconds against degrees Celsius and megahertz; null where the device does not tell. */
  readonly temperature: Curve | null;
  readonly frequency: Curve | null;
  /** Seconds against watts; null without a meter, which records from right before the windows to the end. */
  readonly power: Curve | null;
}

/** Beside telemetry.jsonl. */
export const TELEMETRY_SUMMARY = 'telemetry-summary.json';

/** Intervals that a series is thinned to; each keeps up to four points. */
export const SUMMARY_INTERVALS = 120;

const curve = (points: readonly Point[]): Curve => ({
  samples: points.length,
  points: decimate(points, SUMMARY_INTERVALS),
});

/** A sensor that never answered has no curve. Samples that did not ask it are no gaps of it. */
function sensorOf(
  samples: readonly TelemetrySample[],
  pick: (sample: TelemetrySample) => number | null | undefined,
): Curve | null {
  if (samples.every((sample) => typeof pick(sample) !== 'number')) return null;
  const asked = samples.filter((sample) => pick(sample) !== undefined);
  return curve(asked.map((sample) => [sample.t_s, pick(sample) ?? Number.NaN] as const));
}

/** Of the numbers among them: their mean, the lowest and the highest; NaN when there is none. */
function spanOf(values: Iterable<number | null | undefined>): { mean: number; low: number; high: number } {
  let [sum, count] = [0, 0];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (typeof value !== 'number' || !Number.isFinite(value)) continue;
    sum += value;
    count += 1;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return count === 0
    ? { mean: Number.NaN, low: Number.NaN, high: Number.NaN }
    : { mean: sum / count, low, high };
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

function phaseOf(
  name: string,
  own: readonly TelemetrySample[],
  power: readonly PowerSample[],
  cpuCount: number,
): Phase {
  const span = (pick: (sample: TelemetrySample) => number | null | undefined) => spanOf(own.map(pick));
  const { low: from_s, high: to_s } = span(({ t_s }) => t_s);
  const watts = power.filter(({ t_s }) => t_s >= from_s && t_s <= to_s).map(({ power_w }) => power_w);
  return {
    name,
    from_s,
    to_s,
    samples: own.length,
    cpu_system: span(({ cpu_percent }) => cpu_percent).mean,
    cpu_process: span(({ cpu_percent_process }) => cpu_percent_process / cpuCount).mean,
    memory_used: span(({ memory_used_bytes }) => memory_used_bytes).mean,
    rss: span(({ rss_bytes }) => rss_bytes).high,
    temperature: orNull(span(({ temperature_c }) => temperature_c).high),
    frequency: orNull(span(({ frequency_mhz }) => frequency_mhz).low),
    power: watts.length === 0 ? null : spanOf(watts).mean,
  };
}

/**
 * Sums up the samples of an evaluation. Whoever sums up the same ones again gets the same: telemetry.jsonl and power.jsonl
 * stay what counts.
 *
 * @param power empty without a meter
 */
export function summarizeTelemetry(
  samples: readonly TelemetrySample[],
  power: readonly PowerSample[],
  cpuCount: number,
): TelemetrySummary {
  const curveOf = (pick: (sample: TelemetrySample) => number): Curve =>
    curve(samples.map((sample) => [sample.t_s, pick(sample)] as const));
  const phases = [...groupBy(samples, ({ phase }) => phase)];
  return {
    phases: phases.map(([name, own]) => phaseOf(name, own, power, cpuCount)),
    cpu_system: curveOf(({ cpu_percent }) => cpu_percent),
    cpu_process: curveOf(({ cpu_percent_process }) => cpu_percent_process / cpuCount),
    rss: curveOf(({ rss_bytes }) => rss_bytes),
    memory_used: sensorOf(samples, ({ memory_used_bytes }) => memory_used_bytes),
    temperature: sensorOf(samples, ({ temperature_c }) => temperature_c),
    frequency: sensorOf(samples, ({ frequency_mhz }) => frequency_mhz),
    power: power.length === 0 ? null : curve(power.map(({ t_s, power_w }) => [t_s, power_w] as const)),
  };
}

/** The file's content. What is not a number is null there, as in telemetry.jsonl. */
export const telemetrySummaryText = (summary: TelemetrySummary): string =>
  `${JSON.stringify({ schema: 1, ...summary })}\n`;
