/** Features that a text has, by their number, in the order in which they first occur. */
export interface SparseVector {
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

/**
 * Counts runs of 1 to `ngrams` tokens. A run's feature is its hash, so that no vocabulary needs to be kept; two that share
 * one count as the same (Weinberger et al. 2009, without signs).
 *
 * @param bits there are 2^bits features
 */
export function countFeatures(tokens: readonly string[], ngrams: number, bits: number): SparseVector {
  const counts = new Map<number, number>();
  for (let start = 0; start < tokens.length; start += 1) {
    let hash = OFFSET;
    for (let end = start; end < Math.min(start + ngrams, tokens.length); end += 1) {
      hash = hashOn(hash, tokens[end] ?? '');
      const feature = mixed(hash) >>> (32 - bits);
      counts.set(feature, (counts.get(feature) ?? 0) + 1);
      hash = hashOn(hash, ' ');
    }
  }
  return { indices: Int32Array.from(counts.keys()), values: Float64Array.from(counts.values()) };
}

/** 32-bit FNV-1a over UTF-16 code units, and the finalizer of MurmurHash3: its high bits alone are poor for short texts. */
const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

function hashOn(hash: number, text: string): number {
  let next = hash;
  for (let at = 0; at < text.length; at += 1) next = Math.imul(next ^ text.charCodeAt(at), PRIME);
  return next;
}

function mixed(hash: number): number {
  let bits = hash ^ (hash >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** 1 + ln(N / (1 + n)) for N texts, of which n have the feature: as natural's TfIdf, which takes quadratic time for it. */
export function inverseDocumentFrequencies(texts: readonly SparseVector[], bits: number): Float32Array {
  const having = new Float64Array(2 ** bits);
  for (const { indices } of texts) {
    for (const index of indices) having[index] = (having[index] ?? 0) + 1;
  }
  return Float32Array.from(having, (count) => 1 + Math.log(texts.length / (1 + count)));
}

/** Counts times inverse document frequencies, as a vector of length 1. */
export function tfIdf({ indices, values }: SparseVector, frequencies: Float32Array): SparseVector {
  const weighted = values.map((value, at) => value * (frequencies[indices[at] ?? 0] ?? 0));
  const length = Math.sqrt(weighted.reduce((sum, value) => sum + value * value, 0));
  return { indices, values: length === 0 ? weighted : weighted.map((value) => value / length) };
}
