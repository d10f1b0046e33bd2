export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Limit {
  /** Requests in a window. */
  readonly limit: number;
  /** Of the window that leaves least: X also counts days. */
  readonly remaining: number;
}

/** Names of the windows that X counts, as in its headers. */
const WINDOWS = ['x-rate-limit', 'x-app-limit-24hour', 'x-user-limit-24hour'] as const;

/** One second for the clocks: a window that is asked again too early counts as a refusal. */
const MARGIN_SECONDS = 1;

/** Where a window is spent and does not say when the next one begins: the length of the usual one. */
const WINDOW_SECONDS = 900;

/** Undefined where the headers name no limit. */
export function readLimit(headers: Headers): Limit | undefined {
  const limit = numberOf(headers, 'x-rate-limit-limit');
  const remaining = WINDOWS.map((name) => numberOf(headers, `${name}-remaining`)).filter(
    (value) => value !== undefined,
  );
  if (limit === undefined || remaining.length === 0) return undefined;
  return { limit, remaining: Math.min(...remaining) };
}

/** Seconds until every spent window has begun anew, by the clock of the server where it tells its time. */
export function secondsUntilReset(headers: Headers, now: number = Date.now()): number {
  const told = Date.parse(String(headers.date ?? ''));
  const seconds = (Number.isNaN(told) ? now : told) / 1000;
  const resets = WINDOWS.filter((name) => numberOf(headers, `${name}-remaining`) === 0).map((name) => {
    const reset = numberOf(headers, `${name}-reset`);
    return reset === undefined ? WINDOW_SECONDS : Math.max(0, reset - seconds) + MARGIN_SECONDS;
  });
  return Math.max(0, ...resets);
}

function numberOf(headers: Headers, name: string): number | undefined {
  const value = headers[name];
  if (typeof value !== 'string' || value === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}
