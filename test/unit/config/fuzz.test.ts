import { expect, it } from 'vitest';
import { type FuzzFinding, fuzzYaml } from '../../faults/fuzz-yaml.js';

// `EDGELINE_FAULT_FUZZ=10000 EDGELINE_FAULT_SEED=7 npx vitest run test/unit/config/fuzz.test.ts` for more.
const count = Number(process.env.EDGELINE_FAULT_FUZZ ?? 300);
const seed = Number(process.env.EDGELINE_FAULT_SEED ?? 1);

const shown = ({ index, problem, text }: FuzzFinding) =>
  `file ${index} of seed ${seed}: ${problem}\n${JSON.stringify(text.slice(0, 2000))}`;

it(`never throws, hangs or says what cannot be shown, for ${count} damaged files`, {
  timeout: 600_000,
}, async () => {
  const { files, diagnosed, loaded, crashes, hangs } = await fuzzYaml({ count, seed });
  expect([...crashes, ...hangs].map(shown)).toEqual([]);
  expect(diagnosed + loaded).toBe(files);
  // Some damage does no harm; that most does shows that the files were read.
  expect(diagnosed).toBeGreaterThan(count / 2);
  expect(loaded).toBeGreaterThan(0);
  console.log({ files, diagnosed, loaded, crashes: crashes.length, hangs: hangs.length, seed });
});
