import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../base/result.js';
import type { BenchMeasure } from '../contract/bench.js';
import { BenchFailure, measureCases, orThrow } from './bench-cases.js';
import { convertStages, makeFiles, makeOnnx, timeFiles } from './convert-programs.js';
import { jsonProcess } from './json-process.js';
import { summarize } from './summarize.js';
import { timedProcess } from './timed-process.js';
import { writeEncodedTexts } from './training-texts.js';
import { drawEncoder, type OwnPython, type ProgramCommand } from './worker-programs.js';

/** One model that is converted by several routes. */
export interface ConvertCase {
  /** Part of the measures' names, for example `mobilebert`. */
  readonly name: string;
  readonly preset: string;
  /** What is promised of the memory of one loaded file, MB by precision. */
  readonly memoryLimits: Readonly<Partial<Record<string, number>>>;
  /** Whether the stages that make the files are timed, and what is promised: seconds from the frozen graph to int8, and to all precisions. */
  readonly conversionLimits?: { readonly one: number; readonly all: number };
}

export const CONVERT_CASES: readonly ConvertCase[] = [
  {
    name: 'mobilebert',
    preset: 'mobilebert',
    memoryLimits: { int8: 100, fp32: 215 },
    conversionLimits: { one: 15, all: 35 },
  },
  { name: 'minilm_l6', preset: 'minilm-l6', memoryLimits: {} },
];

/** Pythons of the peers: one that makes ONNX files, one that has both runtimes and times all files. */
export interface ConvertPeers {
  readonly torchPython: string;
  readonly runnerPython: string;
  /** With versions. */
  readonly name: string;
}

export interface ConvertBenchOptions {
  readonly own: OwnPython;
  readonly peers: ConvertPeers | null;
  /** Why there are none. */
  readonly withoutPeers?: string;
  readonly cases: readonly ConvertCase[];
  readonly lengths: readonly number[];
  readonly threads: readonly number[];
  /** Timed inferences of each file, for each repeat. */
  readonly calls: number;
  readonly repeats: number;
  /** An empty folder of ours. */
  readonly folder: string;
  readonly host: string;
  readonly signal: AbortSignal;
  onProgress(message: string): void;
  onMeasured?(measures: readonly BenchMeasure[]): void;
}

const PRECISIONS = ['fp32', 'int8'];
const ALL = ['fp32', 'fp16', 'int8'];
const OWN_ROUTE = 'edgeline';
/** Routes of the same converter from the same model, which ours is promised to be as fast as. */
const CONVERTER_ROUTES = ['keras_export', 'from_saved_model'];
/** Only told: the model as one writes it with Keras' layers, and another runtime. */
const OTHERS = ['keras_layers', 'onnxruntime'];
/** Promised at int8, length 32, one thread. */
const TIMES_FASTER = 1.25;
const PROMISED = { precision: 'int8', length: 32, threads: 1 };

/** Converts models by several routes, and times one inference of each file, taking turns in one process. */
export async function benchConvert(
  options: ConvertBenchOptions,
): Promise<Result<readonly BenchMeasure[], string>> {
  return await measureCases(
    options.cases,
    async (each) => {
      const folder = join(options.folder, each.name);
      mkdirSync(folder, { recursive: true });
      const measured = await measureCase(options, each, folder);
      rmSync(folder, { recursive: true, force: true });
      return measured;
    },
    options.onMeasured,
  );
}

async function measureCase(
  options: ConvertBenchOptions,
  given: ConvertCase,
  folder: string,
): Promise<readonly BenchMeasure[]> {
  const made = await makeAll(options, given, folder);
  return [
    ...(await latencies(options, given, folder, made)),
    ...(await memory(options, given, folder, made)),
    ...(await conversion(options, given, folder)),
  ];
}

interface Made {
  /** `edgeline-int8` and so on to the path of a file. */
  readonly files: Readonly<Record<string, string>>;
  /** Why others are not there. */
  readonly missing: readonly string[];
}

