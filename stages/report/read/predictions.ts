import { createHash } from 'node:crypto';
import { err, ok } from '../../../pipeline/base/result.js';
import type { JobInput } from '../../../pipeline/contract/worker.js';
import { eachLine, type Read, unreadable } from './file.js';
import type { Predictions, Tweets } from './inputs.js';

interface PredictionRow {
  readonly id?: unknown;
  readonly entity?: unknown;
  readonly label?: unknown;
  readonly predicted?: unknown;
  readonly logits?: unknown;
  readonly latency_ms?: unknown;
  readonly tokens?: unknown;
}

/** What is expected of a file of predictions. */
export interface Expected {
  readonly classes: number;
  /** How many there must be, and where that is said; absent where nothing says it. */
  readonly rows?: { readonly count: number; readonly saidBy: string };
  /** Whether rows have `predicted` and `latency_ms`; what is predicted is the highest logit otherwise. */
  readonly isMeasured: boolean;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** Checks by hand: a study has millions of these rows. */
function problemOfRow(row: PredictionRow, { classes, isMeasured }: Expected): string | undefined {
  const isClass = (value: unknown): boolean =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) < classes;
  if (typeof row !== 'object' || row === null) return 'it is no object';
  if (typeof row.id !== 'string' || typeof row.entity !== 'string')
    return '`id` and `entity` must be strings';
  if (!isClass(row.label)) return `\`label\` must be an index below ${classes}`;
  if (!Array.isArray(row.logits) || row.logits.length !== classes || !row.logits.every(isNumber))
    return `\`logits\` must be ${classes} numbers`;
  if (!isMeasured) return undefined;
  if (!isClass(row.predicted)) return `\`predicted\` must be an index below ${classes}`;
  if (typeof row.latency_ms !== 'number' && row.latency_ms !== null) return '`latency_ms` must be a number';
  return undefined;
}

/** Reads what models answered; answers to the same tweets share one list of them. */
export class PredictionReader {
  readonly #signal: AbortSignal;
  readonly #known = new Map<string, Tweets>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async read(input: JobInput, path: string, expected: Expected): Read<Predictions> {
    const { rows, isMeasured } = expected;
    const ids: string[] = [];
    const entities: string[] = [];
    const labels: number[] = [];
    const predicted: number[] = [];
    const logits: number[] = [];
    const latencies: number[] = [];
    const tokens: number[] = [];
    const hash = createHash('sha256');
    const read = await eachLine(input, path, this.#signal, (value, index) => {
      const row = value as PredictionRow;
      const problem = problemOfRow(row, expected);
      if (problem !== undefined) return problem;
      if (rows !== undefined && index >= rows.count) {
        return `${rows.saidBy} says that ${rows.count} tweets were scored, and there are more`;
      }
      const own = row.logits as readonly number[];
      const label = Number(row.label);
      ids.push(String(row.id));
      entities.push(String(row.entity));
      labels.push(label);
      predicted.push(isMeasured ? Number(row.predicted) : own.indexOf(Math.max(...own)));
      logits.push(...own);
      latencies.push(typeof row.latency_ms === 'number' ? row.latency_ms : Number.NaN);
      if (isNumber(row.tokens)) tokens.push(row.tokens);
      hash.update(`${String(row.entity)}\t${String(row.id)}\t${label}\n`);
      return undefined;
    });
    if (!read.ok) return read;
    if (rows !== undefined && read.value !== rows.count) {
      const problem = `${rows.saidBy} says that ${rows.count} tweets were scored, and there are ${read.value}`;
      return err(unreadable(input, path, problem));
    }
    return ok({
      tweets: this.#shared({ digest: hash.digest('hex'), ids, entities }),
      labels: Uint8Array.from(labels),
      predicted: Uint8Array.from(predicted),
      logits: Float32Array.from(logits),
      latenciesMs: Float64Array.from(latencies),
      tokens: tokens.length === ids.length ? tokens : [],
    });
  }

  #shared(tweets: Tweets): Tweets {
    const known = this.#known.get(tweets.digest);
    if (known !== undefined) return known;
    this.#known.set(tweets.digest, tweets);
    return tweets;
  }
}
