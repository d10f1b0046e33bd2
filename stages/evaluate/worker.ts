import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type {
  CommandResult,
  DeviceClient,
  DeviceFailure,
  DeviceProbe,
} from '../../pipeline/contract/device.js';
import type { EvaluationEnergy } from '../../pipeline/contract/metering.js';
import type {
  StageContext,
  StageFailure,
  StageSummary,
  StageWorker,
} from '../../pipeline/contract/worker.js';
import { agentArguments } from '../../pipeline/measure/agent-arguments.js';
import { deviceStageFailure } from '../../pipeline/measure/device-failure.js';
import { onDevice } from '../../pipeline/measure/on-device.js';
import { type AgentReport, runAgent, runDetachedAgent } from '../../pipeline/measure/run-agent.js';
import { writeEvaluation } from '../../pipeline/measure/write-evaluation.js';
import { answerHere, type HostAnswers, sideBySide } from './host-answers.js';
import { type EvaluateOptions, Metering } from './metering.js';
import { checkParity, type Parity } from './parity.js';

interface Deployment {
  readonly remote: string;
}

interface Manifest {
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
}

interface Work {
  readonly bundle: string;
  readonly out: string;
  /** The bundle there, relative to the device's root. */
  readonly remote: string;
  /** What the agent writes, there. */
  readonly results: string;
  readonly options: EvaluateOptions;
}

export const run: StageWorker = (context) => onDevice(context, evaluate);

async function evaluate(
  context: StageContext,
  device: DeviceClient,
): Promise<Result<StageSummary, StageFailure>> {
  const { job } = context;
  const bundle = job.inputs.bundle?.[0]?.path;
  const receipt = job.inputs.deployment?.[0]?.path;
  const out = job.outputs.evaluation;
  if (bundle === undefined || receipt === undefined || out === undefined) {
    throw new Error(`Internal error: ${job.instance} lacks an input or an output`);
  }
  const options = job.options as unknown as EvaluateOptions;
  const { remote } = JSON.parse(readFileSync(receipt, 'utf8')) as Deployment;
  const results = `runs/${job.key.replace(/^sha256:/, '').slice(0, 16)}`;
  const work: Work = { bundle, out, remote, results, options };
  // First of all: a meter that says nothing is no reason to wait for hours of answers.
  const metering = await Metering.begin(context, options);
  if (!metering.ok) return metering;
  try {
    return await measure(context, device, work, metering.value);
  } finally {
    await metering.value?.end();
  }
}

async function measure(
  context: StageContext,
  device: DeviceClient,
  work: Work,
  metering: Metering | null,
): Promise<Result<StageSummary, StageFailure>> {
  const { log } = context;
  const { bundle, remote, results, options } = work;
  const pushed = await device.push(bundle, remote);
  if (!pushed.ok) return err(deviceStageFailure(pushed.error));
  if (pushed.value.sentBytes > 0) {
    log('warning', `${device.name} no longer had the bundle as deployed; it was sent again`);
  }
  const probe = await device.probe();
  if (!probe.ok) return err(deviceStageFailure(probe.error));
  const ended = await endEarlier(device, work);
  if (!ended.ok) return err(deviceStageFailure(ended.error));
  const parity = await parityOf(context, device, work);
  if (!parity.ok) return parity;
  const read = (await metering?.readClock(device)) ?? ok(undefined);
  if (!read.ok) return read;
  const args = agentArguments(remote, results, options);
  const agent = (own: StageContext) => {
    const watching = metering?.watched(own) ?? own;
    return device.transport === 'local'
      ? runAgent(device, remote, args, watching)
      : runDetachedAgent(device, remote, results, args, watching);
  };
  const answer = (own: StageContext) =>
    options.answers === undefined ? Promise.resolve(ok(null)) : answerHere(own, bundle, options);
  const done = await sideBySide(context, agent, answer);
  if (!done.ok) return done;
  const { there: report, here: answers } = done.value;
  try {
    const energy = await metering?.energyOf(report, work.out);
    return await collect(context, work, report, {
      probe: probe.value,
      parity: parity.value,
      answers,
      energy,
    });
  } finally {
    if (report.device !== device) await report.device.close();
  }
}

/** Ends what an earlier attempt may have left at work there. Its answers stay: the agent goes on from them. */
async function endEarlier(
  device: DeviceClient,
  { remote, results }: Work,
): Promise<Result<CommandResult | null, DeviceFailure>> {
  if (device.transport === 'local') return ok(null);
  return await device.exec([device.python, '-B', `${remote}/agent/follow.py`, '--out', results, '--stop']);
}

/** What is known beside the agent's own results. */
interface Beside {
  readonly probe: DeviceProbe;
  readonly parity: Parity | null;
  readonly answers: HostAnswers | null;
  readonly energy: EvaluationEnergy | undefined;
}

/** Fetches what was measured, checks that it belongs to the bundle, and writes the evaluation. */
async function collect(
  { job, log }: StageContext,
  { bundle, out, results, options }: Work,
  report: AgentReport,
  { probe, parity, answers, energy }: Beside,
): Promise<Result<StageSummary, StageFailure>> {
  const { device, hello, result } = report;
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
  const truncated = answers?.truncated ?? result.truncated;
  if (truncated > 0) {
    log(
      'warning',
      `${truncated} tweets are longer than the model's ${result.fixed_length} tokens and were cut; \`sequence_length: dynamic\` of freeze takes them whole`,
    );
  }
  if (result.resumed_answers > 0) {
    log('info', `${result.resumed_answers} of ${result.n} answers are those of an interrupted start`);
  }
  const labels = JSON.parse(readFileSync(join(bundle, 'labels.json'), 'utf8')) as readonly string[];
  const testFile = join(bundle, 'test.jsonl');
  const written = await writeEvaluation(
    out,
    {
      ...{ device, probe, report, results: pulledTo, answers: answers?.folder ?? pulledTo },
      ...{ testFile, labels, log, energy },
    },
    options,
    {
      runtime: { litert: hello.runtime.litert, delegate: result.delegate, threads: hello.runtime.threads },
      load_s: result.load_s,
      resize_s: result.resize_s,
      model_bytes: result.model_bytes,
      model_sha256: result.model_sha256,
      truncated,
      clock: 'time.perf_counter',
      parity,
    },
  );
  if (written.ok) await device.exec(['rm', '-rf', '--', results]);
  return written;
}

/** This machine need not be compared with itself. */
async function parityOf(
  context: StageContext,
  device: DeviceClient,
  { bundle, remote, results, options: { limit } }: Work,
): Promise<Result<Parity | null, StageFailure>> {
  if (device.transport === 'local') return ok(null);
  const where = { bundle, remote, results: `${results}-parity` };
  return checkParity(context, device, { ...where, ...(limit === undefined ? {} : { limit }) });
}
