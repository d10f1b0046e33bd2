import type { ModelConfig } from '../../pipeline/contract/config.js';

interface Sizes {
  readonly hidden: number;
  readonly layers: number;
  readonly intermediate: number | readonly number[];
  readonly pooler: boolean;
  /** MobileBERT's alone. */
  readonly mobile?: {
    readonly embedding: number;
    readonly inner: number;
    readonly networks: number | readonly number[];
  };
}

const bert = (hidden: number, layers: number, pooler = true): Sizes => ({
  hidden,
  layers,
  intermediate: 4 * hidden,
  pooler,
});

/** Of edgeline_worker/presets.py; a test in Python compares what both count. */
const PRESETS: Readonly<Record<string, Sizes>> = {
  'bert-base': bert(768, 12),
  'bert-large': bert(1024, 24),
  'bert-mini': bert(256, 4),
  'bert-small': bert(512, 4),
  'bert-tiny': bert(128, 2),
  'minilm-l3': bert(384, 3, false),
  'minilm-l6': bert(384, 6, false),
  mobilebert: {
    hidden: 512,
    layers: 24,
    intermediate: 512,
    pooler: false,
    mobile: { embedding: 128, inner: 128, networks: 4 },
  },
};

/** MobileBERT's embedding sees a token and its two neighbours. */
const TRIGRAM = 3;

/**
 * Multiply-accumulate operations of one inference over `length` tokens, the classifier's few left out; null where the
 * sizes are only in the `config.json` of the weights. As `multiply_accumulates` of edgeline_worker/spec.py.
 */
export function multiplyAccumulates(model: ModelConfig, length: number): number | null {
  const preset = PRESETS[String(model.preset)];
  if (preset === undefined) return null;
  const hidden = number(model.hidden_size) ?? preset.hidden;
  const layers = number(model.layers) ?? preset.layers;
  const pooler = typeof model.pooler === 'boolean' ? model.pooler : preset.pooler;
  const { mobile } = preset;
  const inner = mobile === undefined ? hidden : (number(model.intra_bottleneck_size) ?? mobile.inner);
  const embedding = mobile === undefined ? 0 : (number(model.embedding_size) ?? mobile.embedding);
  const intermediate = perLayer(model.intermediate_size ?? preset.intermediate, layers);
  const networks = perLayer(model.feed_forward_networks ?? mobile?.networks ?? 1, layers);
  // Query, key and the attention's output, then the value, which MobileBERT takes from the whole hidden state.
  const attention = 3 * inner * inner + hidden * inner;
  const bottlenecks = mobile === undefined ? 0 : 3 * hidden * inner;
  let perToken = TRIGRAM * embedding * hidden + layers * (attention + bottlenecks);
  for (let layer = 0; layer < layers; layer += 1) {
    perToken += (networks[layer] ?? 0) * 2 * inner * (intermediate[layer] ?? 0);
  }
  return length * perToken + layers * 2 * length * length * inner + (pooler ? hidden * hidden : 0);
}

const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

function perLayer(value: unknown, layers: number): readonly number[] {
  return Array.isArray(value) ? value.map(Number) : new Array<number>(layers).fill(Number(value));
}
