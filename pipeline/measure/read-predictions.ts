import { existsSync } from 'node:fs';
import { readJsonLines } from '../base/json-lines.js';
import { err, ok, type Result } from '../base/result.js';
import type { StageFailure } from '../contract/worker.js';
import { prediction } from './messages.js';

export interface Predictions {
  readonly truth: readonly number[];
  readonly predicted: readonly number[];
  readonly entities: readonly string[];
  readonly latencies_ms: readonly number[];
}

interface TestRow {
  readonly id: string;
  readonly entity: string;
  readonly label: number;
}

/**
 * Reads what the device predicted and checks it against the test set: the same tweets in the same order, as many
 * finite logits as labels, and the largest of them predicted. The first difference is the failure.
 */
export async function readPredictions(
  file: string,
  testFile: string,
  labelCount: number,
  limit: number | undefined,
): Promise<Result<Predictions, StageFailure>> {
  const bad = (line: number, message: string) =>
    err({ code: 'bad-predictions', message: `predictions.jsonl:${line}: ${message}`, file, line });
  if (!existsSync(file)) return bad(0, 'the device made no such file');
  const truth: number[] = [];
  const predicted: number[] = [];
  const entities: string[] = [];
  const latencies_ms: number[] = [];
  const lines = readJsonLines<unknown>(file);
  for await (const row of readJsonLines<TestRow>(testFile)) {
    if (limit !== undefined && truth.length >= limit) break;
    const number = truth.length + 1;
    const next = await lines.next();
    if (next.done === true) return bad(number, `the tweet ${row.id} has no prediction`);
    const parsed = prediction.safeParse(next.value);
    if (!parsed.success) return bad(number, `not a prediction: ${parsed.error.issues[0]?.message}`);
    const { id, entity, label, logits, predicted: chosen, latency_ms } = parsed.data;
    if (id !== row.id || entity !== row.entity || label !== row.label) {
      return bad(number, `${entity} ${id} stands where ${row.entity} ${row.id} should`);
    }
    if (logits.length !== labelCount) {
      return bad(number, `${logits.length} logits, but the data have ${labelCount} labels`);
    }
    if (logits.indexOf(Math.max(...logits)) !== chosen)
      return bad(number, 'not the largest logit is predicted');
    truth.push(label);
    predicted.push(chosen);
    entities.push(entity);
    latencies_ms.push(latency_ms);
  }
  if ((await lines.next()).done !== true) return bad(truth.length + 1, 'more predictions than tweets');
  return ok({ truth, predicted, entities, latencies_ms });
}
