import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { randomFrom } from '../base/random.js';
import { loopbackCertificate } from './test-certificate.js';

/** What the stand-in has of a tweet: a text, or a problem by the last segment of its type. */
export type StandInTweet =
  | {
      readonly text: string;
      readonly note?: string;
      readonly withheld?: { readonly copyright: boolean; readonly country_codes: readonly string[] };
    }
  | { readonly problem: string }
  /** Neither a tweet nor a problem comes. */
  | 'nothing';

/** What one request meets in place of its answer. */
export type Fault =
  | 'service-unavailable'
  | 'html-page'
  | 'html-error'
  | 'rate-limited'
  | 'usage-capped'
  | 'forbidden'
  | 'cut-before'
  | 'cut-body'
  | 'slow-body'
  | 'wrong-ids'
  | 'numeric-ids';

export interface StandInOptions {
  readonly token: string;
  readonly tweet: (id: string) => StandInTweet;
  /** Which fault the request of that number, from 1, meets. */
  readonly fault?: (request: number) => Fault | undefined;
  /** Requests in a window; without it as many as there are. */
  readonly limit?: { readonly requests: number; readonly windowSeconds: number };
  /** The name of the fields' parameter that it knows; the others are refused. */
  readonly fields?: 'tweet.fields' | 'post.fields';
  /** Called with the ids of each request that is well formed, before anything else happens to it. */
  readonly onRequest?: (ids: readonly string[], request: number) => void;
  /** Called when the whole answer has been handed to the system. */
  readonly onAnswered?: (ids: readonly string[], request: number) => void;
}

const PROBLEMS = 'https://api.twitter.com/2/problems';
/** Leads from an id to one that nobody asks for, also where ids follow one another. */
const ELSEWHERE = 10n ** 15n;
const TITLES: Readonly<Record<string, string>> = {
  'resource-not-found': 'Not Found Error',
  'not-authorized-for-resource': 'Authorization Error',
};

/**
 * Stands in for `GET /2/tweets` of the X API on this machine's loopback, over TLS: requests are checked, and answers formed, as version
 * 2.166 of its OpenAPI description says and recordings of the real one show. It is no X: nothing that it says is a tweet.
 */
export class XApiStandIn implements AsyncDisposable {
  readonly #server: Server;
  readonly #options: StandInOptions;
  readonly #random = randomFrom(1);
  #requests = 0;
  #windowEnds = 0;
  #inWindow = 0;
  /** PEM; who asks must trust it. */
  readonly certificate: string;

