import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf, hexOf } from '../../pipeline/base/canonical.js';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { DeviceClient } from '../../pipeline/contract/device.js';
import type {
  StageContext,
  StageFailure,
  StageSummary,
  StageWorker,
} from '../../pipeline/contract/worker.js';
import { agentArguments, type MeasuringOptions } from '../../pipeline/measure/agent-arguments.js';
import { deviceStageFailure } from '../../pipeline/measure/device-failure.js';
import { onDevice } from '../../pipeline/measure/on-device.js';
import { runAgent } from '../../pipeline/measure/run-agent.js';
import { rounded } from '../../pipeline/measure/scores.js';
import { writeEvaluation } from '../../pipeline/measure/write-evaluation.js';
import { ensureTfjsNode } from './binding.js';

interface Options extends MeasuringOptions {
  readonly runtime: 'auto' | 'tfjs-node' | 'python';
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

export const run: StageWorker = (context) => onDevice(context, evaluate);

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
    agentArguments(bundle, results, options, inference.value.argv),
    context,
  );
  if (!report.ok) return report;
  const { hello, result } = report.value;
  const manifest = await readManifest(model);
  const runtime = inference.value.name ?? result.runtime ?? 'not recorded';
  const written = await writeEvaluation(
    out,
    {
      device,
      probe: probe.value,
      report: report.value,
      results,
      answers: results,
      testFile: join(test, 'test.jsonl'),
      labels,
      log,
    },
    options,
    {
      format: 'saved-model',
      runtime: { name: runtime, delegate: null, threads: hello.runtime.threads },
      load_s: rounded(result.load_s),
      resize_s: rounded(result.resize_s),
      model_bytes: manifest.bytes,
      model_sha256: manifest.sha256,
      clock: 'CLOCK_MONOTONIC',
    },
  );
  if (written.ok) log('info', `measured with ${runtime}`);
  return written;
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

/** What `export` listed: the digest of the list stands for the whole tree. */
async function readManifest(model: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const file = join(model, 'manifest.json');
  if (!existsSync(file)) return { bytes: 0, sha256: 'not recorded' };
  const text = await readFile(file, 'utf8');
  const { files } = JSON.parse(text) as { files: readonly { size: number }[] };
  return { bytes: files.reduce((sum, { size }) => sum + size, 0), sha256: hexOf(digestOf(text)) };
}
