/** A tiny model of random weights, trained for two steps, and its SavedModel run on this machine; `with` are options of the reference. */
export function tinyReference(withOptions: string): string {
  return `version: 1
name: reference
axes: { model: [tiny] }
models:
  tiny: { preset: bert-tiny, weights: "random:1", layers: 1, hidden_size: 16, heads: 2, intermediate_size: 32, vocabulary_size: 400, max_positions: 64 }
stages:
  fetch: { uses: fetch, with: { source: sample } }
  clean: { uses: clean, from: fetch, with: { rules: light } }
  split: { uses: split, from: clean }
  encoder: { uses: encoder, matrix: [model] }
  encode: { uses: encode, from: [split, encoder], with: { max_length: 40, input: entity-tweet } }
  fine-tune: { uses: fine-tune, from: [encode, encoder], with: { epochs: 1, limit_train: 64 } }
  export: { uses: export, from: fine-tune }
  reference: { uses: evaluate-savedmodel, from: [export, encode], with: ${withOptions} }
  again: { uses: evaluate-savedmodel, from: [export, encode], with: { runtime: python, limit: 512 } }
  report: { uses: report, from: [fetch, clean, split, encode@*, fine-tune@*, export@*, reference@*] }
devices: { local: {} }
`;
}

/** Of one prediction. */
export interface ReferencePrediction {
  readonly id: string;
  readonly logits: readonly number[];
}

/** The largest difference of a logit; NaN where the tweets are not the same. */
export function largestDifference(
  some: readonly ReferencePrediction[],
  others: readonly ReferencePrediction[],
): number {
  if (some.length !== others.length) return Number.NaN;
  const differences = some.flatMap(({ id, logits }, place) =>
    logits.map((logit, index) =>
      others[place]?.id === id ? Math.abs(logit - (others[place].logits[index] ?? Number.NaN)) : Number.NaN,
    ),
  );
  return Math.max(...differences);
}
