/** An artifact that the report was made from, and how to make it again. */
export interface Provenance {
  readonly instance: string;
  readonly artifact: string;
  readonly key: string;
  readonly digest: string;
  readonly command: string;
}

/** What one run made of all that the report depends on. */
export interface TimelineRun {
  readonly run: string;
  /** ISO 8601, UTC: when the first of its instances started. */
  readonly started_at: string;
  /** From the first start to the last end. */
  readonly wall_s: number;
  /** Whether a later run than this made something else, and took these results over. */
  readonly reused: boolean;
  /** In the order in which they started. */
  readonly instances: readonly TimelineEntry[];
}

export interface TimelineEntry {
  readonly instance: string;
  readonly stage: string;
  /** Since the first start of the run. */
  readonly start_s: number;
  readonly wall_s: number;
  readonly host: string;
  /** Null where it ran on the machine of the engine. */
  readonly executor: string | null;
  readonly attempts: number;
  /** What its processes used together; null where nobody knows. */
  readonly cpu_s: number | null;
  readonly peak_rss_bytes: number | null;
  readonly read_bytes: number | null;
  readonly written_bytes: number | null;
}
