/** What a measurement must withstand before its figures may be compared with others. */
export type GateName =
  | 'under-voltage'
  | 'throttling'
  | 'frequency'
  | 'swap'
  | 'page-faults'
  | 'neighbours'
  | 'stolen-time'
  | 'clock'
  | 'power-samples';

/** `not-checked`: the device does not tell what it would take; the message says what. */
export type GateVerdict = 'passed' | 'failed' | 'not-checked';

export interface Gate {
  readonly gate: GateName;
  readonly verdict: GateVerdict;
  /** What was seen, in a sentence with its figures. */
  readonly message: string;
  /** The samples that show a failure: seconds on the clock of the telemetry, and what was read then. */
  readonly samples: readonly { readonly t_s: number; readonly value: number }[];
}
