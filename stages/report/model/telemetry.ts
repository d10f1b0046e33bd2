import type { TelemetrySummary } from '../../../pipeline/base/telemetry-summary.js';
import type { Scalar } from '../../../pipeline/contract/config.js';

export type { Curve, Phase } from '../../../pipeline/base/telemetry-summary.js';

/** Curves are thinned further where a report has many. */
export interface Telemetry extends TelemetrySummary {
  readonly row: string;
  readonly seed: Scalar | null;
  readonly instance: string;
  readonly cpu_count: number;
  readonly sampler: string;
  readonly sample_hz: number | null;
}
