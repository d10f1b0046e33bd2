import type { Scalar } from '../../../pipeline/contract/config.js';
import type { GateName, GateVerdict } from '../../../pipeline/contract/gate.js';

/** Whether an evaluation's timing may be compared with others, and what was looked at. */
export interface Validity {
  readonly row: string;
  readonly seed: Scalar | null;
  readonly instance: string;
  /** `not-recorded`: the evaluation is older than its gates. `not-timed`: answers alone were wanted of this seed. */
  readonly verdict: 'valid' | 'invalid' | 'not-timed' | 'not-recorded';
  readonly gates: readonly {
    readonly gate: GateName;
    readonly verdict: GateVerdict;
    readonly message: string;
    /** What shows a failure: seconds on the clock of the telemetry, and what was read then. */
    readonly samples: readonly { readonly t_s: number; readonly value: number }[];
  }[];
}
