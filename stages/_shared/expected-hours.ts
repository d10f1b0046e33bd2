import { canonicalJson, type Json } from '../../pipeline/base/canonical.js';
import type { EstimateContext, KnownResult, StageEstimate } from '../../pipeline/contract/stage.js';
import { multiplyAccumulates } from './model-operations.js';
import { PARITY_TEXTS, type Protocol, type TimingProtocol } from './protocols.js';
import { PUBLISHED_MODEL, PUBLISHED_SECONDS, PUBLISHED_TOKENS, publishedBoard } from './published-speeds.js';

/** As the stages that measure resolve them. */
interface Measuring {
  readonly protocol: Protocol & Partial<TimingProtocol> & { readonly name: string; readonly rest_s?: number };
  readonly threads: number;
  readonly device: { readonly name: string; readonly transport: string };
  readonly limit?: number;
  readonly timing?: 'none';
  readonly answers?: { readonly from: 'host' };
}

interface Speed {
  /** Of one inference. */
  readonly seconds: number;
  readonly basis: string;
}

/** How long a measurement occupies its device: from its like if that ran, else from the time of one inference. */
export function expectedMeasurement(context: EstimateContext): StageEstimate {
  const options = context.options as unknown as Measuring;
  const { protocol, timing, answers } = options;
  const work = [
    protocol.name,
    timing === 'none' ? 'answers alone' : '',
    answers === undefined ? '' : 'answers on this machine',
    typeof context.coordinates.precision === 'string' ? context.coordinates.precision : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
  const tweets = tweetsOf(context, options);
  const twin = context.earlier.find(
    (one) => sameWork(one, context) && (tweets === null || one.summary.tweets === tweets),
  );
  if (twin !== undefined) return { seconds: twin.seconds, work, basis: 'the same took so long before' };
  const speed = measuredSpeed(context, options) ?? publishedSpeed(context, options);
  if (speed === null) return { seconds: null, work, basis: 'no earlier measurement' };
  if (tweets === null) {
    return {
      seconds: null,
      work,
      basis: `${speed.basis}; the number of test tweets is known when \`split\` has run`,
    };
  }
  const seconds = secondsOnDevice(options, tweets, speed.seconds);
  return { seconds, work, basis: `${tweets} tweets; ${speed.basis}` };
}

/** Exported for its tests. */
export function secondsOnDevice(
  { protocol, device, timing, answers }: Measuring,
  tweets: number,
  inference: number,
): number {
  const { before_s, after_s, warmup, windows, rest_s = 0 } = protocol;
  const compared = Math.min(PARITY_TEXTS, tweets);
  const parity = device.transport === 'local' ? 0 : compared * inference;
  const answered = (warmup + (answers === undefined ? tweets : compared)) * inference;
  if (timing === 'none') return parity + answered;
  const sum = parity + before_s + answered + rest_s + after_s;
  if (windows === undefined) return sum;
  const round = Math.min(windows.inferences, tweets) * inference;
  const least = Math.max(windows.seconds, windows.inferences * inference);
  // Whole rounds; warming up ends when it is steady, and at the latest then.
  const timed = Math.ceil(least / round - 1e-9) * round;
  return sum + windows.count * (timed + Math.max(windows.steady_s, warmup * inference));
}

function tweetsOf({ upstream, earlier }: EstimateContext, { limit }: Measuring): number | null {
  const split = upstream.find(({ uses }) => uses === 'split')?.last;
  const whole = earlier.find((one) => one.options.limit === undefined)?.summary.tweets;
  const known = split?.summary.test ?? whole;
  if (typeof known !== 'number') return limit ?? null;
  return Math.min(known, limit ?? known);
}

function sameWork({ coordinates, options }: KnownResult, context: EstimateContext): boolean {
  const withoutSeed = (all: EstimateContext['coordinates']): string => canonicalJson({ ...all, seed: null });
  return (
    withoutSeed(coordinates) === withoutSeed(context.coordinates) &&
    canonicalJson(options as Json) === canonicalJson(context.options as Json)
  );
}

function measuredSpeed(
  { earlier, coordinates }: EstimateContext,
  { device, threads }: Measuring,
): Speed | null {
  const alike = earlier.flatMap(({ coordinates: other, options, summary }) => {
    const { device: on, threads: own } = options as unknown as Measuring;
    const { latency_median_ms: median, verdict } = summary;
    const isSame = other.model === coordinates.model && other.precision === coordinates.precision;
    const isHere = isSame && on.name === device.name && own === threads;
    return isHere && typeof median === 'number' ? [{ median, verdict }] : [];
  });
  const valid = alike.filter(({ verdict }) => verdict !== 'invalid');
  // A timing that is in no comparison is still better than none to plan with.
  const medians = (valid.length > 0 ? valid : alike).map((one) => one.median).sort((a, b) => a - b);
  const median = medians[Math.floor(medians.length / 2)];
  if (median === undefined) return null;
  const spoilt = valid.length > 0 ? '' : ', INVALID';
  const count = medians.length === 1 ? 'one earlier evaluation' : `${medians.length} earlier evaluations`;
  return { seconds: median / 1000, basis: `measured: ${shown(median / 1000)} each in ${count}${spoilt}` };
}

function publishedSpeed(
  { board, coordinates, models, upstream }: EstimateContext,
  { device, threads }: Measuring,
): Speed | null {
  const known = publishedBoard(board, device.name);
  const speeds = known === null ? undefined : PUBLISHED_SECONDS[known];
  const precision = coordinates.precision;
  if (speeds === undefined || (precision !== 'fp32' && precision !== 'fp16' && precision !== 'int8'))
    return null;
  const model = models[String(coordinates.model)];
  const { tokens, text } = tokensOf(upstream);
  const own = model === undefined ? null : multiplyAccumulates(model, tokens);
  const published = multiplyAccumulates(PUBLISHED_MODEL, PUBLISHED_TOKENS);
  if (own === null || published === null) return null;
  const ratio = own / published;
  const scaled =
    ratio === 1
      ? ''
      : `, scaled by ${Number(ratio.toPrecision(2))} for the operations of this one at ${text}`;
  const named = board === null ? ', by its name alone' : '';
  const more = threads === 1 ? '' : `, one thread in place of ${threads}`;
  return {
    seconds: speeds[precision] * ratio,
    basis: `published for ${known}${named}, MobileBERT at ${PUBLISHED_TOKENS} tokens: ${shown(speeds[precision])} each${scaled}${more}`,
  };
}

/** How long texts are on the device: what the file takes, the mean of what was encoded, or at most what is asked for. */
function tokensOf(upstream: EstimateContext['upstream']): { readonly tokens: number; readonly text: string } {
  const fixed = upstream.find(({ uses }) => uses === 'freeze')?.options.sequence_length;
  if (typeof fixed === 'number') return { tokens: fixed, text: `${fixed} tokens` };
  const encode = upstream.find(({ uses }) => uses === 'encode');
  const mean = encode?.last?.summary.mean_tokens;
  if (typeof mean === 'number') return { tokens: mean, text: `${mean} tokens, the mean of these tweets` };
  const most = encode?.options.max_length;
  const tokens = typeof most === 'number' ? most : PUBLISHED_TOKENS;
  return { tokens, text: `${tokens} tokens, the most there may be` };
}

const shown = (seconds: number): string =>
  seconds >= 1 ? `${Number(seconds.toPrecision(3))} s` : `${Number((seconds * 1000).toPrecision(3))} ms`;
