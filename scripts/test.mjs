// `npm test`: build, lint, types, every vitest suite, and pytest in the engine's own Python environment. Stops at the
// first step that fails and ends with one line, `N passed, N failed, N skipped`, over vitest and pytest. With CI=true a
// skipped test that test/allowed-skips.json does not name is a failure, because a skip looks like a pass.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addCounts, countPytest, countVitest, nothing, unlistedSkips } from './test-counts.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const results = mkdtempSync(join(tmpdir(), 'edgeline-test-'));
const bin = (name) => join(root, 'node_modules', '.bin', name);

/** Set by the step that makes it; the steps after it need it. */
let python = '';

const steps = [
  ['build', async () => status(await run('npm', ['run', '--silent', 'build']))],
  ['lint', async () => status(await run(bin('biome'), ['check', '.']))],
  ['types', async () => status(await run(bin('tsc'), ['--noEmit', '-p', 'test/tsconfig.json']))],
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
    if (counts.failed > 0) {
      failedStep = name;
      break;
    }
  }
} finally {
  rmSync(results, { recursive: true, force: true });
}
if (failedStep !== '') console.log(`\nStopped: ${failedStep} failed.`);
reportSkips();
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped.length} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

function reportSkips() {
  const allowed = JSON.parse(readFileSync(join(root, 'test', 'allowed-skips.json'), 'utf8'));
  const unlisted = unlistedSkips(total.skipped, allowed);
  if (unlisted.length === 0) return;
  console.log('\nSkipped and not in test/allowed-skips.json:');
  for (const name of unlisted) console.log(`  ${name}`);
  if (process.env.CI === 'true') total = { ...total, failed: total.failed + unlisted.length };
}

/** A step without tests counts only when it fails. */
function status(exitCode) {
  return { ...nothing(), failed: exitCode === 0 ? 0 : 1 };
}

async function makeEnvironment() {
  const { exitCode, stdout } = await capture(process.execPath, ['bin/pipeline.cjs', 'doctor', '--python']);
  python = stdout.trim();
  if (exitCode === 0) console.log(relative(root, python));
  return status(exitCode);
}

/** At once: each is one busy process most of the time. What pytest prints waits until vitest has ended. */
async function runBoth() {
  const [vitest, pytest] = await Promise.all([runVitest(), runPytest()]);
  process.stdout.write(`\n${pytest.output}`);
  return addCounts(vitest, pytest.counts);
}

async function runVitest() {
  const file = join(results, 'vitest.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const env = { EDGELINE_TEST_PYTHON: python };
  const exitCode = await run(bin('vitest'), ['run', ...reporters], env);
  if (!existsSync(file)) return status(exitCode || 1);
  return atLeastOneFailure(countVitest(JSON.parse(readFileSync(file, 'utf8')), root), exitCode);
}

async function runPytest() {
  const packages = await developmentPackages();
  if (packages === null) return { counts: status(1), output: '' };
  const file = join(results, 'pytest.xml');
  const path = [packages, join(root, 'stages', '_python')].join(delimiter);
  const args = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', `--junitxml=${file}`, 'test/python'];
  const env = { PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: '1' };
  const { exitCode, stdout } = await capture(python, args, env);
  const counts = existsSync(file) ? countPytest(readFileSync(file, 'utf8')) : status(exitCode || 1);
  return { counts: atLeastOneFailure(counts, exitCode), output: stdout };
}

/** What only tests need, beside the environment that users get: a folder for each lock, made whole or not at all. */
async function developmentPackages() {
  const { cacheFolder } = await import('../dist/pipeline/cli/installation.js');
  const { digestOf, hexOf } = await import('../dist/pipeline/base/canonical.js');
  const lock = join(root, 'stages', '_python', 'dev-requirements.lock');
  const folder = join(
    cacheFolder(process.env),
    'python-dev',
    hexOf(digestOf(readFileSync(lock))).slice(0, 16),
  );
  if (existsSync(folder)) return folder;
  const temporary = `${folder}.${process.pid}.tmp`;
  mkdirSync(dirname(folder), { recursive: true });
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    '--require-hashes',
  ];
  const exitCode = await run(python, [...pip, '--target', temporary, '-r', lock]);
  if (exitCode !== 0) return null;
  renameSync(temporary, folder);
  return folder;
}

/** A runner that fails without a failed test (a file that cannot be loaded, a crash) must not look like a pass. */
function atLeastOneFailure(counts, exitCode) {
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function run(command, args, env = {}) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', failed);
    child.on('close', (exitCode) => done(exitCode ?? 1));
  });
}

function capture(command, args, env = {}) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.on('error', failed);
    child.on('close', (exitCode) => done({ exitCode: exitCode ?? 1, stdout }));
  });
}
