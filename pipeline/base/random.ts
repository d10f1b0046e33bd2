import { createHash } from 'node:crypto';

/** Numbers in [0, 1) from a seed: the same ones each time. Mulberry32 (Ettinger 2017): for resampling, never for secrets. */
export function randomFrom(seed: number): () => number {
  const { next } = drawsFrom(seed);
  return next;
}

export interface Draws {
  next(): number;
  /** Fills `places` with `floor(size * next())`, many at a time: a study's report draws hundreds of millions. */
  fill(places: Uint32Array, size: number): void;
}

/** As `randomFrom`. */
export function drawsFrom(seed: number): Draws {
  let state = seed | 0;
  return {
    next: () => {
      state = (state + STEP) | 0;
      return mixed(state);
    },
    fill: (places, size) => {
      let own = state;
      for (let at = 0; at < places.length; at += 1) {
        own = (own + STEP) | 0;
        places[at] = Math.floor(size * mixed(own));
      }
      state = own;
    },
  };
}

const STEP = 0x6d2b79f5;

function mixed(state: number): number {
  let bits = Math.imul(state ^ (state >>> 15), state | 1);
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
  return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
}

/** A seed that stands for a text. */
export function seedOfText(text: string): number {
  return createHash('sha256').update(text).digest().readInt32BE(0);
}
