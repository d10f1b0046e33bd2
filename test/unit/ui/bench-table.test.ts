import { expect, it } from 'vitest';
import { benchTable } from '../../../pipeline/ui/bench-table.js';

const MEASURE = { min: 0.2, max: 0.3, n: 3, host: 'test', peers: {} } as const;

it('says for each measure whether the promise is kept', () => {
  const lines = benchTable(
    [
      {
        ...MEASURE,
        measure: 'noop_343_s',
        unit: 's',
        value: 0.21,
        limit: { kind: 'at-most', value: 0.25 },
        peers: { 'dvc 3.67.1': 2.1 },
      },
      {
        ...MEASURE,
        measure: 'hash_2gb_ratio',
        unit: 'ratio',
        value: 0.21,
        limit: { kind: 'at-least', value: 0.8 },
      },
    ],
    200,
  );
  expect(lines[2]).toMatch(
    /^noop_343_s .*0\.21 s .*0\.2 to 0\.3, n = 3 .*at most 0\.25 s: kept .*dvc 3\.67\.1: 2\.1 s$/,
  );
  expect(lines[3]).toMatch(/^hash_2gb_ratio .*0\.21 .*at least 0\.8: not kept$/);
});