async function makeAll(options: ConvertBenchOptions, given: ConvertCase, folder: string): Promise<Made> {
  options.onProgress(`${given.name}: converting by each route`);
  const files: Record<string, string> = {};
  const missing: string[] = [];
  const [result] = await json(options, folder, makeFiles(options.own, given.preset, folder));
  for (const [name, outcome] of Object.entries(result as Readonly<Record<string, number | string>>)) {
    if (typeof outcome === 'number') files[name] = join(folder, `${name}.tflite`);
    else missing.push(`${name}: ${outcome}`);
  }
  if (options.peers === null) return { files, missing };
  options.onProgress(`${given.name}: making ONNX files`);
  const encoder = join(folder, 'encoder');
  await timed(options, folder, drawEncoder(options.own, given.preset, encoder));
  const { torchPython } = options.peers;
  const onnx = makeOnnx(torchPython, options.own.installation, join(encoder, 'encoder'), folder);
  const finished = await timedProcess(onnx.argv, { cwd: folder, env: onnx.env, signal: options.signal });
  for (const precision of PRECISIONS) {
    const name = `onnxruntime-${precision}`;
    if (finished.ok) files[name] = join(folder, `${name}.onnx`);
    else missing.push(`${name}: ${finished.error.split('\n').at(-2) ?? finished.error}`);
  }
  return { files, missing };
}

interface Timed {
  readonly length: number;
  readonly threads: number;
  readonly milliseconds: Readonly<Record<string, readonly number[]>>;
}

async function latencies(
  options: ConvertBenchOptions,
  given: ConvertCase,
  folder: string,
  { files, missing }: Made,
): Promise<readonly BenchMeasure[]> {
  const found = new Map<string, Timed[]>();
  const failed: string[] = [...missing];
  for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
    for (const precision of PRECISIONS) {
      options.onProgress(`${given.name}: timing ${precision} files, ${repeat} of ${options.repeats}`);
      const chosen = Object.fromEntries(
        Object.entries(files).filter(([name]) => name.endsWith(`-${precision}`)),
      );
      const job = {
        files: chosen,
        lengths: [...options.lengths],
        threads: [...options.threads],
        calls: options.calls,
      };
      for (const line of await json(
        options,
        folder,
        timeFiles(runner(options), options.own.installation, folder, job),
      )) {
        if (isFailure(line)) {
          if (repeat === 1)
            failed.push(...Object.entries(line.failed).map(([name, why]) => `${name}: ${why}`));
          continue;
        }
        const one = line as Timed;
        const key = JSON.stringify([precision, one.length, one.threads]);
        found.set(key, [...(found.get(key) ?? []), one]);
      }
    }
  }
  return [...found].map(([key, timings]) => latencyMeasure(options, given, key, timings, failed));
}

function latencyMeasure(
  options: ConvertBenchOptions,
  given: ConvertCase,
  key: string,
  timings: readonly Timed[],
  failed: readonly string[],
): BenchMeasure {
  const [precision, length, threads] = JSON.parse(key) as [string, number, number];
  const medians = (name: string): readonly number[] =>
    timings.flatMap(({ milliseconds }) => {
      const own = milliseconds[`${name}-${precision}`];
      return own === undefined || own.length === 0 ? [] : [summarize(own).value];
    });
  const peers = [...CONVERTER_ROUTES, ...OTHERS].flatMap((name) => {
    const values = medians(name);
    return values.length === 0 ? [] : [[name, summarize(values).value] as const];
  });
  const fastest = Math.min(
    ...peers.filter(([name]) => CONVERTER_ROUTES.includes(name)).map(([, value]) => value),
  );
  const isPromised =
    precision === PROMISED.precision && length === PROMISED.length && threads === PROMISED.threads;
  const limit = fastest / (isPromised ? TIMES_FASTER : 1);
  const notes = [
    `median of ${options.calls} inferences, which all files make in turns; n counts repeats of that`,
    isPromised ? `promised: ${TIMES_FASTER} times as fast as ${CONVERTER_ROUTES.join(' and ')}` : '',
    options.peers === null ? (options.withoutPeers ?? '') : options.peers.name,
    ...failed.filter((reason) => reason.includes(`-${precision}:`)).map((reason) => `without ${reason}`),
  ];
  return {
    measure: `latency_${given.name}_${precision}_${length}_${threads}_ms`,
    unit: 'ms',
    ...summarize(medians(OWN_ROUTE)),
    peers: Object.fromEntries(peers),
    ...(Number.isFinite(limit) ? { limit: { kind: 'at-most', value: limit } as const } : {}),
    note: notes.filter((note) => note !== '').join('; '),
    host: options.host,
  };
}

