/** What `npm run test:faults -- --kills N --fuzz N --seed S` chose. */
export const FAULTS = {
  kills: number('EDGELINE_FAULT_KILLS', 10),
  fuzz: number('EDGELINE_FAULT_FUZZ', 1000),
  seed: number('EDGELINE_FAULT_SEED', 1),
};

function number(name: string, otherwise: number): number {
  const value = Number(process.env[name] ?? otherwise);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name} is no count: ${process.env[name]}`);
  return value;
}

/** Figures between 0 and 1 from a seed (mulberry32), so that what was found can be had again. */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
