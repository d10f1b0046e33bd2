import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
import { writeEvaluation } from '../../pipeline/measure/write-evaluation.js';
import { checkParity, type Parity } from './parity.js';

interface Deployment {
  readonly remote: string;
}

interface Manifest {
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
}

export const run: StageWorker = (context) => onDevice(context, evaluate);

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
  const options = job.options as unknown as MeasuringOptions;
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
  const parity = await parityOf(context, device, { bundle, remote, results: `${results}-parity`, options });
  if (!parity.ok) return parity;
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
  const written = await writeEvaluation(
    out,
    {
      device,
      probe: probe.value,
      report: report.value,
      results: pulledTo,
      testFile: join(bundle, 'test.jsonl'),
      labels,
      log,
    },
    options,
    {
      runtime: { litert: hello.runtime.litert, delegate: result.delegate, threads: hello.runtime.threads },
      load_s: result.load_s,
      resize_s: result.resize_s,
      model_bytes: result.model_bytes,
      model_sha256: result.model_sha256,
      clock: 'time.perf_counter',
      parity: parity.value,
    },
  );
  if (!written.ok) return written;
  await device.exec(['rm', '-rf', '--', results]);
  return written;
}

/** This machine need not be compared with itself. */
async function parityOf(
  context: StageContext,
  device: DeviceClient,
  {
    options: { limit },
    ...where
  }: { bundle: string; remote: string; results: string; options: MeasuringOptions },
): Promise<Result<Parity | null, StageFailure>> {
  if (device.transport === 'local') return ok(null);
  return checkParity(context, device, { ...where, ...(limit === undefined ? {} : { limit }) });
}