async function memory(
  options: ConvertBenchOptions,
  given: ConvertCase,
  folder: string,
  { files }: Made,
): Promise<readonly BenchMeasure[]> {
  const measures: BenchMeasure[] = [];
  for (const precision of PRECISIONS) {
    const found: Record<string, number> = {};
    for (const [name, path] of Object.entries(files)) {
      if (!name.endsWith(`-${precision}`)) continue;
      options.onProgress(`${given.name}: memory of ${name}`);
      const program = timeFiles(runner(options), options.own.installation, folder, {
        memory_of: path,
        length: Math.max(...options.lengths),
      });
      const looked = await jsonProcess(program.argv, {
        cwd: folder,
        env: program.env,
        signal: options.signal,
      });
      const [document] = looked.ok ? looked.value : [];
      if (document !== undefined) {
        found[name.slice(0, -precision.length - 1)] = (document as { rss_bytes: number }).rss_bytes / 1e6;
      }
    }
    const { [OWN_ROUTE]: own, ...peers } = found;
    if (own === undefined)
      throw new BenchFailure(`the memory of our ${precision} file could not be measured`);
    const limit = given.memoryLimits[precision];
    measures.push({
      measure: `memory_${given.name}_${precision}_mb`,
      unit: 'MB',
      ...summarize([own]),
      peers,
      ...(limit === undefined ? {} : { limit: { kind: 'at-most', value: limit } as const }),
      note: 'resident memory of a process that has loaded the file and run it once, Python and the runtime included',
      host: options.host,
    });
  }
  return measures;
}

async function conversion(
  options: ConvertBenchOptions,
  given: ConvertCase,
  folder: string,
): Promise<readonly BenchMeasure[]> {
  const { conversionLimits } = given;
  if (conversionLimits === undefined) return [];
  const fit = join(folder, 'fit');
  writeEncodedTexts(fit, { texts: 1, validation: 32, lengths: { kind: 'tweets' } });
  const savedModel = join(folder, 'saved_model');
  const found: Record<string, { readonly seconds: number[]; peak: number }> = {};
  for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
    const own = join(folder, `converted-${repeat}`);
    for (const { name, command } of convertStages(options.own, { savedModel, fit, precisions: ALL }, own)) {
      options.onProgress(`${given.name}: ${name}, ${repeat} of ${options.repeats}`);
      const timing = await timed(options, folder, command);
      found[name] ??= { seconds: [], peak: 0 };
      found[name].seconds.push(timing.seconds);
      found[name].peak = Math.max(found[name].peak, timing.peakBytes);
    }
    rmSync(own, { recursive: true, force: true });
  }
  const measure = (name: string, processes: readonly string[], limit?: number): BenchMeasure => {
    const own = processes.map((process) => found[process] ?? { seconds: [], peak: 0 });
    const seconds = Array.from({ length: options.repeats }, (_, index) =>
      own.reduce((sum, process) => sum + (process.seconds[index] ?? 0), 0),
    );
    const peak = Math.round(Math.max(...own.map((process) => process.peak)) / 1e6);
    return {
      measure: name,
      unit: 's',
      ...summarize(seconds),
      peers: {},
      ...(limit === undefined ? {} : { limit: { kind: 'at-most', value: limit } as const }),
      note: `${processes.join(', ')}: whole processes, one after the other, with proof on 32 texts; highest memory ${peak} MB`,
      host: options.host,
    };
  };
  return [
    measure(`freeze_${given.name}_s`, ['freeze']),
    measure(`convert_${given.name}_int8_s`, ['convert int8'], conversionLimits.one),
    measure(
      `convert_${given.name}_all_s`,
      ALL.map((precision) => `convert ${precision}`),
      conversionLimits.all,
    ),
  ];
}

function isFailure(line: unknown): line is { readonly failed: Readonly<Record<string, string>> } {
  return typeof line === 'object' && line !== null && 'failed' in line;
}

const runner = (options: ConvertBenchOptions): string => options.peers?.runnerPython ?? options.own.python;

async function json(
  options: ConvertBenchOptions,
  cwd: string,
  { argv, env }: ProgramCommand,
): Promise<readonly unknown[]> {
  return orThrow(await jsonProcess(argv, { cwd, env, signal: options.signal }));
}

async function timed(options: ConvertBenchOptions, cwd: string, { argv, env }: ProgramCommand) {
  return orThrow(await timedProcess(argv, { cwd, env, signal: options.signal }));
}
