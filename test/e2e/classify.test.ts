import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest';
import { tryLock } from '../../pipeline/base/lock.js';
import { cacheFolder } from '../../pipeline/cli/installation.js';
import type { ClassificationReport, ClassifiedText } from '../../pipeline/contract/classification.js';
import { INSTALLATION, PipelineRig, type RunResult } from '../rig/pipeline-rig.js';
import { sshdAvailable, startSshd, type TestSshd } from '../rig/sshd.js';

/** A tiny random encoder and a few steps of training: what it says of a tweet is worth nothing, but it is the same everywhere. */
const PIPELINE = `version: 1
name: text-in-label-out
data: { package: package, texts: texts }
axes: { model: [tiny], precision: [fp32, int8], device: [local] }
models:
  tiny: { family: bert, weights: "random:1", layers: 1, hidden_size: 32, intermediate_size: 64, heads: 2, vocabulary_size: 1200, max_positions: 128 }
stages:
  fetch: { uses: fetch, with: { source: replab2013 } }
  clean: { uses: clean, from: fetch, with: { rules: paper } }
  split: { uses: split, from: clean }
  encoder: { uses: encoder, matrix: [model] }
  encode: { uses: encode, from: [split, encoder], with: { max_length: 48 } }
  fine-tune: { uses: fine-tune, from: [encode, encoder], with: { epochs: 1, limit_train: 64 } }
  export: { uses: export, from: fine-tune }
  freeze: { uses: freeze, from: [export, encode] }
  convert: { uses: convert, from: freeze, matrix: [precision] }
  deploy: { uses: deploy, from: [convert, encode, clean], matrix: [device] }
  evaluate: { uses: evaluate, from: deploy, with: { protocol: quick, limit: 40 } }
devices:
  local: { root: LOCAL }
  nowhere: { host: "nobody@127.0.0.1", port: 9 }
`;
const INT8 = 'deploy@device=local,model=tiny,precision=int8';
const sample = (...parts: string[]): string => join(INSTALLATION, 'datasets', 'sample', ...parts);

// Five stages load TensorFlow, on a busy machine half a minute each; each question takes seconds.
const LIMIT = { timeout: 600_000 };

let rig: PipelineRig;
let python = '';

/** In a cache of its own: locks of devices are there, and other tests measure on `local` at the same time. */
function pipeline(args: readonly string[], stdin?: string): Promise<RunResult> {
  const env = { EDGELINE_CACHE: rig.path('cache') };
  return rig.run(args, { env, timeoutSeconds: 600, ...(stdin === undefined ? {} : { stdin }) });
}

beforeAll(async () => {
  rig = await PipelineRig.create({
    shared: true,
    copies: { package: sample('official'), texts: sample('texts') },
  });
  writeFileSync(rig.path('pipeline.yaml'), PIPELINE.replace('LOCAL', rig.path('near')));
  python = (await rig.run(['doctor', '--python'], { timeoutSeconds: 600 })).stdout.trim();
  mkdirSync(rig.path('cache'));
  symlinkSync(join(cacheFolder(process.env), 'python'), rig.path('cache', 'python'));
  const made = await pipeline(['run', 'evaluate', '--json']);
  expect(made.exitCode, made.stderr + made.stdout.slice(-2000)).toBe(0);
}, 600_000);
beforeEach(() => onTestFailed(() => rig.tell()));
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
});

const ask = (args: readonly string[], stdin?: string): Promise<RunResult> =>
  pipeline(['classify', ...args], stdin);

