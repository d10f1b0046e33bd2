/** Sample statistics; `sd` is the sample standard deviation (n - 1), null for fewer than two values. */
export interface Spread {
  readonly mean: number;
  readonly sd: number | null;
  readonly min: number;
  readonly max: number;
  readonly n: number;
}

/** Both ends of a 95 % confidence interval. */
export type Interval = readonly [low: number, high: number];

export interface ClassResult {
  readonly label: string;
  readonly precision: Spread;
  readonly recall: Spread;
  readonly f1: Spread;
  /** Tweets of this class. */
  readonly support: number;
}
