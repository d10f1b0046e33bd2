export interface CountTable {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly counts: readonly (number | null)[] }[];
}

export interface DataViews {
  readonly fetch: readonly {
    readonly instance: string;
    readonly source: string;
    readonly synthetic: boolean;
    readonly files: number;
    readonly rows: Readonly<Record<string, number>>;
    /** How rows and texts were joined. */
    readonly joined: CountTable;
    /** Rows with a text, by where it came from. */
    readonly texts: CountTable;
    readonly dropped: readonly {
      /** Split and kind, for example `training row`. */
      readonly what: string;
      readonly reason: string;
      readonly count: number;
      readonly examples: readonly string[];
    }[];
    readonly warnings: readonly string[];
  }[];
  /** What was asked of X; empty where nothing was. */
  readonly hydrate: readonly {
    readonly instance: string;
    readonly host: string;
    /** That had no text and were wanted. */
    readonly tweets: number;
    /** Of them, those that X gave. */
    readonly found: number;
    /** A tweet may be in several. */
    readonly rows_filled: number;
    /** Tweets that it did not give, by reason. */
    readonly missing: Readonly<Record<string, number>>;
    /** Given, though not shown in these countries. */
    readonly withheld_in: Readonly<Record<string, number>>;
    readonly warnings: readonly string[];
  }[];
  readonly clean: readonly {
    readonly instance: string;
    readonly rules: string;
    readonly buckets: CountTable;
    readonly labels: CountTable;
    readonly entities: Readonly<Record<string, number>>;
    readonly leaks: Readonly<Record<string, number>>;
    readonly entities_without_text: readonly string[];
    /** Texts before and after; empty unless the data is synthetic, since real tweets may not be passed on. */
    readonly samples: readonly { readonly before: string; readonly after: string }[];
    readonly withheld_samples: number;
    /** In their order: how many texts each changed, and the first of them where texts may be shown. */
    readonly steps: readonly {
      readonly name: string;
      readonly summary: string;
      readonly changed: number;
      readonly samples: readonly { readonly before: string; readonly after: string }[];
    }[];
  }[];
  readonly split: readonly {
    readonly instance: string;
    readonly seed: number | null;
    readonly counts: CountTable;
  }[];
  readonly encode: readonly {
    readonly instance: string;
    readonly model: string;
    readonly max_length: number;
    /** `tweet` or `entity-tweet`; null where the card is older than the choice. */
    readonly input: string | null;
    readonly tokens: readonly {
      readonly split: string;
      readonly mean: number;
      readonly p95: number;
      readonly max: number;
      readonly truncated: number | null;
    }[];
  }[];
}
