import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../base/atomic-write.js';
import { canonicalJson, type Json } from '../base/canonical.js';
import { groupAccuracy } from '../base/group-accuracy.js';
import { readJsonLines } from '../base/json-lines.js';
import { ok, type Result } from '../base/result.js';
import {
  type PowerSample,
  summarizeTelemetry,
  TELEMETRY_SUMMARY,
  telemetrySummaryText,
} from '../base/telemetry-summary.js';
import type { DeviceClient, DeviceProbe } from '../contract/device.js';
import type { EvaluationEnergy } from '../contract/metering.js';
import type { StageContext, StageFailure, StageSummary } from '../contract/worker.js';
import type { MeasuringOptions } from './agent-arguments.js';
import { isInvalid } from './gates.js';
import { judgeMeasurement } from './judged-measurement.js';
import { readPredictions } from './read-predictions.js';
import type { AgentReport } from './run-agent.js';
import { rounded, scoresOf, summarizeLatencies } from './scores.js';

/** What an agent measured and where it left it. */
export interface Measurement {
  readonly device: DeviceClient;
  readonly probe: DeviceProbe;
  readonly report: AgentReport;
  /** Here, with predictions.jsonl and telemetry.jsonl. */
  readonly results: string;
  /** Here, with the predictions.jsonl of all texts; another folder where this machine answered them. */
  readonly answers: string;
  readonly testFile: string;
  readonly labels: readonly string[];
  readonly log: StageContext['log'];
  /** Where a power meter recorded the windows. */
  readonly energy?: EvaluationEnergy | undefined;
}

/** What differs between the things that are measured; fields of evaluation.json (docs/reference/artifacts.md). */
export interface OwnFields {
  readonly format?: string;
  readonly runtime: {
    readonly litert?: string | undefined;
    readonly name?: string;
    readonly delegate: string | null;
    readonly threads: number;
  };
  readonly load_s: number;
  readonly resize_s: number;
  readonly model_bytes: number | undefined;
  readonly model_sha256: string | undefined;
  readonly clock: string;
  /** Of all texts, where another machine than the measured one answered them. */
  readonly truncated?: number;
  /** How a board's answers compare with this machine's, before it measured; null for this machine. */
  readonly parity?: object | null;
}

const NOT_TIMED = 'timing_seeds leaves out this seed: it gives answers alone';

/** Checks and scores the predictions, and writes the artifact `evaluation` into the folder `out`. */
export async function writeEvaluation(
  out: string,
  { device, probe, report, results, answers, testFile, labels, log, energy }: Measurement,
  options: MeasuringOptions,
  own: OwnFields,
): Promise<Result<StageSummary, StageFailure>> {
  const { hello, result } = report;
  const predictionsFile = join(answers, 'predictions.jsonl');
  const read = await readPredictions(predictionsFile, testFile, labels.length, options.limit);
  if (!read.ok) return read;
  const { truth, predicted, entities, latencies_ms } = read.value;
  const judged = await judgeMeasurement(results, result, probe.clock_offset_s, energy?.findings ?? null);
  if (!judged.ok) return judged;
  const { samples, gates: all, windowLatencies, ...costs } = judged.value;
  const isTimed = options.timing !== 'none';
  // Gates concern timing alone.
  const gates = isTimed ? all : [];
  const verdict = isTimed ? (isInvalid(gates) ? 'invalid' : 'valid') : 'not-timed';
  for (const { gate, verdict: own, message } of gates) {
    const what = gate === 'power-samples' ? 'the energy is INVALID' : 'INVALID';
    if (own === 'failed') log('warning', `${what} on ${device.name} (${gate}): ${message}`);
  }
  const scores = scoresOf(labels, truth, predicted);
  const latency = isTimed ? summarizeLatencies(windowLatencies ?? latencies_ms) : null;
  // Several interpreters may have answered: what the model takes is what a window's one took.
  const peaks = result.windows.map((window) => window.peak_rss_bytes);
  const peak = peaks.length === 0 ? result.peak_rss_bytes : Math.max(...peaks);
  const evaluation = {
    schema: 1,
    device: device.name,
    transport: device.transport,
    emulated: hello.emulated,
    probe: { ...probe },
    protocol: options.protocol,
    n: truth.length,
    labels,
    ...scores,
    official_accuracy: groupAccuracy(entities, truth, predicted),
    latency_ms: latency,
    ...(isTimed ? {} : { timing: { measured: false, reason: NOT_TIMED } }),
    ...(options.answers === undefined ? {} : { answers: options.answers }),
    wall_s: rounded(result.measured_to_s - result.measured_from_s),
    measured_from_s: result.measured_from_s,
    measured_to_s: result.measured_to_s,
    resizes: result.resizes,
    truncated: result.truncated,
    peak_rss_bytes: peak,
    resumed_answers: result.resumed_answers,
    workers: { count: result.workers, threads: result.threads_each ?? hello.runtime.threads },
    sampler: result.sampler,
    series: result.series,
    verdict,
    gates,
    windows: result.windows,
    cores: result.cores,
    governor: result.governor,
    clock_jump_s: result.clock_jump_s,
    ...costs,
    ...own,
    ...(energy === undefined ? {} : { energy }),
  };
  await mkdir(out, { recursive: true });
  await copyFile(predictionsFile, join(out, 'predictions.jsonl'));
  await copyFile(join(results, 'telemetry.jsonl'), join(out, 'telemetry.jsonl'));
  if (windowLatencies !== null) await copyFile(join(results, 'windows.jsonl'), join(out, 'windows.jsonl'));
  // Where a meter recorded, its means lie there already.
  const power = await readPower(join(out, 'power.jsonl'));
  const summary = summarizeTelemetry(samples, power, probe.cpu_count);
  writeFileAtomically(join(out, TELEMETRY_SUMMARY), telemetrySummaryText(summary));
  writeFileAtomically(join(out, 'evaluation.json'), `${canonicalJson(evaluation as unknown as Json)}\n`);
  return ok({
    tweets: truth.length,
    accuracy: rounded(scores.accuracy),
    macro_f1: rounded(scores.macro_f1),
    ...(latency === null ? {} : { latency_median_ms: latency.median }),
    peak_rss_bytes: peak,
    verdict,
    ...(energy === undefined ? {} : { joules_per_inference: joulesOf(energy) }),
  });
}

async function readPower(file: string): Promise<readonly PowerSample[]> {
  const power: PowerSample[] = [];
  if (!existsSync(file)) return power;
  for await (const line of readJsonLines<PowerSample>(file)) power.push(line);
  return power;
}

/** Gross; to four digits, which no such meter earns. */
function joulesOf({ verdict, gross_j_per_inference }: EvaluationEnergy): number | string {
  return verdict === 'invalid' || gross_j_per_inference === null
    ? 'INVALID'
    : Number(gross_j_per_inference.value.toPrecision(4));
}
