import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import { readJsonLines } from '../../pipeline/base/json-lines.js';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { JobInput, StageContext, StageFailure } from '../../pipeline/contract/worker.js';
import {
  cleanDocument,
  conversionDocument,
  deploymentDocument,
  encodeDocument,
  evaluationDocument,
  exportDocument,
  fetchDocument,
  type Loaded,
  type LoadedEvaluation,
  type Predictions,
  type ReportInputs,
  type Source,
  splitDocument,
  type TelemetrySample,
  telemetrySample,
  trainingDocument,
} from './inputs.js';

type Read<T> = Promise<Result<T, StageFailure>>;

function unreadable(input: JobInput, path: string, problem: string, line?: number): StageFailure {
  return {
    code: 'unreadable-input',
    message: `${basename(path)} of ${input.instance} cannot be read: ${problem}`,
    hint: `docs/reference/artifacts.md has the form of ${basename(path)}; if ${input.stage} wrote it so, that stage is at fault`,
    file: path,
    ...(line === undefined ? {} : { line }),
  };
}

const problemOf = (error: z.ZodError): string =>
  error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.') || 'the document'}: ${issue.message}`)
    .join('; ');

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Whether a failure is the file's or the system's, not ours. */
const isExpected = (error: unknown): boolean =>
  error instanceof SyntaxError || (error instanceof Error && 'code' in error);

async function readDocument<T>(schema: z.ZodType<T>, input: JobInput, path: string): Read<T> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (isExpected(error)) return err(unreadable(input, path, messageOf(error)));
    throw error;
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? ok(parsed.data) : err(unreadable(input, path, problemOf(parsed.error)));
}

/** Hands each object of a JSON Lines file to `take`, which says what is wrong with it or nothing. */
async function eachLine(
  input: JobInput,
  path: string,
  signal: AbortSignal,
  take: (value: unknown, index: number) => string | undefined,
): Read<number> {
  let lines = 0;
  try {
    for await (const value of readJsonLines<unknown>(path)) {
      if (lines % 4096 === 0) signal.throwIfAborted();
      const problem = take(value, lines);
      lines += 1;
      if (problem !== undefined) return err(unreadable(input, path, problem, lines));
    }
  } catch (error) {
    if (!signal.aborted && isExpected(error)) {
      return err(unreadable(input, path, messageOf(error), lines + 1));
    }
    throw error;
  }
  return ok(lines);
}

interface PredictionRow {
  readonly id?: unknown;
  readonly entity?: unknown;
  readonly label?: unknown;
  readonly predicted?: unknown;
  readonly latency_ms?: unknown;
}

/** Checks by hand: a study has millions of these rows. */
function problemOfRow(row: PredictionRow, classes: number): string | undefined {
  const isClass = (value: unknown): boolean =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < classes;
  if (typeof row !== 'object' || row === null) return 'it is no object';
  if (typeof row.id !== 'string' || typeof row.entity !== 'string')
    return '`id` and `entity` must be strings';
  if (!isClass(row.label)) return `\`label\` must be an index below ${classes}`;
  if (!isClass(row.predicted)) return `\`predicted\` must be an index below ${classes}`;
  if (typeof row.latency_ms !== 'number' && row.latency_ms !== null) return '`latency_ms` must be a number';
  return undefined;
}

async function readPredictions(
  input: JobInput,
  rows: number,
  classes: number,
  signal: AbortSignal,
): Read<Predictions> {
  const path = join(input.path, 'predictions.jsonl');
  const labels = new Uint8Array(rows);
  const predicted = new Uint8Array(rows);
  const latenciesMs = new Float64Array(rows);
  const testSet = createHash('sha256');
  const read = await eachLine(input, path, signal, (value, index) => {
    const row = value as PredictionRow;
    const problem = problemOfRow(row, classes);
    if (problem !== undefined) return problem;
    if (index >= rows) return `evaluation.json says that ${rows} tweets were scored, and there are more`;
    labels[index] = Number(row.label);
    predicted[index] = Number(row.predicted);
    latenciesMs[index] = typeof row.latency_ms === 'number' ? row.latency_ms : Number.NaN;
    testSet.update(`${String(row.entity)}\t${String(row.id)}\t${String(row.label)}\n`);
    return undefined;
  });
  if (!read.ok) return read;
  if (read.value !== rows) {
    const problem = `evaluation.json says that ${rows} tweets were scored, and there are ${read.value}`;
    return err(unreadable(input, path, problem));
  }
  return ok({ testSet: testSet.digest('hex'), labels, predicted, latenciesMs });
}

