/** Standard normal numbers from a seed: mulberry32 (public domain) and the polar method of Box and Muller. */
export function normals(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Numbers between -1 and 1, all alike, from standard normal ones. */
export function rectangular(normal: () => number): number {
  // The angle of two independent normal numbers has no preferred direction.
  return Math.atan2(normal(), normal()) / Math.PI;
}
