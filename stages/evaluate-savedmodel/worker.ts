import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFileAtomically } from '../../pipeline/base/atomic-write.js';
import { canonicalJson, digestOf, hexOf, type Json } from '../../pipeline/base/canonical.js';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { DeviceClient } from '../../pipeline/contract/device.js';
import type {
  StageContext,
  StageFailure,
  StageSummary,
  StageWorker,
} from '../../pipeline/contract/worker.js';
import { deviceStageFailure } from '../../pipeline/measure/device-failure.js';
import { readPredictions } from '../../pipeline/measure/read-predictions.js';
import { runAgent } from '../../pipeline/measure/run-agent.js';
import { scoresOf, summarizeLatencies } from '../../pipeline/measure/scores.js';
import type { Protocol } from '../_shared/protocols.js';
import { ensureTfjsNode } from './binding.js';

interface Options {
  readonly protocol: Protocol & { readonly name: string };
  readonly threads: number;
  readonly runtime: 'auto' | 'tfjs-node' | 'python';
  readonly limit?: number;
}

/** A program that the agent starts in place of its own. */
interface Inference {
  readonly argv: readonly string[];
  /** With versions; absent where the program says it itself. */
  readonly name?: string;
}

const AGENT = fileURLToPath(new URL('../../../stages/deploy/agent/', import.meta.url));
const FALLBACK = fileURLToPath(
  new URL('../../../stages/evaluate-savedmodel/infer_savedmodel.py', import.meta.url),
);
const INFER = fileURLToPath(new URL('./infer.js', import.meta.url));

export const run: StageWorker = async (context) => {
  const connection = await context.connect();
  if (!connection.ok) return err(deviceStageFailure(connection.error));
  const device = connection.value;
  try {
    return await evaluate(context, device);
  } finally {
    await device.close();
  }
};

async function evaluate(
  context: StageContext,
  device: DeviceClient,
): Promise<Result<StageSummary, StageFailure>> {
  const { job, log } = context;
  const model = job.inputs.model?.[0]?.path;
  const test = job.inputs.test?.[0]?.path;
  const out = job.outputs.evaluation;
  if (model === undefined || test === undefined || out === undefined) {
    throw new Error(`Internal error: ${job.instance} lacks an input or an output`);
  }
  const options = job.options as unknown as Options;
  const labels = JSON.parse(readFileSync(join(test, 'labels.json'), 'utf8')) as readonly string[];
  const known = JSON.parse(readFileSync(join(model, 'edgeline.json'), 'utf8')) as {
    labels: readonly string[];
  };
  if (JSON.stringify(known.labels) !== JSON.stringify(labels)) {
    return err({ code: 'labels-differ', message: 'the SavedModel knows other labels than the test set' });
  }
  const inference = await chooseInference(context, options);
  if (!inference.ok) return inference;
  const probe = await device.probe();
  if (!probe.ok) return err(deviceStageFailure(probe.error));

  const bundle = join(job.scratch_dir, 'bundle');
  await mkdir(bundle, { recursive: true });
  await symlink(model, join(bundle, 'saved_model'));
  await symlink(join(test, 'test.jsonl'), join(bundle, 'test.jsonl'));
  await symlink(AGENT, join(bundle, 'agent'));
  const results = join(job.scratch_dir, 'results');
  const report = await runAgent(
    device,
    bundle,
    agentArguments(bundle, results, options, inference.value),
    context,
  );
  if (!report.ok) return report;
  const { hello, result } = report.value;
  const predictionsFile = join(results, 'predictions.jsonl');
  const read = await readPredictions(predictionsFile, join(test, 'test.jsonl'), labels.length, options.limit);
  if (!read.ok) return read;
  const { truth, predicted, latencies_ms } = read.value;
  const scores = scoresOf(labels, truth, predicted);
  const latency = summarizeLatencies(latencies_ms);
  const manifest = await readManifest(model);
  const runtime = inference.value.name ?? result.runtime ?? 'not recorded';

  const evaluation = {
    schema: 1,
    format: 'saved-model',
    device: device.name,
    transport: device.transport,
    emulated: hello.emulated,
    probe: { ...probe.value },
    runtime: { name: runtime, delegate: null, threads: hello.runtime.threads },
    protocol: options.protocol,
    n: truth.length,
    labels,
    ...scores,
    latency_ms: latency,
    wall_s: round(result.measured_to_s - result.measured_from_s),
    measured_from_s: result.measured_from_s,
    measured_to_s: result.measured_to_s,
    load_s: round(result.load_s),
    resizes: result.resizes,
    resize_s: round(result.resize_s),
    truncated: result.truncated,
    model_bytes: manifest.bytes,
    model_sha256: manifest.sha256,
    peak_rss_bytes: result.peak_rss_bytes,
    clock: 'CLOCK_MONOTONIC',
    sampler: 'psutil',
  };
  await mkdir(out, { recursive: true });
  await copyFile(predictionsFile, join(out, 'predictions.jsonl'));
  await copyFile(join(results, 'telemetry.jsonl'), join(out, 'telemetry.jsonl'));
  writeFileAtomically(join(out, 'evaluation.json'), `${canonicalJson(evaluation as unknown as Json)}\n`);
  log('info', `measured with ${runtime}`);
  return ok({
    tweets: truth.length,
    accuracy: round(scores.accuracy),
    macro_f1: round(scores.macro_f1),
    latency_median_ms: latency.median,
    peak_rss_bytes: result.peak_rss_bytes,
  });
}

