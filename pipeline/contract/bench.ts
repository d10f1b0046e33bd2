/** One figure of `pipeline bench AREA --json`, with what other programs needed for the same work in the same run. */
export interface BenchMeasure {
  readonly measure: string;
  /** `KB` and `MB` are 10^3 and 10^6 bytes. */
  readonly unit: 's' | 'ms' | 'KB' | 'MB' | 'samples/s' | 'tweets/s' | '%' | 'ratio';
  /** Median of `n` repeats. */
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly n: number;
  /** Program with its version to its median, in the same unit; empty where it cannot do this, or is not there. */
  readonly peers: Readonly<Record<string, number>>;
  /** What the project promises: the value is to be at most, or at least, this. */
  readonly limit?: { readonly kind: 'at-most' | 'at-least'; readonly value: number };
  /** What one should know to read it, for example why there are no peers. */
  readonly note?: string;
  readonly host: string;
}
