// `npm run test:lab`: the tests in test/lab. Those in Python compare with PyTorch and transformers, which they install into
// the cache; those in TypeScript run against a real Slurm from Debian on this machine alone, with settings, keys and
// state in a temporary folder, and need root, because slurmd and munged do; device*.test.ts on emulated arm64 boards
// (scripts/lab-boards.mjs), which need root too; the power meter's firmware is built with Debian's compiler for AVR and run in
// simavr; *.browser.test.ts open pages in Debian's Chromium, and leave pictures and findings below artifacts/lab (or
// EDGELINE_LAB_RESULTS). Ends with `N passed, N failed, N skipped`.
//
//   npm run test:lab                        all but the models at their full size, which take minutes and 13 GiB
//   npm run test:lab -- study               files in TypeScript whose name has that
//   npm run test:lab -- device              those on the emulated boards
//   npm run test:lab -- meter               the power meter, which needs no Slurm
//   npm run test:lab -- report              the report in a browser, which needs neither boards nor Slurm
//   npm run test:lab -- test_reference.py   one file of pytest's, and so test_full_size.py
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { boardSystem } from './lab-boards.mjs';
import { build, capture, root, run } from './processes.mjs';
import { pythonEnvironment, runPytest } from './pytest.mjs';
import { addCounts, atLeastOneFailure, countVitest, nothing, status, summary } from './test-counts.mjs';

const PROGRAMS = ['slurmctld', 'slurmd', 'sbatch', 'squeue', 'scancel', 'munged'];
const UNO_TESTS = 'meter.simavr.test.ts';
const UNO_PACKAGES = [
  'gcc-avr',
  'avr-libc',
  'arduino-core-avr',
  'simavr',
  'libsimavr-dev',
  'libelf-dev',
  'libc6-dev',
  'gcc',
];
const BROWSER_PROGRAMS = { chromium: 'chromium', pdftotext: 'poppler-utils' };
const found = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