  private constructor(options: StandInOptions) {
    const { key, certificate } = loopbackCertificate();
    this.certificate = certificate;
    this.#options = options;
    this.#server = createServer({ key, cert: certificate }, (request, response) => {
      this.#handle(request, response);
    });
  }

  static async start(options: StandInOptions): Promise<XApiStandIn> {
    const standIn = new XApiStandIn(options);
    await new Promise<void>((done) => standIn.#server.listen(0, '127.0.0.1', done));
    return standIn;
  }

  /** `localhost:PORT`. */
  get host(): string {
    return `localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Requests that have come so far, refused ones included. */
  get requests(): number {
    return this.#requests;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    this.#requests += 1;
    const number = this.#requests;
    const url = new URL(request.url ?? '', 'https://stand-in');
    const refused = this.#refusalOf(request, url);
    if (refused !== undefined) {
      problem(response, ...refused);
      return;
    }
    const ids = (url.searchParams.get('ids') ?? '').split(',');
    this.#options.onRequest?.(ids, number);
    const fault = this.#options.fault?.(number);
    const headers = this.#count(fault);
    if (headers === undefined) {
      this.#limited(response);
      return;
    }
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (fault !== undefined && this.#isRefused(fault, response)) return;
    const body = JSON.stringify(this.#bodyOf(ids, fault));
    response.setHeader('content-type', 'application/json; charset=utf-8');
    if (fault === 'cut-body' || fault === 'slow-body') {
      response.setHeader('content-length', Buffer.byteLength(body));
      response.write(body.slice(0, Math.floor(body.length / 2)));
      // A slow body never ends: who waits has to stop by itself.
      if (fault === 'cut-body') setImmediate(() => response.destroy());
      return;
    }
    response.end(body, () => this.#options.onAnswered?.(ids, number));
  }

  #refusalOf(request: IncomingMessage, url: URL): readonly [status: number, body: object] | undefined {
    if (request.headers.authorization !== `Bearer ${this.#options.token}`) {
      return [401, { title: 'Unauthorized', type: 'about:blank', detail: 'Unauthorized' }];
    }
    if (request.method !== 'GET' || url.pathname !== '/2/tweets') {
      return [404, { title: 'Not Found', type: 'about:blank', detail: 'Not Found' }];
    }
    const mistake = this.#mistakeIn(url.searchParams);
    return mistake === undefined ? undefined : [400, invalid(mistake.parameter, mistake.values)];
  }

  #mistakeIn(query: URLSearchParams): { readonly parameter: string; readonly values: string[] } | undefined {
    const { fields = 'tweet.fields' } = this.#options;
    for (const [name, value] of query)
      if (name !== 'ids' && name !== fields) return { parameter: name, values: [value] };
    const ids = query.get('ids')?.split(',') ?? [];
    if (ids.length < 1 || ids.length > 100) return { parameter: 'ids', values: [query.get('ids') ?? ''] };
    // Larger than what holds a tweet's id: refused though the pattern lets it through.
    const bad = ids.filter((id) => !/^[0-9]{1,19}$/.test(id) || BigInt(id) >= 2n ** 63n);
    return bad.length > 0 ? { parameter: 'ids', values: bad } : undefined;
  }

  /** The headers of this request's window; undefined where it is spent. */
  #count(fault: Fault | undefined): Readonly<Record<string, string>> | undefined {
    const { requests, windowSeconds } = this.#options.limit ?? { requests: 1_000_000, windowSeconds: 900 };
    const now = Date.now() / 1000;
    if (now >= this.#windowEnds) {
      this.#windowEnds = Math.ceil(now) + windowSeconds;
      this.#inWindow = 0;
    }
    if (fault === 'rate-limited' || this.#inWindow >= requests) return undefined;
    this.#inWindow += 1;
    return limitHeaders(requests, requests - this.#inWindow, this.#windowEnds);
  }

  #limited(response: ServerResponse): void {
    const { requests } = this.#options.limit ?? { requests: 1_000_000 };
    const reset = this.#options.limit === undefined ? Math.ceil(Date.now() / 1000) : this.#windowEnds;
    for (const [name, value] of Object.entries(limitHeaders(requests, 0, reset))) {
      response.setHeader(name, value);
    }
    problem(response, 429, { title: 'Too Many Requests', type: 'about:blank', detail: 'Too Many Requests' });
  }

  /** Whether the fault has answered in place of us. */
  #isRefused(fault: Fault, response: ServerResponse): boolean {
    switch (fault) {
      case 'service-unavailable':
        problem(response, 503, {
          title: 'Service Unavailable',
          type: 'about:blank',
          detail: 'Service Unavailable',
        });
        return true;
      case 'html-page':
      case 'html-error':
        response.writeHead(fault === 'html-page' ? 200 : 502, { 'content-type': 'text/html' });
        response.end('<!DOCTYPE html><html><head><title>Sign in to the guest network</title></head></html>');
        return true;
      case 'usage-capped':
        problem(response, 429, {
          title: 'UsageCapExceeded',
          type: `${PROBLEMS}/usage-capped`,
          detail: 'Usage cap exceeded: Monthly product cap',
          period: 'Monthly',
          scope: 'Product',
        });
        return true;
      case 'forbidden':
        problem(response, 403, {
          title: 'Client Forbidden',
          type: `${PROBLEMS}/client-forbidden`,
          detail: 'This app is not in a project.',
        });
        return true;
      case 'cut-before':
        response.destroy();
        return true;
      default:
        return false;
    }
  }

  #bodyOf(ids: readonly string[], fault: Fault | undefined): object {
    const edit = this.#options.fields === 'post.fields' ? 'edit_history_post_ids' : 'edit_history_tweet_ids';
    const data: object[] = [];
    const errors: object[] = [];
    for (const id of this.#shuffled(ids)) {
      const tweet = this.#options.tweet(id);
      if (tweet === 'nothing') continue;
      if ('problem' in tweet) {
        errors.push(missing(id, tweet.problem));
        continue;
      }
      const { text, note, withheld } = tweet;
      const shown = fault === 'wrong-ids' ? String(BigInt(id) + ELSEWHERE) : id;
      data.push({
        [edit]: [shown],
        id: fault === 'numeric-ids' ? Number(shown) : shown,
        text,
        ...(note === undefined ? {} : { note_tweet: { text: note } }),
        ...(withheld === undefined ? {} : { withheld }),
      });
    }
    // One that is about something else than what was asked for.
    if (data.length > 0) {
      errors.push({ ...missing('1', 'resource-not-found'), parameter: 'referenced_tweets.id' });
    }
    return { ...(data.length > 0 ? { data } : {}), ...(errors.length > 0 ? { errors } : {}) };
  }

  #shuffled(ids: readonly string[]): readonly string[] {
    return ids
      .map((id) => [this.#random(), id] as const)
      .sort(([a], [b]) => a - b)
      .map(([, id]) => id);
  }
}

function missing(id: string, name: string): object {
  return {
    value: id,
    detail: `Could not find tweet with ids: [${id}].`,
    title: TITLES[name] ?? name,
    resource_type: 'tweet',
    parameter: 'ids',
    resource_id: id,
    type: `${PROBLEMS}/${name}`,
  };
}

function invalid(parameter: string, values: readonly string[]): object {
  return {
    errors: [{ parameters: { [parameter]: values }, message: `[${parameter}] is not valid` }],
    title: 'Invalid Request',
    detail: 'One or more parameters to your request was invalid.',
    type: `${PROBLEMS}/invalid-request`,
  };
}

function problem(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/problem+json; charset=utf-8' });
  response.end(JSON.stringify({ status, ...body }));
}

function limitHeaders(limit: number, remaining: number, reset: number): Readonly<Record<string, string>> {
  return {
    'x-rate-limit-limit': String(limit),
    'x-rate-limit-remaining': String(remaining),
    'x-rate-limit-reset': String(reset),
  };
}