function lines<T>(path: string): T[] {
  return rig
    .read(path)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

interface Tweet {
  readonly id: string;
  readonly entity: string;
  readonly text: string;
  readonly split: string;
}
interface Prediction {
  readonly id: string;
  readonly entity: string;
  readonly predicted: number;
  readonly logits: readonly number[];
  readonly tokens: number;
}

/** Predictions of the measurement, each with the tweet as it came, before it was cleaned. */
function measured(precision: string): (Prediction & { readonly text: string })[] {
  const raw = new Map(
    lines<Tweet>('artifacts/out/fetch/rows.jsonl')
      .filter(({ split }) => split === 'test')
      .map((row) => [`${row.entity} ${row.id}`, row.text]),
  );
  return lines<Prediction>(
    `artifacts/out/evaluate/device=local,model=tiny,precision=${precision}/evaluation/predictions.jsonl`,
  ).map((prediction) => ({ ...prediction, text: raw.get(`${prediction.entity} ${prediction.id}`) ?? '' }));
}

/** Asks about the raw texts of what was measured; all answers must be those of the measurement. */
async function expectMeasuredAnswers(device: string, precision: string): Promise<ClassificationReport> {
  const tweets = measured(precision).filter(({ text }) => text !== '' && !/[\r\n]/.test(text));
  expect(tweets.length).toBeGreaterThan(30);
  const args = ['--device', device, '--deployment', `deploy@precision=${precision}`, '--json', '-'];
  const result = await ask(args, tweets.map(({ text }) => `${text}\n`).join(''));
  expect(result.exitCode, result.stderr).toBe(0);
  const report = result.json() as ClassificationReport;
  const answers = report.answers as readonly ClassifiedText[];
  expect(answers.map(({ text, logits, tokens }) => ({ text, logits, tokens }))).toEqual(
    tweets.map(({ text, logits, tokens }) => ({ text, logits, tokens })),
  );
  expect(answers.map(({ label }) => report.classifier.labels.indexOf(label))).toEqual(
    tweets.map(({ predicted }) => predicted),
  );
  // They were cleaned, or the above would prove little.
  expect(answers.some(({ text, cleaned }) => text !== cleaned)).toBe(true);
  return report;
}

describe('classify on this machine', LIMIT, () => {
  test.each(['fp32', 'int8'])('a raw tweet has the %s prediction of evaluate', async (precision) => {
    const report = await expectMeasuredAnswers('local', precision);
    expect(report).toMatchObject({
      schema: 1,
      device: 'local',
      transport: 'local',
      deployment: `deploy@device=local,model=tiny,precision=${precision}`,
      classifier: { cleaning: 'paper', input: 'tweet', emulated: false, max_length: 48 },
    });
    expect(report.bundle_sha256).toMatch(/^[0-9a-f]{64}$/);
    for (const answer of report.answers as readonly ClassifiedText[]) {
      expect(answer.latency_ms).toBeGreaterThan(0);
      expect(answer.tokenize_ms).toBeGreaterThan(0);
      expect(Object.values(answer.probabilities).reduce((sum, value) => sum + value)).toBeCloseTo(1);
    }
  });

  test('a table for people, with what was cut and what the model was not asked about', async () => {
    const long = 'unaffable '.repeat(30);
    const result = await ask([
      ...['--device', 'local', '--deployment', INT8, '--entity', 'BMW'],
      ...['Great \u001b[31mcar, BMW! http://t.co/x', long, '😀 !!!'],
    ]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toBe('');
    expect(result.stdout).toContain(`${INT8} on local, LiteRT `);
    expect(result.stdout).toMatch(/^label +probability +inference +tokenising +tokens +entity +text$/m);
    expect(result.stdout).toMatch(
      /^(NEGATIVE|NEUTRAL|POSITIVE) +0\.\d{3} +[\d.]+ ms +[\d.]+ ms +\d+ +BMW +Great /m,
    );
    expect(result.stdout).not.toContain('\u001b[31m');
    expect(result.stdout).toMatch(/Cut to 48 tokens, as in the training: "unaffable .*…" lost \d+\./);
    expect(result.stdout).toContain('(empty-text)');
    expect(result.stdout).toContain('"😀 !!!": nothing is left of the text after cleaning.');
    expect(result.stdout).toContain('This model sees the text alone: --entity changed nothing.');
  });

  test.each([
    [['--device', 'rpi9', 'x'], "there is no device named 'rpi9'", 'known devices: local, nowhere'],
    [['--device', 'nowhere', 'x'], 'nothing was deployed to nowhere yet', "--set 'axes.device=[nowhere]'"],
    [['--device', 'local', 'x'], '2 deployments are on this device', `'${INT8}'`],
    [
      ['--device', 'local', '--deployment', 'deploy@precision=fp16', 'x'],
      '"deploy@precision=fp16" matches nothing; deploy has precision=fp32, int8',
      `'${INT8}'`,
    ],
    [['--device', 'local', '--deployment', INT8, '  '], 'the text is empty', 'give it in quotes'],
    [['--device', 'local', '--deployment', INT8, '-'], 'standard input has no text', 'one text a line'],
    [['x'], "required option '--device <name>'", ''],
  ])('says what is wrong with %j', async (args, message, hint) => {
    const result = await ask(args);
    expect(result.exitCode).toBe(2);
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain(message);
    expect(result.stderr).toContain(hint);
  });

  test('without a word on cleaning in the bundle it says that texts were taken as they are', async () => {
    const set = ['--set', 'stages.deploy.from=[convert, encode]'];
    const made = await pipeline(['run', INT8, ...set]);
    expect(made.exitCode, made.stdout).toBe(0);
    const result = await ask(['--device', 'local', '--deployment', INT8, 'Great!']);
    expect(result.exitCode, result.stderr).toBe(0);
    expect(result.stdout).toContain('Texts were taken as they are');
    await pipeline(['run', INT8]);
  });

  test('does not disturb a run, and says what to do about a bundle that is gone', async () => {
    const lock = tryLock(rig.path('cache', 'locks', 'device-local.lock'), 'a measurement');
    const meanwhile = await ask(['--device', 'local', '--deployment', INT8, 'x']);
    lock?.release();
    expect(lock).not.toBeNull();
    expect(meanwhile.exitCode).toBe(1);
    expect(meanwhile.stderr).toContain('a run works on local');

    rmSync(rig.path('near', 'bundles'), { recursive: true });
    const gone = await ask(['--device', 'local', '--deployment', INT8, 'x']);
    expect(gone.exitCode).toBe(1);
    expect(gone.stderr).toContain('local has the bundle no longer');
    const command = /deploy it again: npx pipeline run '(.*)' --force '(.*)'/.exec(gone.stderr);
    expect(command?.[1]).toBe(INT8);
    const again = await pipeline(['run', command?.[1] ?? '', '--force', command?.[2] ?? '']);
    expect(again.exitCode, again.stdout).toBe(0);
    expect((await ask(['--device', 'local', '--deployment', INT8, 'x'])).exitCode).toBe(0);
  });
});

/** Why a process cannot be started without a network here, or null. */
function withoutNetwork(): string | null {
  try {
    execFileSync('unshare', ['-rn', 'true'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'no right to a network namespace here';
  }
}

const reason = sshdAvailable();
describe.skipIf(reason !== null)(
  `classify on a board reached by ssh${reason === null ? '' : ` (skipped: ${reason})`}`,
  LIMIT,
  () => {
    let sshd: TestSshd;
    beforeAll(async () => {
      sshd = await startSshd();
      const board = {
        host: `${sshd.user}@${sshd.host}`,
        port: sshd.port,
        identity_file: sshd.identityFile,
        known_hosts_file: sshd.knownHostsFile,
        root: rig.path('far'),
        python,
      };
      writeFileSync(
        rig.path('pipeline.yaml'),
        `${rig.read('pipeline.yaml')}  board: ${JSON.stringify(board)}\n`,
      );
      const made = await pipeline(['run', 'deploy', '--set', 'axes.device=[board]']);
      expect(made.exitCode, made.stdout + made.stderr).toBe(0);
    }, 600_000);
    afterAll(() => sshd.stop());

    test('a raw tweet has the prediction that evaluate made here', async () => {
      const report = await expectMeasuredAnswers('board', 'int8');
      expect(report).toMatchObject({ device: 'board', transport: 'ssh' });
      // Nothing of the texts is left there.
      const kept = rig.files('far').filter((path) => !path.startsWith('far/bundles/'));
      for (const path of kept) expect(rig.read(path)).toBe('');
    });

    const cut = withoutNetwork();
    test.skipIf(cut !== null)(
      `its process has no network but our connection${cut === null ? '' : ` (skipped: ${cut})`}`,
      async () => {
        const alone = rig.path('python-without-network');
        writeFileSync(alone, `#!/bin/sh\nexec unshare -rn "${python}" "$@"\n`, { mode: 0o755 });
        const args = ['--device', 'board', '--set', `devices.board.python=${alone}`];
        const result = await ask([...args, '--deployment', 'deploy@precision=int8', '--json', 'Great car']);
        expect(result.exitCode, result.stderr).toBe(0);
        expect(result.json()).toMatchObject({ answers: [{ cleaned: 'Great car' }] });
      },
    );

    test('a Python there without tokenizers: what to install', async () => {
      mkdirSync(rig.path('bare'));
      // The same Python, in which one library cannot be found.
      const blocked = 'import sys; sys.modules["tokenizers"] = None';
      writeFileSync(rig.path('bare', 'sitecustomize.py'), `${blocked}\n`);
      const bare = rig.path('bare', 'python');
      writeFileSync(bare, `#!/bin/sh\nPYTHONPATH="${rig.path('bare')}" exec "${python}" "$@"\n`, {
        mode: 0o755,
      });
      const result = await ask([
        ...['--device', 'board', '--set', `devices.board.python=${bare}`],
        ...['--deployment', 'deploy@precision=int8', 'x'],
      ]);
      expect(result.exitCode).toBe(1);
      expect(result.stderr).toContain('cannot import tokenizers [device-unusable]');
      expect(result.stderr).toContain('npx pipeline devices setup board');
    });

    test('a board that does not answer', async () => {
      const port = ['--set', 'devices.board.port=9'];
      const result = await ask(['--device', 'board', ...port, '--deployment', 'deploy@precision=int8', 'x']);
      expect(result.exitCode).toBe(1);
      expect(result.stderr).toContain('nothing listens there');
    });
  },
);
