import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { err, ok, type Result } from '../../base/result.js';
import type { ClockMap } from '../../contract/meter.js';
import { readCalibration } from '../../power/calibration.js';
import { fitClock, hostMap, mapTime, pairEdges } from '../../power/clock-map.js';
import { measureEnergy, windowOfEdges } from '../../power/measure-energy.js';
import { type PowerSeries, powerSeries } from '../../power/power-series.js';
import { readRecording } from '../../power/recording-file.js';
import { RESONATOR_LIMIT } from '../../power/sensor.js';
import type { Window } from '../../power/window.js';
import { energyLines } from '../../ui/meter-text.js';
import { EXIT } from '../exit-codes.js';
import { complain } from '../prepare.js';
import { answer, complainOfMeter, numberOf } from './meter-common.js';

export interface MeterEnergyOptions {
  readonly calibration?: string;
  readonly window?: string;
  readonly idle: readonly string[];
  readonly clock: string;
  readonly edges?: string;
  readonly accuracy?: string;
  readonly seed: string;
  readonly paperV1: boolean;
  readonly json: boolean;
}

/** How well an edge on D2 is timed: 4 us of resolution and an interrupt that waits for another one, seconds. */
const EDGE_S = 2e-5;

/** `pipeline meter energy RECORDING`. Exits with `failed` when the figure is INVALID. */
export async function meterEnergy(file: string, options: MeterEnergyOptions): Promise<number> {
  const recording = readRecording(resolve(file));
  if (!recording.ok) return complainOfMeter(recording.error);
  const calibration =
    options.calibration === undefined ? ok(null) : readCalibration(resolve(options.calibration));
  if (!calibration.ok) return complainOfMeter(calibration.error);
  const series = powerSeries(recording.value, calibration.value);
  if (!series.ok) return complainOfMeter(series.error);
  const map = clockOf(options, series.value);
  if (!map.ok) return map.error;
  const window = windowOf(options.window, series.value, map.value);
  if (!window.ok) return window.error;
  const idle: Window[] = [];
  for (const text of options.idle) {
    const rest = windowOf(text, series.value, map.value);
    if (!rest.ok) return rest.error;
    idle.push(rest.value);
  }
  const accuracy = options.accuracy === undefined ? undefined : numberOf(options.accuracy);
  const seed = numberOf(options.seed);
  if (seed === undefined || (options.accuracy !== undefined && !(accuracy !== undefined && accuracy > 0))) {
    return complain('--accuracy and --seed are numbers', 'for example --accuracy 0.3 (percent) and --seed 1');
  }
  const figure = measureEnergy(recording.value, {
    calibration: calibration.value,
    ...(accuracy === undefined ? {} : { accuracyPercent: accuracy }),
    map: map.value,
    window: window.value,
    idle,
    edgeUncertainty_s: options.clock === 'host' ? 0 : EDGE_S,
    paper: options.paperV1,
    seed,
  });
  if (!figure.ok) return complainOfMeter(figure.error);
  answer(options.json, figure.value, energyLines(figure.value));
  return figure.value.invalid.length === 0 ? EXIT.ok : EXIT.failed;
}

function clockOf(options: MeterEnergyOptions, series: PowerSeries): Result<ClockMap | null, number> {
  if (options.clock === 'meter') return ok(null);
  if (options.clock === 'host') {
    const map = hostMap(series);
    if (map !== null) return ok(map);
    return err(complain("the recording says nothing of the host's clock", 'use --clock meter'));
  }
  if (options.clock !== 'board') {
    return err(complain(`--clock ${options.clock}: no such clock`, 'there are: meter, host, board'));
  }
  if (options.edges === undefined) {
    const hint =
      'give --edges FILE: JSON lines {"t_s": 12.5, "level": 1} with the times at which it set the pin';
    return err(complain('the clock of the board is known from its own edges alone', hint));
  }
  const made = readEdges(options.edges);
  if (!made.ok) return made;
  const pairs = pairEdges(series.edges, made.value);
  const rateUncertainty = RESONATOR_LIMIT / Math.sqrt(3);
  const map = fitClock(pairs, { from: 'meter', to: 'board', floor_s: EDGE_S, rateUncertainty });
  if (map !== null) return ok(map);
  const message = `the ${series.edges.length} edges that the meter saw are not the ${made.value.length} of ${options.edges}`;
  return err(complain(message, "check the wire from the board's pin to D2"));
}

interface MadeEdge {
  readonly t_s: number;
  readonly level: 0 | 1;
}

function readEdges(file: string): Result<readonly MadeEdge[], number> {
  try {
    const edges = readFileSync(resolve(file), 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line) as MadeEdge);
    if (edges.every(({ t_s, level }) => Number.isFinite(t_s) && (level === 0 || level === 1))) {
      return ok(edges);
    }
    return err(complain(`${file}: not edges`, 'each line is {"t_s": SECONDS, "level": 0 or 1}'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return err(complain(`${file} cannot be read: ${why}`, 'each line is {"t_s": SECONDS, "level": 0 or 1}'));
  }
}

/** Seconds from the start of the recording on the meter's clock, and as they are on the others. */
function windowOf(
  text: string | undefined,
  series: PowerSeries,
  map: ClockMap | null,
): Result<Window, number> {
  const first = series.samples[0]?.t_s ?? 0;
  const last = series.samples.at(-1)?.t_s ?? first;
  const toClock = (t_s: number): number => (map === null ? t_s : mapTime(map, t_s));
  if (text === undefined) {
    const { from_s, to_s } = windowOfEdges(series) ?? { from_s: first, to_s: last };
    return ok({ from_s: toClock(from_s), to_s: toClock(to_s) });
  }
  const [from, to, ...more] = text.split(':').map(numberOf);
  if (from === undefined || to === undefined || more.length > 0 || to <= from) {
    return err(complain(`${text}: not a window`, 'write seconds from and to, for example 10:40'));
  }
  const start = map === null ? first : 0;
  return ok({ from_s: start + from, to_s: start + to });
}