async function readTelemetry(input: JobInput, signal: AbortSignal): Read<readonly TelemetrySample[]> {
  const samples: TelemetrySample[] = [];
  const read = await eachLine(input, join(input.path, 'telemetry.jsonl'), signal, (value) => {
    const parsed = telemetrySample.safeParse(value);
    if (!parsed.success) return problemOf(parsed.error);
    samples.push(parsed.data);
    return undefined;
  });
  return read.ok ? ok(samples) : read;
}

function sourceOf({ instance, artifact, coordinates, key, digest }: JobInput): Source {
  return { instance, artifact, coordinates, key, digest };
}

async function readEvaluation(input: JobInput, signal: AbortSignal): Read<LoadedEvaluation> {
  const document = await readDocument(evaluationDocument, input, join(input.path, 'evaluation.json'));
  if (!document.ok) return document;
  const { n, labels } = document.value;
  if (labels.length > 256) {
    return err(
      unreadable(input, join(input.path, 'evaluation.json'), 'more than 256 labels are not supported'),
    );
  }
  const predictions = await readPredictions(input, n, labels.length, signal);
  if (!predictions.ok) return predictions;
  const telemetry = await readTelemetry(input, signal);
  if (!telemetry.ok) return telemetry;
  return ok({
    source: sourceOf(input),
    document: document.value,
    predictions: predictions.value,
    telemetry: telemetry.value,
  });
}

/** Reads one after the other, so that two processors and little memory suffice; stops at the first that fails. */
async function readAll<T>(
  inputs: readonly JobInput[] | undefined,
  read: (input: JobInput) => Read<T>,
): Read<T[]> {
  const values: T[] = [];
  for (const input of inputs ?? []) {
    const value = await read(input);
    if (!value.ok) return value;
    values.push(value.value);
  }
  return ok(values);
}

/** Reads and checks everything that the report is made from. */
export async function readInputs({ job, signal, progress }: StageContext): Read<ReportInputs> {
  const total = Object.values(job.inputs).reduce((sum, list) => sum + list.length, 0);
  let done = 0;
  const all = <T>(name: string, read: (input: JobInput) => Read<T>): Read<T[]> =>
    readAll(job.inputs[name], async (input) => {
      signal.throwIfAborted();
      const value = await read(input);
      done += 1;
      progress(done, total, 'artifacts', 'reading');
      return value;
    });
  const cards = <T>(name: string, schema: z.ZodType<T>): Read<Loaded<T>[]> =>
    all(name, async (input) => {
      const document = await readDocument(schema, input, input.path);
      return document.ok ? ok({ source: sourceOf(input), document: document.value }) : document;
    });
  const evaluations = await all('evaluation', (input) => readEvaluation(input, signal));
  if (!evaluations.ok) return evaluations;
  const training = await cards('training', trainingDocument);
  if (!training.ok) return training;
  const conversions = await cards('conversion', conversionDocument);
  if (!conversions.ok) return conversions;
  const exports = await cards('export', exportDocument);
  if (!exports.ok) return exports;
  const fetch = await cards('fetch', fetchDocument);
  if (!fetch.ok) return fetch;
  const clean = await cards('clean', cleanDocument);
  if (!clean.ok) return clean;
  const split = await cards('split', splitDocument);
  if (!split.ok) return split;
  const encode = await cards('encode', encodeDocument);
  if (!encode.ok) return encode;
  const deployments = await cards('deployment', deploymentDocument);
  if (!deployments.ok) return deployments;
  return ok({
    study: job.study,
    title: typeof job.options.title === 'string' ? job.options.title : job.study,
    profile: job.profile,
    history: job.history ?? [],
    evaluations: evaluations.value,
    training: training.value,
    conversions: conversions.value,
    exports: exports.value,
    fetch: fetch.value,
    clean: clean.value,
    split: split.value,
    encode: encode.value,
    deployments: deployments.value,
  });
}
