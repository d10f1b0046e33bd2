import type {
  BudgetEntry,
  ClockMap,
  EnergyFigure,
  MeterFinding,
  RecordingHeader,
} from '../contract/meter.js';
import { effectiveSamples } from './autocorrelation.js';
import { paperReading } from './paper-v1.js';
import type { PowerSeries } from './power-series.js';
import { normals, rectangular } from './random.js';
import type { MeterUncertainty } from './uncertainty.js';
import {
  droppedShare,
  integrate,
  toMeterClock,
  type Window,
  type WindowIntegral,
  windowFindings,
} from './window.js';

export interface EnergyRequest {
  readonly header: RecordingHeader;
  readonly calibrated: boolean;
  readonly series: PowerSeries;
  readonly uncertainty: MeterUncertainty;
  /** From the meter's clock to that of the windows; null where the windows are on the meter's own. */
  readonly map: ClockMap | null;
  /** One, or several that are taken together: what they share is drawn once for all of them. */
  readonly windows: readonly [Window, ...Window[]];
  /** Before and after, as far as there are. */
  readonly idle: readonly Window[];
  /** Each standard uncertainty of an end of the window beside the map's, seconds: how well the moment itself is known. */
  readonly edgeUncertainty_s: number;
  readonly trials: number;
  readonly seed: number;
  readonly paper: boolean;
}

/** Idle power before and after may differ by so much: more means that the board was doing something. */
const IDLE_DRIFT = 0.05;

/** One window in the terms of the error model. */
interface Level {
  readonly seconds: number;
  readonly energy_j: number;
  readonly voltSeconds: number;
  /** Standard uncertainty of the mean power from noise, watts. */
  readonly noise_w: number;
}

/**
 * Energy of a window with its expanded uncertainty (k = 2), by Monte Carlo as in GUM Supplement 1. Offset, gain, voltage and clock are
 * drawn once a trial for the window and its idle: more samples do not make them smaller. Noise counts by independent samples.
 */
export function energyFigure(request: EnergyRequest): EnergyFigure {
  const { header, series, uncertainty, map, windows, idle, trials, seed } = request;
  const onMeter = (given: Window): Window => toMeterClock(map, given);
  const integrals = windows.map((window) => integrate(series, onMeter(window)));
  const parted = integrals.map((integral, index) => levelOf(integral, windows[index] ?? windows[0], map));
  const level = joined(parted.map((one) => one.level));
  const rests = idle.map((rest) => levelOf(integrate(series, onMeter(rest)), rest, map).level);
  const rest = rests.length === 0 ? null : joined(rests);
  const rate = map === null ? uncertainty.clockRate.u : map.u_rate;
  const edge_s = Math.hypot(map?.u_y0_s ?? 0, request.edgeUncertainty_s);
  const edges_j = edge_s * Math.hypot(...integrals.flatMap(({ fromW, toW }) => [fromW, toW]));
  const parts = { level, rest, uncertainty, rate, edges_j };
  const drawn = draw(parts, trials, seed);
  const ofIdleWindows = idle.flatMap((one) => windowFindings(series, one, map, 'the idle window'));
  const ofIdle = rest === null ? null : rest.energy_j / rest.seconds;
  const mean = level.energy_j / level.seconds;
  const volts = level.voltSeconds / level.seconds;
  return {
    schema: 1,
    meter: header.kind,
    power_class: header.power_class,
    emulated: header.emulated,
    calibrated: request.calibrated,
    window: {
      clock: map?.to ?? header.clock,
      from_s: windows[0].from_s,
      to_s: windows.at(-1)?.to_s ?? windows[0].to_s,
    },
    measured_s: level.seconds,
    gross_j: { value: level.energy_j, u_k2: 2 * drawn.gross },
    net_j: ofIdle === null ? null : { value: level.energy_j - ofIdle * level.seconds, u_k2: 2 * drawn.net },
    mean_w: { value: mean, u_k2: 2 * drawn.mean },
    idle_w: ofIdle === null ? null : { value: ofIdle, u_k2: 2 * drawn.idle },
    resolvable_w: 2 * Math.SQRT2 * Math.hypot(uncertainty.linearity_a.u * volts, level.noise_w),
    samples: integrals.reduce((sum, { samples }) => sum + samples.length, 0),
    n_eff: parted.reduce((sum, one) => sum + one.n_eff, 0),
    dropped_share: droppedShare(series, windows.map(onMeter)),
    budget: budgetOf(parts, map),
    method: 'trapezoid; Monte Carlo (GUM-S1), k = 2',
    trials,
    seed,
    invalid: [
      ...windows.flatMap((window, index) =>
        windowFindings(series, window, map, windows.length === 1 ? 'the window' : `window ${index + 1}`),
      ),
      ...ofIdleWindows,
      // What was not recorded says nothing of a drift.
      ...(ofIdleWindows.some(({ gate }) => gate === 'idle-outside') ? [] : idleDrift(rests, idle)),
    ],
    paper_v1: request.paper
      ? paperReading(
          integrals.flatMap(({ samples }) => samples),
          level.seconds,
          series.period_s,
        )
      : null,
  };
}

