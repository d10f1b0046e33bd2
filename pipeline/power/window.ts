import type { ClockMap, MeterFinding, TimeSpan as Window } from '../contract/meter.js';
import { invertMap, mapTime } from './clock-map.js';
import type { PowerSample, PowerSeries } from './power-series.js';

export type { Window };

/** What a series says of one window. */
export interface WindowIntegral {
  /** Integral of power, joules. */
  readonly energy_j: number;
  /** Integral of voltage, volt seconds: what one ampere of offset adds. Null where voltage is not known. */
  readonly voltSeconds: number | null;
  readonly fromW: number;
  readonly toW: number;
  readonly samples: readonly PowerSample[];
}

/** Trapezoids between samples; the ends are interpolated. `from` and `to` are on the clock of the samples. */
export function integrate(series: PowerSeries, window: Window): WindowIntegral {
  const power = trapezoid(series.samples, window, (sample) => sample.power_w);
  const hasVolts = series.samples.every(({ voltage_v }) => voltage_v !== null);
  const volts = hasVolts ? trapezoid(series.samples, window, (sample) => sample.voltage_v ?? 0) : null;
  return {
    energy_j: power.area,
    voltSeconds: volts?.area ?? null,
    fromW: power.first,
    toW: power.last,
    samples: series.samples.filter(({ t_s }) => t_s >= window.from_s && t_s <= window.to_s),
  };
}

function trapezoid(
  samples: readonly PowerSample[],
  { from_s, to_s }: Window,
  read: (sample: PowerSample) => number,
): { area: number; first: number; last: number } {
  const at = (t_s: number): number => interpolated(samples, t_s, read);
  const first = at(from_s);
  const last = at(to_s);
  let area = 0;
  let [beforeT, beforeY] = [from_s, first];
  for (const sample of samples) {
    if (sample.t_s <= from_s || sample.t_s >= to_s) continue;
    const y = read(sample);
    area += ((beforeY + y) / 2) * (sample.t_s - beforeT);
    [beforeT, beforeY] = [sample.t_s, y];
  }
  return { area: area + ((beforeY + last) / 2) * (to_s - beforeT), first, last };
}

/** Before the first sample and after the last one their values hold. */
function interpolated(
  samples: readonly PowerSample[],
  t_s: number,
  read: (sample: PowerSample) => number,
): number {
  let [low, high] = [0, samples.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((samples[middle]?.t_s ?? 0) < t_s) low = middle + 1;
    else high = middle;
  }
  const after = samples[low];
  const before = samples[low - 1];
  if (after === undefined) return before === undefined ? 0 : read(before);
  if (before === undefined) return read(after);
  const share = (t_s - before.t_s) / (after.t_s - before.t_s);
  return read(before) + share * (read(after) - read(before));
}

/** More than a thousandth of the samples missing makes a figure INVALID: EnergyRunner's `emon-drop-thresh-pct` of 0.1. */
const DROPPED_LIMIT = 0.001;
/** Of what shows a finding, so many are told. */
const SHOWN = 20;

/** A window of the clock that `map` leads to, on the clock of the samples. */
export function toMeterClock(map: ClockMap | null, { from_s, to_s }: Window): Window {
  if (map === null) return { from_s, to_s };
  const back = invertMap(map);
  return { from_s: mapTime(back, from_s), to_s: mapTime(back, to_s) };
}

/** The share of samples that are missing within windows on the clock of the samples. */
export function droppedShare(series: PowerSeries, windows: readonly Window[]): number {
  const count = (of: (window: Window) => number): number =>
    windows.reduce((sum, window) => sum + of(window), 0);
  const missing = count((window) => gapsWithin(series, window).reduce((sum, gap) => sum + gap.missing, 0));
  if (missing === 0) return 0;
  const there = count(
    ({ from_s, to_s }) => series.samples.filter(({ t_s }) => t_s >= from_s && t_s <= to_s).length,
  );
  return missing / (missing + there);
}

/**
 * What makes an energy of this window invalid, with times on the window's own clock: stretches that are missing. `name` tells
 * windows apart in the words.
 */
export function windowFindings(
  series: PowerSeries,
  window: Window,
  map: ClockMap | null,
  name: string,
): readonly MeterFinding[] {
  const findings: MeterFinding[] = [];
  const onMeter = toMeterClock(map, window);
  const shown = (t_s: number): number => (map === null ? t_s : mapTime(map, t_s));
  const first = series.samples[0]?.t_s ?? Number.POSITIVE_INFINITY;
  const last = series.samples.at(-1)?.t_s ?? Number.NEGATIVE_INFINITY;
  const slack = 1.5 * series.period_s;
  const bare = [
    ...(onMeter.from_s < first - slack ? [{ ...window, to_s: Math.min(window.to_s, shown(first)) }] : []),
    ...(onMeter.to_s > last + slack ? [{ ...window, from_s: Math.max(window.from_s, shown(last)) }] : []),
  ];
  if (bare.length > 0) {
    findings.push({
      gate: name === 'the idle window' ? 'idle-outside' : 'window-outside',
      message: `${name} is not within what the meter recorded`,
      samples: bare,
    });
  }
  const gaps = gapsWithin(series, onMeter);
  const share = droppedShare(series, [onMeter]);
  const told = (some: PowerSeries['gaps']): MeterFinding['samples'] =>
    some.slice(0, SHOWN).map((gap) => ({ ...gap, from_s: shown(gap.from_s), to_s: shown(gap.to_s) }));
  if (share > DROPPED_LIMIT) {
    findings.push({
      gate: 'meter-dropped',
      message: `${(share * 100).toFixed(2)} % of the power samples in ${name} are missing; at most ${DROPPED_LIMIT * 100} % may be`,
      samples: told(gaps),
    });
  }
  const restarts = gaps.filter((gap) => gap.restarted);
  if (restarts.length > 0) {
    findings.push({
      gate: 'meter-gap',
      message: `the meter began anew within ${name}`,
      samples: told(restarts),
    });
  }
  return findings;
}

function gapsWithin({ gaps }: PowerSeries, { from_s, to_s }: Window): PowerSeries['gaps'] {
  return gaps.filter((gap) => gap.to_s > from_s && gap.from_s < to_s);
}
