import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from '../base/result.js';
import type { BenchMeasure } from '../contract/bench.js';
import type { DeviceClient } from '../contract/device.js';
import { BenchFailure, measureCases, orThrow } from './bench-cases.js';
import { makeFiles } from './convert-programs.js';
import { jsonProcess } from './json-process.js';
import { summarize } from './summarize.js';
import { writeEncodedTexts } from './training-texts.js';
import type { OwnPython } from './worker-programs.js';

export interface DeviceBenchOptions {
  readonly own: OwnPython;
  /** Folder of the agent. */
  readonly agent: string;
  readonly repeats: number;
  /** Inferences of a window, and texts of the pass over all of them; the peer gets a tenth. */
  readonly inferences: number;
  readonly texts: number;
  /** Seconds of a window. */
  readonly seconds: number;
  /** All processors of this machine. */
  readonly processors: number;
  /** Presets of the model that is timed, and of the one that answers all texts. */
  readonly timed: string;
  readonly answering: string;
  /** An empty folder of ours. */
  readonly folder: string;
  readonly host: string;
  readonly signal: AbortSignal;
  /** This machine as a device, with a root of its own. */
  connect(): Promise<Result<DeviceClient, string>>;
  /** As `deploy` makes it. */
  makeBundle(folder: string, model: string, encodedTest: string): Promise<unknown>;
  onProgress(message: string): void;
  onMeasured?(measures: readonly BenchMeasure[]): void;
}

interface AgentResult {
  readonly n: number;
  readonly workers: number;
  readonly threads_each: number;
  readonly measured_from_s: number;
  readonly measured_to_s: number;
  readonly windows: readonly { readonly from_s: number; readonly to_s: number }[];
  readonly cores: { readonly inference: readonly number[] | null };
}

/** What measuring on a device costs, on this machine: the agent's own share, a second deploy, and the pass over all texts. */
export async function benchDevice(
  options: DeviceBenchOptions,
): Promise<Result<readonly BenchMeasure[], string>> {
  const parts = [overhead, redeploy, accuracyPass];
  return await measureCases(parts, (part) => part(options), options.onMeasured);
}

async function bundleOf(options: DeviceBenchOptions, preset: string): Promise<string> {
  const folder = join(options.folder, preset);
  const bundle = join(folder, 'bundle');
  options.onProgress(`${preset}: converting to int8`);
  const command = makeFiles(options.own, preset, folder, { routes: ['edgeline'], precisions: ['int8'] });
  await json(options, command.argv, command.env);
  const test = join(folder, 'test');
  writeEncodedTest(test, options.texts);
  await mkdir(bundle, { recursive: true });
  await options.makeBundle(bundle, join(folder, 'edgeline-int8.tflite'), test);
  return bundle;
}

/** What `encode` makes of a test split. Nothing here turns texts into token ids. */
function writeEncodedTest(folder: string, texts: number): void {
  writeEncodedTexts(folder, { texts, validation: 1, lengths: { kind: 'tweets' } });
  writeFileSync(join(folder, 'test.jsonl'), readFileSync(join(folder, 'train.jsonl')));
  writeFileSync(join(folder, 'tokenizer.json'), '{}');
}

/** Windows under the agent, which samples, and windows alone, in turns and on the same processors. */
async function overhead(options: DeviceBenchOptions): Promise<readonly BenchMeasure[]> {
  const bundle = await bundleOf(options, options.timed);
  const ratios: number[] = [];
  const costs: number[] = [];
  const starts: number[] = [];
  const window = ['--seconds', String(options.seconds), '--inferences', String(options.inferences)];
  for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
    options.onProgress(
      `${options.timed}: windows with and without the agent, ${repeat} of ${options.repeats}`,
    );
    const out = join(options.folder, `windows-${repeat}`);
    const started = performance.now();
    let first = 0;
    const result = await agent(
      options,
      bundle,
      out,
      ['--windows', '1', '--limit', '256', ...windowOf(options)],
      (line) => {
        if (first === 0 && (line as { phase?: string }).phase === 'measuring') first = performance.now();
      },
    );
    starts.push((first - started) / 1000);
    const alone = join(options.folder, `alone-${repeat}`);
    await mkdir(alone, { recursive: true });
    const cores = JSON.stringify(result.cores.inference ?? []);
    const pinned = `import os, sys\ncores = ${cores}\nif cores: os.sched_setaffinity(0, cores)\nos.execv(sys.executable, [sys.executable, "-B", *sys.argv[1:]])`;
    const program = [options.own.python, '-c', pinned, join(options.agent, 'window.py')];
    await json(options, [
      ...program,
      '--bundle',
      bundle,
      '--out',
      alone,
      '--window',
      '1',
      '--limit',
      '256',
      ...window,
    ]);
    ratios.push(100 * (medianLatency(out) / medianLatency(alone) - 1));
    costs.push(samplerPercent(out, result.windows));
    await rm(out, { recursive: true });
    await rm(alone, { recursive: true });
  }
  const host = options.host;
  return [
    {
      measure: 'agent_overhead_percent',
      unit: '%',
      ...summarize(ratios),
      peers: {},
      limit: { kind: 'at-most', value: 1 },
      note: `median latency of int8 ${options.timed} in a window under the agent, against the same window alone, in turns on the same processors`,
      host,
    },
    {
      measure: 'sampler_core_percent',
      unit: '%',
      ...summarize(costs),
      peers: {},
      limit: { kind: 'at-most', value: 1 },
      note: "the sampler's own processor time at 10 Hz, of one processor",
      host,
    },
    {
      measure: 'start_s',
      unit: 's',
      ...summarize(starts),
      peers: {},
      limit: { kind: 'at-most', value: 3 },
      note: 'from the start of the agent to the first answers',
      host,
    },
  ];
}

