/** An artifact that the report was made from, and how to make it again. */
export interface Provenance {
  readonly instance: string;
  readonly artifact: string;
  /** The action key: SHA-256 of the document that names all that could change the result. */
  readonly key: string;
  /** SHA-256 of the content. */
  readonly digest: string;
  /** For a shell in the project's folder. A variable in it stands for a path of another machine, or for a secret. */
  readonly command: string;
  /** Null where the report was not told how its inputs were made. */
  readonly record: MadeBy | null;
}

/** From the run record under the action key. */
export interface MadeBy {
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly started_at: string;
  readonly host: string;
  /** Null where it ran on the machine of the engine. */
  readonly executor: string | null;
  /** The device that it sent to or measured on; null where it is about none. */
  readonly device: string | null;
  /** Why a person said that the result of another key stands for this one; null where nobody had to. */
  readonly accepted: string | null;
  /** Of the graph: what it read of other instances. */
  readonly inputs: readonly {
    readonly name: string;
    readonly instance: string;
    readonly output: string;
    readonly digest: string;
  }[];
  /** Files and folders from outside of the pipeline, by the name of the input: SHA-256 of their content. */
  readonly external: Readonly<Record<string, string>>;
  /** Versions, processor and board that the action key names. */
  readonly environment: Readonly<Record<string, string>>;
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
