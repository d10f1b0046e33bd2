import { join } from 'node:path';
import type { z } from 'zod';
import { err, ok } from '../../../pipeline/base/result.js';
import type { JobInput, StageContext } from '../../../pipeline/contract/worker.js';
import { isSynthetic } from '../build/data.js';
import { readBaselines } from './baselines.js';
import { type Read, readDocument, sourceOf, unreadable } from './file.js';
import {
  cleanDocument,
  conversionDocument,
  deploymentDocument,
  encodeDocument,
  evaluationDocument,
  exportDocument,
  fetchDocument,
  hydrationDocument,
  type Loaded,
  type LoadedEvaluation,
  type LoadedTraining,
  type LoadedValidation,
  type ReportInputs,
  splitDocument,
  trainingDocument,
} from './inputs.js';
import { PredictionReader } from './predictions.js';
import { readPublished } from './published.js';
import { readTelemetry } from './telemetry.js';
import { readWindows } from './windows.js';
import { readWording } from './wording.js';

async function readEvaluation(
  input: JobInput,
  reader: PredictionReader,
  signal: AbortSignal,
): Read<LoadedEvaluation> {
  const document = await readDocument(evaluationDocument, input, join(input.path, 'evaluation.json'));
  if (!document.ok) return document;
  const { n, labels } = document.value;
  if (labels.length > 256) {
    return err(
      unreadable(input, join(input.path, 'evaluation.json'), 'more than 256 labels are not supported'),
    );
  }
  const predictions = await reader.read(input, join(input.path, 'predictions.jsonl'), {
    classes: labels.length,
    rows: { count: n, saidBy: 'evaluation.json' },
    isMeasured: true,
  });
  if (!predictions.ok) return predictions;
  const telemetry = await readTelemetry(input, document.value.probe.cpu_count, signal);
  if (!telemetry.ok) return telemetry;
  const isTimed = document.value.verdict !== 'not-timed';
  const timed = isTimed
    ? await readWindows(input, predictions.value, signal)
    : ok({ windows: [], windowTokens: [] });
  if (!timed.ok) return timed;
  return ok({
    source: sourceOf(input),
    document: document.value,
    predictions: predictions.value,
    telemetry: telemetry.value,
    ...timed.value,
  });
}

/** The classes are those of the training that made them. */
async function readValidation(
  input: JobInput,
  reader: PredictionReader,
  training: readonly LoadedTraining[],
): Read<LoadedValidation> {
  const own = training.find(({ source }) => source.instance === input.instance && source.key === input.key);
  if (own === undefined || own.document.labels.length === 0) {
    return err(
      unreadable(input, input.path, 'no training.json of the same instance says what its classes are'),
    );
  }
  const predictions = await reader.read(input, input.path, {
    classes: own.document.labels.length,
    isMeasured: false,
  });
  return predictions.ok ? ok({ source: sourceOf(input), predictions: predictions.value }) : predictions;
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
  const reader = new PredictionReader(signal);
  const evaluations = await all('evaluation', (input) => readEvaluation(input, reader, signal));
  if (!evaluations.ok) return evaluations;
  const timings = job.inputs['baseline-timing'] ?? [];
  const baselines = await all('baseline', (input) => readBaselines(input, timings, reader));
  if (!baselines.ok) return baselines;
  const training = await cards('training', trainingDocument);
  if (!training.ok) return training;
  const validation = await all('validation', (input) => readValidation(input, reader, training.value));
  if (!validation.ok) return validation;
  const conversions = await cards('conversion', conversionDocument);
  if (!conversions.ok) return conversions;
  const exports = await cards('export', exportDocument);
  if (!exports.ok) return exports;
  const fetch = await cards('fetch', fetchDocument);
  if (!fetch.ok) return fetch;
  const hydration = await cards('hydration', hydrationDocument);
  if (!hydration.ok) return hydration;
  const clean = await cards('clean', cleanDocument);
  if (!clean.ok) return clean;
  const split = await cards('split', splitDocument);
  if (!split.ok) return split;
  const encode = await cards('encode', encodeDocument);
  if (!encode.ok) return encode;
  const deployments = await cards('deployment', deploymentDocument);
  if (!deployments.ok) return deployments;
  const published = await readPublished(job.external.published);
  if (!published.ok) return published;
  const made = isSynthetic({ fetch: fetch.value, split: split.value });
  const texts = made ? 'synthetic' : job.options.texts === 'local' ? 'local' : 'withheld';
  const splits = [...(job.inputs['fit-split'] ?? []), ...(job.inputs['test-split'] ?? [])];
  const wording = await readWording(splits, texts !== 'withheld', signal);
  if (!wording.ok) return wording;
  return ok({
    study: job.study,
    title: typeof job.options.title === 'string' ? job.options.title : job.study,
    profile: job.profile,
    history: job.history ?? [],
    call: job.call ?? null,
    evaluations: evaluations.value,
    baselines: baselines.value.flat(),
    training: training.value,
    validation: validation.value,
    texts,
    wording: wording.value,
    conversions: conversions.value,
    exports: exports.value,
    fetch: fetch.value,
    hydration: hydration.value,
    clean: clean.value,
    split: split.value,
    encode: encode.value,
    deployments: deployments.value,
    published: published.value,
  });
}
