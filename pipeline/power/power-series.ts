import { err, ok, type Result } from '../base/result.js';
import type { MeterCalibration, MeterFailure } from '../contract/meter.js';
import { Continuity } from './continuity.js';
import type { Recording } from './recording-file.js';
import { CODES, isAcs712, NOMINAL_VOLTS_PER_RATIO, sensorFacts } from './sensor.js';

/** Power over the meter's own clock, in the order of time. */
export interface PowerSeries {
  readonly samples: readonly PowerSample[];
  readonly edges: readonly SeriesEdge[];
  readonly gaps: readonly SeriesGap[];
  /** Samples that were taken and did not arrive. */
  readonly dropped: number;
  /** From one sample to the next, seconds: the median. */
  readonly period_s: number;
}

export interface PowerSample {
  /** Middle of the block, or the row's own time: seconds of the meter's clock. */
  readonly t_s: number;
  /** Null where a table has none. */
  readonly current_a: number | null;
  readonly voltage_v: number | null;
  readonly power_w: number;
  /** Host clock when it arrived; null for rows of a table. */
  readonly host_s: number | null;
  /** Mean code of A0, for the paper's reading; null without an ADC. */
  readonly code: number | null;
}

export interface SeriesEdge {
  readonly t_s: number;
  readonly level: 0 | 1;
  readonly host_s: number;
}

export interface SeriesGap {
  readonly from_s: number;
  readonly to_s: number;
  readonly missing: number;
  /** The meter began anew within it. */
  readonly restarted: boolean;
}

/**
 * Power from the raw records. Blocks become amperes by `I = (code / 1024 - zero) * 1024 / counts per ampere`, which holds for any
 * supply voltage as long as sensor and ADC share it.
 */
export function powerSeries(
  recording: Recording,
  calibration: MeterCalibration | null,
): Result<PowerSeries, MeterFailure> {
  const { kind } = recording.header;
  if (calibration !== null && calibration.kind !== kind) {
    return err({
      reason: 'file',
      message: `the calibration is of a meter of kind ${calibration.kind}, the recording of ${kind}`,
      hint: 'name the calibration of the meter that made the recording',
    });
  }
  return ok(isAcs712(kind) ? seriesOfBlocks(recording, calibration) : seriesOfRows(recording));
}

function seriesOfBlocks(recording: Recording, calibration: MeterCalibration | null): PowerSeries {
  const { header, blocks } = recording;
  if (!isAcs712(header.kind)) throw new Error('Internal error: no sensor of this kind');
  const block_s = header.block_s ?? 0.01;
  const zero = calibration?.current.zero_ratio ?? 0.5;
  const gain = calibration?.current.counts_per_ampere ?? sensorFacts(header.kind).countsPerAmpere;
  const volts = calibration?.voltage?.volts_per_ratio ?? NOMINAL_VOLTS_PER_RATIO;
  const continuity = new Continuity(block_s * 1e6);
  const samples: PowerSample[] = [];
  const gaps: SeriesGap[] = [];
  const closedAt: number[] = [];
  for (const { seq, t_us, host_s, current, voltage } of blocks) {
    const place = continuity.place(seq, t_us, host_s);
    closedAt.push(place.t_s);
    const t_s = place.t_s - block_s / 2;
    const before = samples.at(-1);
    if (before !== undefined && (place.missing > 0 || place.restarted)) {
      gaps.push({ from_s: before.t_s, to_s: t_s, missing: place.missing, restarted: place.restarted });
    }
    const code = current.sum / current.n;
    const current_a = ((code / CODES - zero) * CODES) / gain;
    const voltage_v = (voltage.sum / voltage.n / CODES) * volts;
    samples.push({ t_s, current_a, voltage_v, power_w: current_a * voltage_v, host_s, code });
  }
  return {
    samples,
    edges: seriesEdges(recording, closedAt),
    gaps,
    dropped: gaps.reduce((sum, gap) => sum + gap.missing, 0),
    period_s: block_s,
  };
}

/** Edges on the counted-on clock of the blocks: by their distance from the block that arrived last before them. */
function seriesEdges({ blocks, edges }: Recording, closedAt: readonly number[]): SeriesEdge[] {
  let index = 0;
  const found = edges.flatMap(({ t_us, level, host_s }): SeriesEdge[] => {
    while (index + 1 < blocks.length && (blocks[index + 1]?.host_s ?? 0) <= host_s) index += 1;
    const [block, closed_s] = [blocks[index], closedAt[index]];
    if (block === undefined || closed_s === undefined) return [];
    // Before or after it: half the range of the clock, 35 minutes, either way.
    return [{ t_s: closed_s + ((t_us - block.t_us) | 0) / 1e6, level, host_s }];
  });
  return found.sort((a, b) => a.t_s - b.t_s);
}

/** A gap is more than one and a half periods: bench meters have no sequence numbers. */
const GAP = 1.5;

function seriesOfRows({ samples: rows }: Recording): PowerSeries {
  const samples = rows.map(({ record: _, ...row }) => ({ ...row, host_s: null, code: null }));
  const steps = samples.slice(1).map(({ t_s }, index) => t_s - (samples[index]?.t_s ?? t_s));
  const period_s = median(steps);
  const gaps = steps.flatMap((step, index): SeriesGap[] => {
    const from_s = samples[index]?.t_s ?? 0;
    if (!(step > GAP * period_s)) return [];
    return [{ from_s, to_s: from_s + step, missing: Math.round(step / period_s) - 1, restarted: false }];
  });
  return { samples, edges: [], gaps, dropped: gaps.reduce((sum, gap) => sum + gap.missing, 0), period_s };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
