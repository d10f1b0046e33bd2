// `npm test`: build, lint, types, every vitest suite, and pytest in the engine's own Python environment. Stops at the
// first step that fails and ends with one line, `N passed, N failed, N skipped`, over vitest and pytest. With CI=true a
// skipped test that test/allowed-skips.json does not name is a failure, because a skip looks like a pass.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root, run } from './processes.mjs';
import { pythonEnvironment, runPytest } from './pytest.mjs';
import {
  addCounts,
  atLeastOneFailure,
  countVitest,
  nothing,
  status,
  summary,
  unlistedSkips,
} from './test-counts.mjs';

const results = mkdtempSync(join(tmpdir(), 'edgeline-test-'));
const bin = (name) => join(root, 'node_modules', '.bin', name);

/** Set by the step that makes it; the steps after it need it. */
let python = '';

const steps = [
  ['build', async () => status(await run('npm', ['run', '--silent', 'build']), 'build')],
  ['lint', async () => status(await run(bin('biome'), ['check', '.']), 'lint')],
  ['types', async () => status(await run(bin('tsc'), ['--noEmit', '-p', 'test/tsconfig.json']), 'types')],
  ['python environment', makeEnvironment],
  ['vitest and pytest', runBoth],
];

let total = nothing();
let failedStep = '';
try {
  for (const [name, step] of steps) {
    const started = performance.now();
    console.log(`\n== ${name}`);
    const counts = await step();
    total = addCounts(total, counts);
    console.log(`== ${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
    if (counts.failed.length > 0) {
      failedStep = name;
      break;
    }
  }
} finally {
  rmSync(results, { recursive: true, force: true });
}
if (failedStep !== '') console.log(`\nStopped: ${failedStep} failed.`);
reportSkips();
console.log(summary(total));
process.exitCode = total.failed.length > 0 ? 1 : 0;

function reportSkips() {
  const allowed = JSON.parse(readFileSync(join(root, 'test', 'allowed-skips.json'), 'utf8'));
  const unlisted = unlistedSkips(total.skipped, allowed);
  if (unlisted.length === 0) return;
  const why = 'skipped, and not in test/allowed-skips.json';
  if (process.env.CI !== 'true') console.log(`\n${why}:\n  ${unlisted.join('\n  ')}`);
  else total = { ...total, failed: [...total.failed, ...unlisted.map((name) => `${name}: ${why}`)] };
}

async function makeEnvironment() {
  const made = await pythonEnvironment();
  python = made.python;
  if (made.exitCode === 0) console.log(relative(root, python));
  return status(made.exitCode, 'python environment');
}

/** At once: each is one busy process most of the time. What pytest prints waits until vitest has ended. */
async function runBoth() {
  const [vitest, pytest] = await Promise.all([runVitest(), runPytest(python, results, ['test/python'])]);
  process.stdout.write(`\n${pytest.output}`);
  return addCounts(vitest, pytest.counts);
}

async function runVitest() {
  const file = join(results, 'vitest.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const env = { EDGELINE_TEST_PYTHON: python };
  const exitCode = await run(bin('vitest'), ['run', ...reporters], env);
  if (!existsSync(file)) return status(exitCode || 1, 'vitest');
  return atLeastOneFailure(countVitest(JSON.parse(readFileSync(file, 'utf8')), root), exitCode, 'vitest');
}
