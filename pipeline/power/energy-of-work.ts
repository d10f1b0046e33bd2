import { err, ok, type Result } from '../base/result.js';
import type { ClockMap, EnergyFigure, MeterCalibration, MeterFailure, TimeSpan } from '../contract/meter.js';
import type { MeteredEnergy, MeteredWork } from '../contract/metering.js';
import { composeMaps, fitClock, hostMap, invertMap, mapTime } from './clock-map.js';
import { energyOfSeries, seriesOf } from './measure-energy.js';
import type { PowerSeries } from './power-series.js';
import type { Recording } from './recording-file.js';

/** Two crystals, each wrong by some 50 parts in a million, limit. */
const CRYSTALS = 1e-4 / Math.sqrt(3);
/** The program on the board rounds its times to 0.1 ms. */
const ROUNDED_S = 1e-4 / Math.sqrt(12);
/** Of the host's clock, kept beyond what was measured: more than a busy host lets a line wait. */
const MARGIN_S = 2;
/** Length of the stretches of the drawn series: telemetry has ten samples a second, too. */
const STRETCH_S = 0.1;

/** From the host's clock to that of the board's measuring program. */
function boardMap({ moments, momentError_s }: MeteredWork): ClockMap {
  const map = fitClock(
    moments.map(({ host_s, board_s }) => ({ x_s: host_s, y_s: board_s })),
    {
      from: 'host',
      to: 'board',
      floor_s: momentError_s / Math.sqrt(3),
      rateUncertainty: CRYSTALS,
    },
  );
  if (map === null) throw new Error('Internal error: no moment is known on both clocks');
  return map;
}

/** What of a recording belongs to the work, on the host's clock. */
export function surroundingsOf(work: MeteredWork): TimeSpan {
  const spans = [...work.windows, ...work.idle];
  const toHost = invertMap(boardMap(work));
  return {
    from_s: mapTime(toHost, Math.min(...spans.map(({ from_s }) => from_s))) - MARGIN_S,
    to_s: mapTime(toHost, Math.max(...spans.map(({ to_s }) => to_s))) + MARGIN_S,
  };
}

/** Energy of the windows of one piece of work, each and together, on the board's clock. */
export function energyOfWork(
  recording: Recording,
  calibration: MeterCalibration | null,
  work: MeteredWork,
): Result<MeteredEnergy, MeterFailure> {
  const series = seriesOf(recording, calibration);
  if (!series.ok) return series;
  const toHost = hostMap(series.value);
  if (toHost === null)
    return err({ reason: 'file', message: "the recording says nothing of the host's clock" });
  const map = composeMaps(toHost, boardMap(work));
  const question = { calibration, map, idle: work.idle, edgeUncertainty_s: ROUNDED_S };
  const windows: EnergyFigure[] = [];
  for (const window of work.windows) {
    const figure = energyOfSeries(recording, series.value, [window], question);
    if (!figure.ok) return figure;
    windows.push(figure.value);
  }
  const total = energyOfSeries(recording, series.value, work.windows, question);
  if (!total.ok) return total;
  return ok({ windows, total: total.value, clock: map, power: drawn(series.value, map) });
}

/** Means over stretches of a tenth of a second; a gap longer than that has none. */
function drawn({ samples }: PowerSeries, map: ClockMap): MeteredEnergy['power'] {
  const stretches = new Map<number, { n: number; sum: number }>();
  for (const { t_s, power_w } of samples) {
    const index = Math.floor(mapTime(map, t_s) / STRETCH_S);
    const stretch = stretches.get(index) ?? { n: 0, sum: 0 };
    stretch.n += 1;
    stretch.sum += power_w;
    stretches.set(index, stretch);
  }
  return [...stretches].map(([index, { n, sum }]) => ({
    t_s: Math.round((index + 0.5) * STRETCH_S * 1000) / 1000,
    power_w: Math.round((sum / n) * 1e6) / 1e6,
  }));
}