/** tfjs-node, or TensorFlow from Python where it cannot be had and was not asked for by name. */
async function chooseInference(
  { job, signal, progress, log }: StageContext,
  { runtime }: Options,
): Promise<Result<Inference, StageFailure>> {
  const fallback = { argv: [job.python, '-B', FALLBACK, AGENT] };
  if (runtime === 'python') return ok(fallback);
  const tfjs = await ensureTfjsNode({
    cache: job.cache_dir,
    python: job.python,
    signal,
    onProgress: (phase) => progress(0, undefined, 'steps', phase),
  });
  if (tfjs.ok) {
    const { folder, name } = tfjs.value;
    return ok({ argv: [process.execPath, INFER, '--tfjs', folder], name });
  }
  if (runtime === 'tfjs-node') {
    return err({
      code: 'no-tfjs-node',
      message: `tfjs-node cannot be had here: ${tfjs.error}`,
      hint: 'Install a C++ compiler (Debian: g++), or leave `runtime` at auto.',
    });
  }
  log('warning', `TensorFlow from Python is measured, for tfjs-node cannot be had here: ${tfjs.error}`);
  return ok(fallback);
}

function agentArguments(
  bundle: string,
  results: string,
  { protocol, threads, limit }: Options,
  inference: Inference,
): readonly string[] {
  return [
    ...['--bundle', bundle, '--out', results, '--lock', 'measuring.lock', '--stop-when-stdin-closes'],
    ...['--threads', String(threads), '--warmup', String(protocol.warmup)],
    ...['--before', String(protocol.before_s), '--after', String(protocol.after_s)],
    ...['--sample-hz', String(protocol.sample_hz)],
    ...['--inference', JSON.stringify(inference.argv)],
    ...(limit === undefined ? [] : ['--limit', String(limit)]),
  ];
}

/** What `export` listed: the digest of the list stands for the whole tree. */
async function readManifest(model: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const file = join(model, 'manifest.json');
  if (!existsSync(file)) return { bytes: 0, sha256: 'not recorded' };
  const text = await readFile(file, 'utf8');
  const { files } = JSON.parse(text) as { files: readonly { size: number }[] };
  return { bytes: files.reduce((sum, { size }) => sum + size, 0), sha256: hexOf(digestOf(text)) };
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
