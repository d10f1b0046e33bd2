/**
 * `certain`: the printed digits, units or formulas contradict each other, however they were rounded, or three checks that do not depend on each
 * other agree. `likely`: an assumption, which `why` names, has to hold. `possible`: odd, and something else than a mistake may explain it.
 */
export type Confidence = 'certain' | 'likely' | 'possible';

/** A value with its unit; `''` for a pure number. */
export interface Quantity {
  readonly value: number | string;
  readonly unit: string;
}

/** Something in a study's tables that cannot be so, or is hardly so. */
export interface Finding {
  /** Unique and stable: the rule, and where it fired, for example `seconds-per-inference-rpi4b-16`. */
  readonly id: string;
  readonly rule: string;
  readonly table: string;
  /** Null where it concerns a whole column or a text. */
  readonly row: string | null;
  readonly column: string | null;
  readonly stated: Quantity;
  /** What the other figures give. */
  readonly recomputed: Quantity;
  /** How far the two are apart after the most favourable rounding, relative to the stated value; null where rounding plays no part. */
  readonly beyond_rounding: number | null;
  readonly confidence: Confidence;
  readonly what: string;
  readonly why: string;
  /** What would settle it. */
  readonly settle: string;
}

/** The answer of `pipeline audit --json`. */
export interface AuditDocument {
  readonly schema: 1;
  readonly kind: 'tables' | 'report';
  /** What the tables say of their own origin. */
  readonly source: string;
  /** The most certain first. */
  readonly findings: readonly Finding[];
  /** How many inferences one measurement was, as far as the columns tell: the lowest and the highest number that rounding allows. */
  readonly inferences: readonly [number, number] | null;
  /** Claims and formulas that nothing in the file can confirm or refute, in sentences. */
  readonly not_checked: readonly string[];
}
