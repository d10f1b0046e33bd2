import { readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../pipeline/base/atomic-write.js';
import { canonicalJson, type Json } from '../../pipeline/base/canonical.js';
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

interface Options {
  readonly protocol: Protocol & { readonly name: string };
  readonly threads: number;
  readonly limit?: number;
}

interface Deployment {
  readonly remote: string;
}

interface Manifest {
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
}

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
  const bundle = job.inputs.bundle?.[0]?.path;
  const receipt = job.inputs.deployment?.[0]?.path;
  const out = job.outputs.evaluation;
  if (bundle === undefined || receipt === undefined || out === undefined) {
    throw new Error(`Internal error: ${job.instance} lacks an input or an output`);
  }
  const options = job.options as unknown as Options;
  const { remote } = JSON.parse(readFileSync(receipt, 'utf8')) as Deployment;

  const pushed = await device.push(bundle, remote);
  if (!pushed.ok) return err(deviceStageFailure(pushed.error));
  if (pushed.value.sentBytes > 0) {
    log('warning', `${device.name} no longer had the bundle as deployed; it was sent again`);
  }
  const probe = await device.probe();
  if (!probe.ok) return err(deviceStageFailure(probe.error));

  const results = `runs/${job.key.replace(/^sha256:/, '').slice(0, 16)}`;
  const cleared = await device.exec(['rm', '-rf', '--', results]);
  if (!cleared.ok) return err(deviceStageFailure(cleared.error));
  const report = await runAgent(device, remote, agentArguments(remote, results, options), context);
  if (!report.ok) return report;
  const { hello, result } = report.value;
  const pulledTo = join(job.scratch_dir, 'results');
  const pulled = await device.pull(results, pulledTo);
  if (!pulled.ok) return err(deviceStageFailure(pulled.error));

  const manifest = JSON.parse(readFileSync(join(bundle, 'manifest.json'), 'utf8')) as Manifest;
  const expected = manifest.files.find((file) => file.path === 'model.tflite')?.sha256;
  if (result.model_sha256 !== expected) {
    const message = `${device.name} measured a model with the digest ${result.model_sha256}, not ${expected}`;
    return err({
      code: 'wrong-model',
      message,
      hint: 'Something else writes into its root; run evaluate again.',
    });
  }
  if (result.truncated > 0) {
    log(
      'warning',
      `${result.truncated} tweets are longer than the model's ${result.fixed_length} tokens and were cut; \`sequence_length: dynamic\` of freeze takes them whole`,
    );
  }
  const labels = JSON.parse(readFileSync(join(bundle, 'labels.json'), 'utf8')) as readonly string[];
  const predictionsFile = join(pulledTo, 'predictions.jsonl');
  const read = await readPredictions(
    predictionsFile,
    join(bundle, 'test.jsonl'),
    labels.length,
    options.limit,
  );
  if (!read.ok) return read;
  const { truth, predicted, latencies_ms } = read.value;
  const scores = scoresOf(labels, truth, predicted);
  const latency = summarizeLatencies(latencies_ms);

  const evaluation = {
    schema: 1,
    device: device.name,
    transport: device.transport,
    emulated: hello.emulated,
    probe: { ...probe.value },
    runtime: { litert: hello.runtime.litert, delegate: result.delegate, threads: hello.runtime.threads },
    protocol: options.protocol,
    n: truth.length,
    labels,
    ...scores,
    latency_ms: latency,
    wall_s: round(result.measured_to_s - result.measured_from_s),
    measured_from_s: result.measured_from_s,
    measured_to_s: result.measured_to_s,
    load_s: result.load_s,
    resizes: result.resizes,
    resize_s: result.resize_s,
    truncated: result.truncated,
    model_bytes: result.model_bytes,
    model_sha256: result.model_sha256,
    peak_rss_bytes: result.peak_rss_bytes,
    clock: 'time.perf_counter',
    sampler: 'psutil',
  };
  await mkdir(out, { recursive: true });
  await copyFile(predictionsFile, join(out, 'predictions.jsonl'));
  await copyFile(join(pulledTo, 'telemetry.jsonl'), join(out, 'telemetry.jsonl'));
  writeFileAtomically(join(out, 'evaluation.json'), `${canonicalJson(evaluation as unknown as Json)}\n`);
  await device.exec(['rm', '-rf', '--', results]);
  return ok({
    tweets: truth.length,
    accuracy: round(scores.accuracy),
    macro_f1: round(scores.macro_f1),
    latency_median_ms: latency.median,
    peak_rss_bytes: result.peak_rss_bytes,
  });
}

function agentArguments(
  remote: string,
  results: string,
  { protocol, threads, limit }: Options,
): readonly string[] {
  return [
    ...['--bundle', remote, '--out', results, '--lock', 'measuring.lock', '--stop-when-stdin-closes'],
    ...['--threads', String(threads), '--warmup', String(protocol.warmup)],
    ...['--before', String(protocol.before_s), '--after', String(protocol.after_s)],
    ...['--sample-hz', String(protocol.sample_hz)],
    ...(limit === undefined ? [] : ['--limit', String(limit)]),
  ];
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
