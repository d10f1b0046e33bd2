import { Agent } from 'node:https';
import { ApiPartialResponseError, ApiRequestError, ApiResponseError, TwitterApi } from 'twitter-api-v2';
import { z } from 'zod';
import type { StageFailure } from '../../pipeline/contract/worker.js';
import {
  type BadAnswer,
  beginningOf,
  parseJson,
  problemName,
  problemSchema,
  type ReadAnswer,
  readAnswer,
} from './answer.js';
import { failures } from './failures.js';
import { type Headers, readLimit, secondsUntilReset } from './rate-limit.js';

/** What came of one request. */
export type Outcome =
  | ({
      readonly kind: 'answered';
      /** Until when nothing may be asked, seconds from now; 0 where more may. */
      readonly pauseSeconds: number;
      /** Requests in a window, and those that are left in it, as X says. */
      readonly limit: number | undefined;
      readonly remaining: number | undefined;
    } & ReadAnswer)
  | { readonly kind: 'limited'; readonly pauseSeconds: number }
  /** These ids alone are refused; the others may be asked again. */
  | { readonly kind: 'invalid-ids'; readonly ids: readonly string[] }
  /** The same request with the other names of its fields. */
  | { readonly kind: 'renamed' }
  | { readonly kind: 'try-again'; readonly problem: string; readonly pauseSeconds: number }
  | { readonly kind: 'bad-answer'; readonly bad: BadAnswer }
  | { readonly kind: 'stop'; readonly failure: StageFailure };

export interface Access {
  /** `name` or `name:port`. */
  readonly host: string;
  readonly token: string;
  /** Certificates to trust, in PEM; those of Node without it. */
  readonly authorities: string | undefined;
  readonly timeoutSeconds: number;
}

const FIELDS = 'id,note_tweet,text,withheld';
/** X renames `tweet.fields`; which name it knows is found out by asking. */
export type FieldsName = 'tweet.fields' | 'post.fields';

const invalidSchema = problemSchema.extend({
  errors: z.array(z.object({ parameters: z.record(z.string(), z.array(z.string())).optional() })).optional(),
});

/** One connection to X, which is kept; one request at a time. */
export class Lane {
  readonly #agent: Agent;
  readonly #client: TwitterApi;
  readonly #access: Access;

  constructor(access: Access) {
    const [name = '', port = '443'] = access.host.split(':');
    // The library connects to its own host alone; what an agent names goes before. No server name for an address.
    this.#agent = new Agent({
      host: name,
      port: Number(port),
      servername: /^[0-9.]+$/.test(name) ? '' : name,
      keepAlive: true,
      maxSockets: 1,
      ...(access.authorities === undefined ? {} : { ca: access.authorities }),
    });
    this.#client = new TwitterApi(access.token, { httpAgent: this.#agent, compression: 'identity' });
    this.#access = access;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Asks for at most 100 tweets. */
  async ask(ids: readonly string[], fields: FieldsName): Promise<Outcome> {
    // As text: the library's own reading of JSON ends the process where `errors` holds null.
    const request = this.#client.v2.get<string>(
      'tweets',
      { ids: ids.join(','), [fields]: FIELDS },
      { fullResponse: true, forceParseMode: 'text' },
    );
    const deadline = this.#deadline();
    try {
      const response = await Promise.race([request, deadline.passed]);
      if (response === undefined) {
        this.#agent.destroy();
        request.catch(() => undefined);
        const seconds = this.#access.timeoutSeconds;
        return { kind: 'try-again', problem: `no whole answer in ${seconds} s`, pauseSeconds: 0 };
      }
      const read = readAnswer(response.data, ids);
      if (!read.ok) return { kind: 'bad-answer', bad: read.error };
      const limit = readLimit(response.headers);
      const pauseSeconds = limit?.remaining === 0 ? secondsUntilReset(response.headers) : 0;
      const { limit: requests, remaining } = limit ?? {};
      return { kind: 'answered', ...read.value, pauseSeconds, limit: requests, remaining };
    } catch (error) {
      return this.#outcomeOf(error, fields);
    } finally {
      deadline.clear();
    }
  }

  #deadline(): { readonly passed: Promise<undefined>; clear(): void } {
    let timer: NodeJS.Timeout | undefined;
    const passed = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), this.#access.timeoutSeconds * 1000);
    });
    return { passed, clear: () => clearTimeout(timer) };
  }

  #outcomeOf(error: unknown, fields: FieldsName): Outcome {
    if (error instanceof ApiResponseError) {
      return refusal(error.code, error.headers, String(error.data ?? ''), fields);
    }
    if (error instanceof ApiPartialResponseError) {
      return { kind: 'try-again', problem: 'the connection was cut in an answer', pauseSeconds: 0 };
    }
    if (error instanceof ApiRequestError) {
      const { code = '', message } = causeOf(error);
      if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_(GET|VERIFY)/.test(code)) {
        return { kind: 'stop', failure: failures.untrusted(this.#access.host, message) };
      }
      return { kind: 'try-again', problem: message, pauseSeconds: 0 };
    }
    throw error;
  }
}

/** What a status of 400 and more means. Exported for its test. */
export function refusal(status: number, headers: Headers, body: string, fields: FieldsName): Outcome {
  const json = parseJson(body);
  const parsed = invalidSchema.safeParse(json);
  const problem = parsed.success ? parsed.data : {};
  const detail = problem.detail ?? problem.title ?? beginningOf(body);
  const name = problemName(problem.type);
  if (name === 'usage-capped' || problem.title === 'UsageCapExceeded') {
    return { kind: 'stop', failure: failures.usageCapped(detail) };
  }
  if (status === 429) {
    const spent = readLimit(headers)?.remaining === 0;
    if (spent) return { kind: 'limited', pauseSeconds: secondsUntilReset(headers) };
    return {
      kind: 'try-again',
      problem: `too many requests (429): ${detail}`,
      pauseSeconds: retryAfter(headers),
    };
  }
  if (status >= 500 || status === 408) {
    return { kind: 'try-again', problem: `${detail} (${status})`, pauseSeconds: retryAfter(headers) };
  }
  if (status === 401) return { kind: 'stop', failure: failures.unauthorized() };
  if (status === 403) return { kind: 'stop', failure: failures.forbidden(detail) };
  const parameters = parsed.success ? (parsed.data.errors ?? []).map((entry) => entry.parameters ?? {}) : [];
  if (status === 400 && fields === 'tweet.fields' && parameters.some((entry) => fields in entry)) {
    return { kind: 'renamed' };
  }
  const ids = parameters.flatMap((entry) => entry.ids ?? []);
  if (status === 400 && ids.length > 0) return { kind: 'invalid-ids', ids };
  return { kind: 'stop', failure: failures.refused(status, detail) };
}

function retryAfter(headers: Headers): number {
  const seconds = Number(headers['retry-after'] ?? 0);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}

/** The library keeps the cause under a name that its own getter, in 1.29, does not look for. */
function causeOf(error: ApiRequestError): Pick<NodeJS.ErrnoException, 'code' | 'message'> {
  const options: unknown = Reflect.get(error, '_options');
  const cause = (options as { readonly error?: unknown } | undefined)?.error;
  return cause instanceof Error ? (cause as NodeJS.ErrnoException) : { message: error.message };
}