const wanted = process.argv.slice(2);
const forPytest = wanted.filter((word) => word.endsWith('.py'));
const forVitest = wanted.filter((word) => !word.endsWith('.py'));
const folder = mkdtempSync(join(tmpdir(), 'edgeline-lab-'));
// munged refuses a socket below a folder that others may write to, unless it is sticky.
chmodSync(folder, 0o755);
const daemons = [];
let total = nothing();
try {
  const built = await build();
  total = built === 0 ? await runAll() : status(built, 'build');
} finally {
  // Slurm's before munge, which they talk through.
  for (const daemon of daemons.reverse()) await end(daemon);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
console.log(summary(total));
process.exitCode = total.failed.length > 0 ? 1 : 0;

/** Boards wait for emulated processors and connections, the others for Slurm's queue: at once they take little longer than one of them. */
async function runAll() {
  const files = testFiles();
  const onBoards = files.filter((file) => file.startsWith('device'));
  const onUno = files.filter((file) => file === UNO_TESTS);
  const inBrowser = files.filter((file) => file.endsWith('.browser.test.ts'));
  const onSlurm = files.filter((file) => ![...onBoards, ...onUno, ...inBrowser].includes(file));
  // Installed one after the other: Debian's installer serves one at a time.
  const system = onBoards.length > 0 ? await boardSystem() : null;
  if (onUno.length > 0) installUno();
  if (inBrowser.length > 0) installBrowser();
  const slurmMissing = onSlurm.length > 0 ? unavailable() : null;

  async function runOthers() {
    let counts = nothing();
    if (wanted.length === 0 || forPytest.length > 0) counts = addCounts(counts, await runPython());
    if (onUno.length > 0) counts = addCounts(counts, await runTests(onUno, {}));
    if (inBrowser.length > 0) counts = addCounts(counts, await runTests(inBrowser, {}));
    if (onSlurm.length > 0) counts = addCounts(counts, await runOnSlurm(onSlurm, slurmMissing));
    return counts;
  }
  const groups = [runOthers(), ...(system === null ? [] : [runOnBoards(onBoards, system)])];
  // Both to their ends, whatever becomes of the other: nothing may be left at work.
  const ended = await Promise.allSettled(groups);
  return ended
    .map((group) =>
      group.status === 'fulfilled' ? group.value : { ...nothing(), failed: [String(group.reason)] },
    )
    .reduce(addCounts);
}

async function runPython() {
  const { exitCode, python } = await pythonEnvironment();
  if (exitCode !== 0) return status(exitCode, 'python environment');
  const names = forPytest.length > 0 ? forPytest : ['test_reference.py', 'test_metadata_schema.py'];
  const files = names.map((name) => join('test', 'lab', name));
  // What tests print is what they measured.
  const { counts, output } = await runPytest(python, folder, ['-rP', ...files]);
  console.log(output);
  return counts;
}

/** Those in TypeScript that are meant. */
function testFiles() {
  if (wanted.length > 0 && forVitest.length === 0) return [];
  const files = readdirSync(join(root, 'test', 'lab')).filter((name) => name.endsWith('.test.ts'));
  const chosen = files.filter((name) => wanted.length === 0 || forVitest.some((word) => name.includes(word)));
  if (chosen.length === 0) throw new Error(`no test in test/lab has ${forVitest.join(' or ')} in its name`);
  return chosen;
}

/** What its tests print is seen when they have ended: others print meanwhile. */
async function runOnBoards(files, system) {
  const { exitCode, python } = await pythonEnvironment();
  if (exitCode !== 0) return status(exitCode, 'python environment');
  const board =
    'folder' in system ? { EDGELINE_LAB_BOARDS: system.folder } : { EDGELINE_LAB_NO_BOARDS: system.reason };
  const later = async (...command) => {
    const ended = await capture(...command);
    console.log(ended.stdout);
    return ended.exitCode;
  };
  return runTests(files, { EDGELINE_TEST_PYTHON: python, ...board }, later);
}

async function runOnSlurm(files, reason) {
  if (reason === null) return runTests(files, await startSlurm());
  console.log(`skipped: ${reason}`);
  return { ...nothing(), skipped: [reason] };
}

/** Where it cannot, the tests skip themselves and say what is missing. */
function installUno() {
  const has = (name) =>
    /^Status: install ok installed$/m.test(String(spawnSync('dpkg', ['-s', name]).stdout));
  if (process.platform !== 'linux' || process.getuid() !== 0 || !found('apt-get')) return;
  const missing = UNO_PACKAGES.filter((name) => !has(name));
  if (missing.length > 0) aptInstall(missing, 'a compiler for the Arduino, and simavr');
}

/** Where it cannot, the tests skip themselves and say what is missing. */
function installBrowser() {
  const missing = Object.entries(BROWSER_PROGRAMS).filter(([program]) => !found(program));
  if (missing.length === 0 || process.getuid?.() !== 0 || !found('apt-get')) return;
  aptInstall(
    missing.map(([, name]) => name),
    'Chromium, and a reader of PDF',
  );
}

function aptInstall(packages, what) {
  console.log(`== installing ${what}`);
  const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  spawnSync('apt-get', ['update', '-qq'], options);
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options);
}

function unavailable() {
  if (process.platform !== 'linux') return 'Slurm runs on Linux only';
  if (process.getuid() !== 0) return 'only root can start slurmd and munged';
  if (PROGRAMS.every(found)) return null;
  if (!found('apt-get')) return 'there is no Slurm, and no apt-get to install it with';
  aptInstall(['slurm-wlm', 'munge'], 'Slurm');
  return PROGRAMS.every(found) ? null : 'Slurm could not be installed (apt-get install slurm-wlm munge)';
}