function windowOf({ seconds, inferences }: DeviceBenchOptions): string[] {
  return ['--window-seconds', String(seconds), '--window-inferences', String(inferences)];
}

/** The same model with other texts, after it was deployed once. */
async function redeploy(options: DeviceBenchOptions): Promise<readonly BenchMeasure[]> {
  const folder = join(options.folder, options.timed);
  const device = orThrow(await options.connect());
  try {
    const sent: number[] = [];
    const push = async (name: string, texts: number): Promise<number> => {
      const test = join(options.folder, 'other-texts');
      const bundle = join(options.folder, 'other-bundle');
      writeEncodedTest(test, texts);
      await mkdir(bundle, { recursive: true });
      await options.makeBundle(bundle, join(folder, 'edgeline-int8.tflite'), test);
      const pushed = await device.push(bundle, `bundles/${name}`);
      await rm(bundle, { recursive: true });
      if (!pushed.ok) throw new BenchFailure(pushed.error.message);
      return pushed.value.sentBytes;
    };
    options.onProgress(`${options.timed}: deploying it twice, with other texts`);
    const whole = await push('first', 100);
    for (let repeat = 1; repeat <= options.repeats; repeat += 1)
      sent.push((await push(`next-${repeat}`, 100 + repeat)) / 1000);
    return [
      {
        measure: 'redeploy_kb',
        unit: 'KB',
        ...summarize(sent),
        peers: { 'first deploy': whole / 1000 },
        limit: { kind: 'at-most', value: 64 },
        note: 'what rsync sends for a bundle with the same model and 100 other texts',
        host: options.host,
      },
    ];
  } finally {
    await device.close();
  }
}

/** Every text once, at its exact length and on all processors, beside texts padded to 128 tokens. */
async function accuracyPass(options: DeviceBenchOptions): Promise<readonly BenchMeasure[]> {
  const bundle = await bundleOf(options, options.answering);
  const threads = String(options.processors);
  const own: number[] = [];
  const padded: number[] = [];
  let crew = '';
  for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
    options.onProgress(`${options.answering}: all texts, ${repeat} of ${options.repeats}`);
    const out = join(options.folder, `answers-${repeat}`);
    const result = await agent(options, bundle, out, ['--threads', threads, '--workers', '0']);
    own.push(result.n / (result.measured_to_s - result.measured_from_s));
    crew = `${result.workers} interpreters of ${result.threads_each} thread${result.threads_each === 1 ? '' : 's'}`;
    const count = String(Math.ceil(options.texts / 10));
    const script = join(options.own.installation, 'pipeline', 'bench', 'device_padded.py');
    const files = [join(bundle, 'model.tflite'), join(bundle, 'test.jsonl')];
    const [peer] = await json(options, [options.own.python, '-B', script, ...files, threads, count]);
    const { texts, seconds } = peer as { texts: number; seconds: number };
    padded.push(texts / seconds);
    await rm(out, { recursive: true });
  }
  const peer = summarize(padded).value;
  return [
    {
      measure: 'accuracy_pass_tweets_per_s',
      unit: 'tweets/s',
      ...summarize(own),
      peers: { padded_128: peer },
      limit: { kind: 'at-least', value: 4 * peer },
      note: `int8 ${options.answering}, exact lengths (25 tokens on average), ${crew}; resizing and writing are in the time. padded_128: one interpreter of ${threads} threads`,
      host: options.host,
    },
  ];
}

async function agent(
  options: DeviceBenchOptions,
  bundle: string,
  out: string,
  args: readonly string[],
  onObject?: (line: unknown) => void,
): Promise<AgentResult> {
  const common = ['--bundle', bundle, '--out', out, '--before', '0', '--after', '0'];
  const argv = [options.own.python, '-B', join(options.agent, 'agent.py'), ...common, ...args];
  const lines = await json(options, argv, process.env, onObject);
  return lines.at(-1) as AgentResult;
}

async function json(
  options: DeviceBenchOptions,
  argv: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  onObject?: (line: unknown) => void,
): Promise<readonly unknown[]> {
  const { folder, signal } = options;
  const given = { cwd: folder, env, signal, ...(onObject === undefined ? {} : { onObject }) };
  return orThrow(await jsonProcess(argv, given));
}

function medianLatency(out: string): number {
  const { latency_ms } = JSON.parse(readFileSync(join(out, 'windows.jsonl'), 'utf8')) as {
    latency_ms: number[];
  };
  return summarize(latency_ms).value;
}

function samplerPercent(out: string, windows: AgentResult['windows']): number {
  const [window] = windows;
  const samples = readFileSync(join(out, 'telemetry.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { t_s: number; sampler_s_total: number })
    .filter(({ t_s }) => t_s >= (window?.from_s ?? 0) && t_s <= (window?.to_s ?? 0));
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.t_s === first.t_s)
    throw new BenchFailure('a window has too few samples: make it longer');
  return (100 * (last.sampler_s_total - first.sampler_s_total)) / (last.t_s - first.t_s);
}
