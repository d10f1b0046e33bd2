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
