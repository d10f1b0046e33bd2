/** What `pipeline inspect FILE --json` prints: docs/reference/artifacts.md. Sizes are bytes; -1 in a shape is a free extent. */
export interface TfliteInspection {
  readonly schema: 1;
  readonly bytes: number;
  readonly sha256: string;
  readonly description: string;
  readonly subgraphs: number;
  readonly inputs: readonly TensorShape[];
  readonly outputs: readonly TensorShape[];
  readonly signatures: readonly {
    readonly key: string;
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
  }[];
  readonly op_count: number;
  readonly ops: Readonly<Record<string, number>>;
  readonly custom_ops: readonly string[];
  /** By element type. */
  readonly constants: Readonly<Record<string, { readonly count: number; readonly bytes: number }>>;
  readonly largest_constants: readonly (TensorShape & { readonly type: string; readonly bytes: number })[];
  /** Meaningful for files of the stage `convert`; everything is `other` or `structure` elsewhere. */
  readonly bytes_by_part: Readonly<Record<string, number>>;
  readonly stands_alone: { readonly problems: readonly string[] };
  /** What the file says of itself; null where it says nothing. */
  readonly metadata: {
    readonly name?: string | undefined;
    readonly description?: string | undefined;
    readonly version?: string | undefined;
    readonly author?: string | undefined;
    readonly license?: string | undefined;
    /** Contents of the files in it, by name. */
    readonly files: Readonly<Record<string, string>>;
    /** Of a file that `convert` wrote. */
    readonly source?: Readonly<Record<string, unknown>> | undefined;
  } | null;
}

interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
}
