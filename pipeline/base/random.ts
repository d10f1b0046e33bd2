import { createHash } from 'node:crypto';

/** Numbers in [0, 1) from a seed: the same ones each time. Mulberry32 (Ettinger 2017): for resampling, never for secrets. */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed that stands for a text. */
export function seedOfText(text: string): number {
  return createHash('sha256').update(text).digest().readInt32BE(0);
}
