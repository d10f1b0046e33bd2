import { expect, test } from 'vitest';
import { runStudy } from '../rig/same-study.js';

test('a study has the same keys and digests on a cluster as here', { timeout: 180_000 }, async () => {
  const here = await runStudy('here', { kind: 'local' });
  const there = await runStudy('cluster', { kind: 'slurm' });
  expect(there.made).toEqual(here.made);
  expect(there.where).toEqual(['cluster', 'cluster', 'cluster', 'cluster']);
});
