import type { Scalar } from '../../pipeline/contract/config.js';

/** A series thinned for drawing: `samples` raw points, of which the envelope was kept. */
export interface Curve {
  readonly samples: number;
  readonly points: readonly (readonly [number, number])[];
}

export interface Telemetry {
  readonly row: string;
  readonly seed: Scalar | null;
  readonly instance: string;
  readonly cpu_count: number;
  readonly sampler: string;
  readonly sample_hz: number | null;
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
