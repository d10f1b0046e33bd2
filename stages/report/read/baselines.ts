import { join } from 'node:path';
import { z } from 'zod';
import { err, ok } from '../../../pipeline/base/result.js';
import type { JobInput } from '../../../pipeline/contract/worker.js';
import { type Read, readDocument, sourceOf, unreadable } from './file.js';
import type { LoadedBaseline } from './inputs.js';
import type { PredictionReader } from './predictions.js';

const baselineDocument = z.object({
  labels: z.array(z.string()).min(1).max(256),
  classifiers: z.array(z.object({ name: z.string(), model_bytes: z.number().int().nonnegative() })),
});

const timingDocument = z.object({
  classifiers: z.array(
    z.object({
      name: z.string(),
      latency_ms: z.object({
        mean: z.number(),
        median: z.number(),
        p90: z.number().nullable(),
        p99: z.number().nullable(),
      }),
    }),
  ),
});

/** The classifiers of one stage `baseline`. @param timings of all such stages: the one of the same instance is taken */
export async function readBaselines(
  input: JobInput,
  timings: readonly JobInput[],
  reader: PredictionReader,
): Read<readonly LoadedBaseline[]> {
  const document = await readDocument(baselineDocument, input, join(input.path, 'baseline.json'));
  if (!document.ok) return document;
  const own = timings.find(({ instance, key }) => instance === input.instance && key === input.key);
  if (own === undefined) {
    return err(unreadable(input, input.path, 'no timing.json of the same instance says how long it took'));
  }
  const timing = await readDocument(timingDocument, own, own.path);
  if (!timing.ok) return timing;
  const { labels, classifiers } = document.value;
  const loaded: LoadedBaseline[] = [];
  for (const { name, model_bytes } of classifiers) {
    const predictions = await reader.read(input, join(input.path, `${name}.jsonl`), {
      classes: labels.length,
      isMeasured: false,
    });
    if (!predictions.ok) return predictions;
    const latency = timing.value.classifiers.find((one) => one.name === name)?.latency_ms ?? null;
    loaded.push({
      source: sourceOf(input),
      name,
      labels,
      model_bytes,
      latency_ms: latency,
      predictions: predictions.value,
    });
  }
  return ok(loaded);
}
