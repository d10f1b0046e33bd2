/** What `pipeline classify --json` prints: docs/reference/artifacts.md. */
export interface ClassificationReport {
  readonly schema: 1;
  readonly device: string;
  readonly transport: 'local' | 'ssh';
  /** The instance of `deploy` whose bundle answered, for example `deploy@device=rpi4b,precision=int8`. */
  readonly deployment: string;
  /** ISO 8601. */
  readonly deployed_at: string;
  readonly bundle_sha256: string;
  readonly classifier: Classifier;
  /** In the order of the texts. */
  readonly answers: readonly Classification[];
}

/** What answers on the device. */
export interface Classifier {
  readonly runtime: {
    readonly litert: string;
    readonly tokenizers: string;
    readonly threads: number;
    readonly delegate: string;
  };
  readonly emulated: boolean;
  readonly labels: readonly string[];
  readonly input: 'tweet' | 'entity-tweet';
  /** Most tokens of a text, marks included. */
  readonly max_length: number;
  /** Of a model that takes texts of one length only. */
  readonly fixed_length: number | null;
  /** The rules by which texts are cleaned first; null where the bundle says none, so that texts are taken as they are. */
  readonly cleaning: string | null;
  readonly model_sha256: string;
  /** To load model and tokenizer. */
  readonly load_ms: number;
}

export type Classification = ClassifiedText | RefusedText;

export interface ClassifiedText {
  readonly text: string;
  readonly entity?: string;
  /** The text as the tokenizer got it. */
  readonly cleaned: string;
  readonly label: string;
  readonly probability: number;
  readonly probabilities: Readonly<Record<string, number>>;
  readonly logits: readonly number[];
  readonly tokens: number;
  /** Tokens for which there was no room. */
  readonly tokens_cut: number;
  /** The inference alone. */
  readonly latency_ms: number;
  /** Cleaning and tokenising. */
  readonly tokenize_ms: number;
}

/** A text that the model was not asked about. */
export interface RefusedText {
  readonly text: string;
  readonly entity?: string;
  readonly refused: { readonly code: string; readonly message: string };
}
