import type {
  EnergyFigure,
  Meter,
  MeterFailure,
  MeterFinding,
  TimeSpan,
  UncertainFigure,
} from '../contract/meter.js';
import type { EvaluationEnergy, MeteredEnergy, WindowEnergy } from '../contract/metering.js';
import type { ResultMessage, WindowMessage } from './messages.js';

/** At the beginning of each rest a board writes out what it holds and its clock falls: so long, at most, and no more than a share of it. */
const SETTLING_S = 5;
const SETTLING_SHARE = 0.25;
/** Phases of the agent between which the windows are. */
const REST_PHASES: readonly string[] = ['rest', 'after'];

/** When the board was at rest around its windows. */
export function restsOf({ idle }: Pick<ResultMessage, 'idle'>): readonly TimeSpan[] {
  return idle
    .filter(({ phase }) => REST_PHASES.includes(phase))
    .map(({ from_s, to_s }) => ({
      from_s: from_s + Math.min(SETTLING_S, SETTLING_SHARE * (to_s - from_s)),
      to_s,
    }));
}

const inferencesOf = ({ n, untimed }: WindowMessage): number => n + untimed;

const divided = (figure: UncertainFigure, by: number): UncertainFigure => ({
  value: figure.value / by,
  u_k2: figure.u_k2 / by,
});

const perInference = (
  { gross_j, net_j }: EnergyFigure,
  inferences: number,
): Pick<WindowEnergy, 'gross_j_per_inference' | 'net_j_per_inference'> => ({
  gross_j_per_inference: divided(gross_j, inferences),
  net_j_per_inference: net_j === null ? null : divided(net_j, inferences),
});

export interface MeteredResult {
  readonly meter: Pick<Meter, 'kind' | 'powerClass'>;
  readonly calibrated: boolean;
  /** Why it ended before it was told to; null where it did not. */
  readonly lost: MeterFailure | null;
  /** Null where nothing can be computed from what it recorded, for the reason `lost`. */
  readonly energy: MeteredEnergy | null;
  /** Whether the board is emulated: then its energy means nothing, whatever the meter is. */
  readonly emulated: boolean;
  readonly needed_s: number;
}

/** What an evaluation says of its energy. */
export function evaluationEnergy(
  { windows, idle }: Pick<ResultMessage, 'windows' | 'idle'>,
  { meter, calibrated, lost, energy, emulated, needed_s }: MeteredResult,
): EvaluationEnergy {
  const total = energy?.total ?? null;
  const inferences = windows.reduce((sum, window) => sum + inferencesOf(window), 0);
  const measured_s = windows.reduce((sum, { from_s, to_s }) => sum + to_s - from_s, 0);
  const findings: readonly MeterFinding[] = [
    ...(lost === null ? [] : [{ gate: 'meter-lost' as const, message: lost.message, samples: [] }]),
    ...(total?.invalid ?? []),
  ];
  const of = total === null ? null : perInference(total, inferences);
  const gross = of?.gross_j_per_inference ?? null;
  return {
    meter: meter.kind,
    power_class: meter.powerClass,
    emulated: emulated || total?.emulated === true,
    calibrated,
    verdict: findings.length === 0 ? 'valid' : 'invalid',
    findings,
    measured_s,
    needed_s,
    short: measured_s < needed_s,
    inferences,
    resize_s: windows.reduce((sum, { resize_s }) => sum + resize_s, 0),
    idle: restsOf({ idle }),
    clock: energy?.clock ?? null,
    gross_j_per_inference: gross,
    net_j_per_inference: of?.net_j_per_inference ?? null,
    inferences_per_joule:
      gross === null ? null : { value: 1 / gross.value, u_k2: gross.u_k2 / gross.value ** 2 },
    mean_w: total?.mean_w ?? null,
    idle_w: total?.idle_w ?? null,
    total,
    windows: (energy?.windows ?? []).flatMap((figure, index): WindowEnergy[] => {
      const window = windows[index];
      if (window === undefined) return [];
      const count = inferencesOf(window);
      return [{ window: window.window, inferences: count, ...perInference(figure, count), figure }];
    }),
  };
}
