import { expect, it } from 'vitest';
import { fuzzYaml } from './fuzz-yaml.js';
import { FAULTS } from './options.js';

// Some milliseconds a file, and a process of its own for the loader.
it(`loads ${FAULTS.fuzz} damaged files without a crash or a hang`, { timeout: 0 }, async () => {
  const { files, diagnosed, loaded, crashes, hangs } = await fuzzYaml({
    count: FAULTS.fuzz,
    seed: FAULTS.seed,
  });
  console.log(
    `fuzz: ${files} files (seed ${FAULTS.seed}), ${diagnosed} diagnosed, ${loaded} loaded, ${crashes.length} crashes, ${hangs.length} hangs`,
  );
  expect({ crashes, hangs }).toEqual({ crashes: [], hangs: [] });
  expect(diagnosed + loaded).toBe(FAULTS.fuzz);
  expect(Math.min(diagnosed, loaded)).toBeGreaterThan(0);
});
