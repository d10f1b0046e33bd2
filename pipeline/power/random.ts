import { randomFrom } from '../base/random.js';

/** Standard normal numbers from a seed, by the polar method of Box and Muller. */
export function normals(seed: number): () => number {
  const random = randomFrom(seed);
  // In the middle of each of the 2^32 steps: the logarithm of 0 is none.
  const uniform = (): number => random() + 2 ** -33;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Numbers between -1 and 1, all alike, from standard normal ones. */
export function rectangular(normal: () => number): number {
  // The angle of two independent normal numbers has no preferred direction.
  return Math.atan2(normal(), normal()) / Math.PI;
}