function levelOf(
  integral: WindowIntegral,
  window: Window,
  map: ClockMap | null,
): { level: Level; n_eff: number } {
  // The integral is over the meter's seconds; those of the window's clock are what counts.
  const rate = map?.rate ?? 1;
  const seconds = window.to_s - window.from_s;
  const values = integral.samples.map(({ power_w }) => power_w);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance =
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  const n_eff = effectiveSamples(values);
  const level = {
    seconds,
    energy_j: integral.energy_j * rate,
    voltSeconds: (integral.voltSeconds ?? 0) * rate,
    noise_w: values.length === 0 ? 0 : Math.sqrt(variance / n_eff),
  };
  if (!(seconds > 0)) throw new Error('Internal error: a window ends before it begins');
  return { level, n_eff };
}

function joined(levels: readonly Level[]): Level {
  const sum = (read: (level: Level) => number): number => levels.reduce((total, one) => total + read(one), 0);
  const seconds = sum((one) => one.seconds);
  return {
    seconds,
    energy_j: sum((one) => one.energy_j),
    voltSeconds: sum((one) => one.voltSeconds),
    noise_w: Math.sqrt(sum((one) => (one.noise_w * one.seconds) ** 2)) / seconds,
  };
}

interface Parts {
  readonly level: Level;
  readonly rest: Level | null;
  readonly uncertainty: MeterUncertainty;
  readonly rate: number;
  /** Standard uncertainty of the energy from both ends of the window, joules. */
  readonly edges_j: number;
}

/** Standard deviations over all trials. */
function draw(
  { level, rest, uncertainty, rate, edges_j }: Parts,
  trials: number,
  seed: number,
): { gross: number; net: number; mean: number; idle: number } {
  const normal = normals(seed);
  const spread = { gross: new Spread(), net: new Spread(), mean: new Spread(), idle: new Spread() };
  const flat = Math.sqrt(3) * uncertainty.linearity_a.u;
  const { seconds } = level;
  for (let trial = 0; trial < trials; trial += 1) {
    const offset = uncertainty.offset_a.u * normal();
    const gain = 1 + uncertainty.gain.u * normal();
    const volts = 1 + uncertainty.voltage.u * normal();
    const clock = 1 + rate * normal();
    const power = (one: Level): number => {
      const shift = offset + flat * rectangular(normal);
      return (volts * (gain * one.energy_j + shift * one.voltSeconds)) / one.seconds + one.noise_w * normal();
    };
    const mean = power(level);
    const gross = clock * mean * seconds + edges_j * normal();
    const idle = rest === null ? 0 : power(rest);
    spread.mean.add(mean);
    spread.gross.add(gross);
    spread.idle.add(idle);
    spread.net.add(gross - clock * idle * seconds);
  }
  return {
    gross: spread.gross.deviation(),
    net: spread.net.deviation(),
    mean: spread.mean.deviation(),
    idle: spread.idle.deviation(),
  };
}

/** Standard deviation in one pass (Welford). */
class Spread {
  #n = 0;
  #mean = 0;
  #squares = 0;

  add(value: number): void {
    this.#n += 1;
    const distance = value - this.#mean;
    this.#mean += distance / this.#n;
    this.#squares += distance * (value - this.#mean);
  }

  deviation(): number {
    return this.#n < 2 ? 0 : Math.sqrt(this.#squares / (this.#n - 1));
  }
}

/** What each term gives alone, to first order. */
function budgetOf({ level, rest, uncertainty, rate, edges_j }: Parts, map: ClockMap | null): BudgetEntry[] {
  const { seconds } = level;
  const [restW, restV] =
    rest === null ? [0, 0] : [rest.energy_j / rest.seconds, rest.voltSeconds / rest.seconds];
  const { offset_a, linearity_a, gain, voltage, clockRate } = uncertainty;
  const net_j = level.energy_j - restW * seconds;
  const entry = (
    name: BudgetEntry['name'],
    gross: number,
    net: number,
    source: BudgetEntry['source'],
    averages_out = false,
  ): BudgetEntry => ({
    name,
    gross_j: gross,
    net_j: rest === null ? null : Math.abs(net),
    averages_out,
    source,
  });
  const shift = (u: number): number => u * level.voltSeconds;
  const clockSource = map === null ? clockRate.source : 'clock-map';
  return [
    entry('offset', shift(offset_a.u), offset_a.u * (level.voltSeconds - restV * seconds), offset_a.source),
    entry(
      linearity_a.name,
      shift(linearity_a.u),
      linearity_a.u * Math.hypot(level.voltSeconds, restV * seconds),
      linearity_a.source,
    ),
    entry('gain', gain.u * level.energy_j, gain.u * net_j, gain.source),
    entry('voltage', voltage.u * level.energy_j, voltage.u * net_j, voltage.source),
    entry('clock-rate', rate * level.energy_j, rate * net_j, clockSource),
    entry('window-edges', edges_j, edges_j, map === null ? 'samples' : 'clock-map'),
    entry(
      'noise',
      level.noise_w * seconds,
      Math.hypot(level.noise_w, rest?.noise_w ?? 0) * seconds,
      'samples',
      true,
    ),
  ];
}

function idleDrift(rests: readonly Level[], windows: readonly Window[]): readonly MeterFinding[] {
  const means = rests.map((rest) => rest.energy_j / rest.seconds);
  const middle = means.reduce((sum, value) => sum + value, 0) / means.length;
  const range = Math.max(...means) - Math.min(...means);
  if (means.length < 2 || range <= IDLE_DRIFT * middle) return [];
  return [
    {
      gate: 'idle-drift',
      message: `idle power differs by ${((100 * range) / middle).toFixed(1)} % between the idle windows; at most ${IDLE_DRIFT * 100} % may be`,
      samples: means.map((mean_w, index) => ({ mean_w, ...windows[index] })),
    },
  ];
}