async function startSlurm() {
  const file = (name) => join(folder, name);
  for (const name of ['state', 'spool']) mkdirSync(file(name));
  writeFileSync(file('munge.key'), randomBytes(128), { mode: 0o400 });
  const socket = file('munge.socket');
  const munge = ['key-file', 'pid-file', 'log-file', 'seed-file'].map((name) => {
    const path = name === 'key-file' ? 'munge.key' : `munge.${name.slice(0, -5)}`;
    return `--${name}=${file(path)}`;
  });
  start('munged', ['--foreground', '--force', `--socket=${socket}`, ...munge]);
  await until(() => existsSync(socket), 'munged', 10);
  const [controller, node] = [await freePort(), await freePort()];
  const name = hostname();
  const megabytes =
    Number(/MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 2e6) / 1024;
  const settings = {
    ClusterName: 'lab',
    SlurmctldHost: `${name}(127.0.0.1)`,
    SlurmUser: 'root',
    SlurmdUser: 'root',
    SlurmctldPort: controller,
    SlurmdPort: node,
    AuthType: 'auth/munge',
    AuthInfo: `socket=${socket}`,
    CredType: 'cred/munge',
    StateSaveLocation: file('state'),
    SlurmdSpoolDir: file('spool'),
    SlurmctldPidFile: file('slurmctld.pid'),
    SlurmdPidFile: file('slurmd.pid'),
    SlurmctldLogFile: file('slurmctld.log'),
    SlurmdLogFile: file('slurmd.log'),
    ProctrackType: 'proctrack/linuxproc',
    TaskPlugin: 'task/none',
    SelectType: 'select/cons_tres',
    SelectTypeParameters: 'CR_CPU',
    // Looks at the queue at every job, and every second.
    SchedulerParameters: 'sched_min_interval=0,sched_interval=1',
    MpiDefault: 'none',
    ReturnToService: 2,
    KillWait: 5,
    NodeName: `${name} NodeAddr=127.0.0.1 CPUs=${Math.max(4, availableParallelism())} RealMemory=${Math.floor(megabytes * 0.9)} State=UNKNOWN`,
    PartitionName: `main Nodes=${name} Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO`,
  };
  const text = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  // Takes more processors than there are: what waits for one would test the machine and not us.
  writeFileSync(file('slurm.conf'), `${text.join('')}SlurmdParameters=config_overrides\n`);
  writeFileSync(file('cgroup.conf'), 'CgroupPlugin=autodetect\n');
  const environment = { ...process.env, SLURM_CONF: file('slurm.conf') };
  start('slurmctld', ['-D', '-c', '-f', file('slurm.conf')], environment);
  start('slurmd', ['-D', '-N', name, '-f', file('slurm.conf')], environment);
  const idle = () =>
    spawnSync('sinfo', ['-h', '-o', '%T'], { env: environment, encoding: 'utf8' }).stdout?.trim() === 'idle';
  await until(idle, 'slurmctld', 30);
  console.log(
    `== ${execFileSync('sinfo', ['--version'], { env: environment, encoding: 'utf8' }).trim()} is up`,
  );
  return environment;
}

function start(program, args, env = process.env) {
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (piece) => {
    said = (said + piece).slice(-4000);
  });
  daemons.push({ program, child, said: () => said });
}

async function until(condition, program, seconds) {
  const deadline = Date.now() + seconds * 1000;
  while (!condition()) {
    const dead = daemons.find(({ child }) => child.exitCode !== null);
    if (dead !== undefined || Date.now() > deadline) {
      const { program: name, said } = dead ?? daemons.find((daemon) => daemon.program === program);
      throw new Error(`${name} did not come up:\n${said()}`);
    }
    await sleep(100);
  }
}

async function end({ child }) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  await Promise.race([gone, sleep(5000)]);
  child.kill('SIGKILL');
  await gone;
}

async function runTests(files, env, runner = run) {
  const results = join(folder, `${files[0]}.json`);
  const args = [
    'run',
    '--config',
    'vitest.lab.config.ts',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${results}`,
  ];
  const paths = files.map((name) => join('test', 'lab', name));
  const exitCode = await runner(join(root, 'node_modules', '.bin', 'vitest'), [...args, ...paths], env);
  if (!existsSync(results)) throw new Error('vitest wrote no results');
  return atLeastOneFailure(countVitest(JSON.parse(readFileSync(results, 'utf8')), root), exitCode, 'vitest');
}

function freePort() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}
