// `npm run test:faults -- [--kills N] [--fuzz N] [--seed S]`: what the engine must survive, with the real command line.
// Ends with one line, `N passed, N failed, N skipped`.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, root, run } from './processes.mjs';
import { atLeastOneFailure, countVitest, summary } from './test-counts.mjs';

const option = { type: 'string' };
const { values, positionals } = parseArgs({
  options: { kills: option, fuzz: option, seed: option },
  allowPositionals: true,
});
const { kills = '10', fuzz = '1000', seed = '1' } = values;
const folder = mkdtempSync(join(tmpdir(), 'edgeline-faults-'));
const file = join(folder, 'vitest.json');
const env = { EDGELINE_FAULT_KILLS: kills, EDGELINE_FAULT_FUZZ: fuzz, EDGELINE_FAULT_SEED: seed };
try {
  let exitCode = await build();
  const vitest = [
    'run',
    '--config',
    'vitest.faults.config.ts',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...positionals,
  ];
  if (exitCode === 0) exitCode = await run(join(root, 'node_modules', '.bin', 'vitest'), vitest, env);
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { testResults: [] };
  const counts = atLeastOneFailure(countVitest(report, root), exitCode, 'vitest');
  for (const name of counts.skipped) console.log(`skipped: ${name}`);
  console.log(`to repeat it: npm run test:faults -- --kills ${kills} --fuzz ${fuzz} --seed ${seed}`);
  console.log(summary(counts));
  process.exitCode = counts.failed.length > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
