import type { Gate, GateName } from '../contract/gate.js';
import type { MeterFinding } from '../contract/meter.js';
import type { ResultMessage, TelemetryLine, WindowMessage } from './messages.js';

/** Processors that others may use while inferences are timed. */
export const NEIGHBOUR_LIMIT = 0.25;
/** Of one processor's time, taken by the hypervisor. */
export const STOLEN_LIMIT = 0.05;
/** Share of samples below the clock that was asked for. */
export const FREQUENCY_SHARE = 0.01;
/** Seconds that the device's clock may be off, and that it may be set by while measuring. */
export const CLOCK_OFFSET_LIMIT = 1;
export const CLOCK_JUMP_LIMIT = 0.1;

/** Bits of `vcgencmd get_throttled`; 16 above each is the same since the board started. */
const UNDER_VOLTAGE = 0b0001;
const THROTTLED = 0b1110;
const THROTTLE_WORDS = ['', 'its clock capped', 'throttled', 'at its soft temperature limit'];
/** Enough to see when it began and how long it went on. */
const SHOWN_SAMPLES = 20;

export interface Measured {
  readonly samples: readonly TelemetryLine[];
  /** When inferences were timed. */
  readonly windows: readonly Pick<WindowMessage, 'from_s' | 'to_s' | 'neighbours'>[];
  readonly governor: ResultMessage['governor'];
  readonly clockJump: number;
  /** Device clock minus host clock, seconds. */
  readonly clockOffset: number;
  /** What is wrong with the energy of the windows; null where no power meter recorded them. */
  readonly power: readonly MeterFinding[] | null;
}

type Judgement = Omit<Gate, 'gate'>;

const passed = (message: string): Judgement => ({ verdict: 'passed', message, samples: [] });
const notChecked = (message: string): Judgement => ({ verdict: 'not-checked', message, samples: [] });
const failed = (message: string, samples: Gate['samples'] = []): Judgement => ({
  verdict: 'failed',
  message,
  samples: samples.slice(0, SHOWN_SAMPLES),
});

/** Judges a measurement by what was sampled while its inferences were timed (research of issue 7, section 3.1). */
export function judge(measured: Measured): Gate[] {
  const gates: Readonly<Record<GateName, (all: Measured) => Judgement>> = {
    'under-voltage': (all) => throttling(all, UNDER_VOLTAGE),
    throttling: (all) => throttling(all, THROTTLED),
    frequency,
    swap: (all) =>
      growth(all, ({ swapped_in_bytes_total }) => swapped_in_bytes_total, 'bytes were read back from swap'),
    'page-faults': (all) =>
      growth(all, ({ major_faults_total }) => major_faults_total, 'page faults waited for the disk'),
    neighbours,
    'stolen-time': stolenTime,
    clock,
    'power-samples': powerSamples,
  };
  return Object.entries(gates).map(([gate, check]) => ({ gate: gate as GateName, ...check(measured) }));
}

/** Whether the timing does not count. A meter that lost samples spoils the energy alone. */
export const isInvalid = (gates: readonly Gate[]): boolean =>
  gates.some(({ gate, verdict }) => verdict === 'failed' && gate !== 'power-samples');

function inside({ samples }: Measured, { from_s, to_s }: Measured['windows'][number]): TelemetryLine[] {
  return samples.filter(({ t_s }) => t_s >= from_s && t_s <= to_s);
}

const insideAny = (measured: Measured): TelemetryLine[] =>
  measured.windows.flatMap((window) => inside(measured, window));

function throttling(measured: Measured, bits: number): Judgement {
  const asked = measured.samples.filter(({ throttled }) => typeof throttled === 'number');
  const from = Math.min(...measured.windows.map(({ from_s }) => from_s));
  // The pass before may warm the board up on all its processors: what that brought is not the windows'.
  const first = asked.findLast(({ t_s }) => t_s < from) ?? asked[0];
  if (first === undefined) return notChecked('the machine has no vcgencmd, which alone tells it');
  const mask = ({ throttled }: TelemetryLine): number => throttled ?? 0;
  const to = Math.max(...measured.windows.map(({ to_s }) => to_s));
  const now = asked.filter((one) => one.t_s >= from && one.t_s <= to && (mask(one) & bits) !== 0);
  // What happened between two looks shows in the bits that stay set.
  const stays = asked.filter(
    (one) => one.t_s >= first.t_s && (mask(one) & ~mask(first) & (bits << 16)) !== 0,
  );
  const shown = now.length > 0 ? now : stays;
  const [earliest] = shown;
  if (earliest === undefined) {
    const before = (mask(first) & (bits << 16)) !== 0 ? '; it had been before, since the board started' : '';
    return passed(`never in ${asked.length} looks${before}`);
  }
  const seen = mask(earliest) | (mask(earliest) >> 16);
  const what =
    bits === UNDER_VOLTAGE
      ? 'its supply fell below 4.63 V'
      : `it was ${THROTTLE_WORDS.filter((_, bit) => bit > 0 && (seen & (1 << bit)) !== 0).join(' and ')}`;
  return failed(
    `${what} at ${earliest.t_s.toFixed(1)} s (mask 0x${mask(earliest).toString(16)})`,
    shown.map((one) => ({ t_s: one.t_s, value: mask(one) })),
  );
}

function frequency(measured: Measured): Judgement {
  const known = insideAny(measured).filter(({ frequency_mhz }) => typeof frequency_mhz === 'number');
  if (known.length === 0) return notChecked('the machine does not tell its clock');
  const { name, pinned_mhz } = measured.governor;
  if (pinned_mhz === null) {
    return notChecked(`the governor ${name ?? 'of the machine'} chose the clock: measured as shipped`);
  }
  // Boards round what they were asked for.
  const low = known.filter(({ frequency_mhz }) => (frequency_mhz ?? 0) < 0.99 * pinned_mhz);
  if (low.length <= FREQUENCY_SHARE * known.length) return passed(`${pinned_mhz} MHz held`);
  const lowest = Math.min(...low.map(({ frequency_mhz }) => frequency_mhz ?? 0));
  return failed(
    `${low.length} of ${known.length} samples are below ${pinned_mhz} MHz, the lowest ${lowest} MHz`,
    low.map(({ t_s, frequency_mhz }) => ({ t_s, value: frequency_mhz ?? 0 })),
  );
}

/** Of something that must not grow while inferences are timed. */
function growth(
  measured: Measured,
  pick: (line: TelemetryLine) => number | undefined,
  what: string,
): Judgement {
  let grown = 0;
  let looks = 0;
  const samples: { t_s: number; value: number }[] = [];
  for (const window of measured.windows) {
    let last: number | undefined;
    for (const line of inside(measured, window)) {
      const value = pick(line);
      if (value === undefined) continue;
      looks += 1;
      if (last !== undefined && value > last) {
        grown += value - last;
        samples.push({ t_s: line.t_s, value: value - last });
      }
      last = value;
    }
  }
  if (looks < 2) return notChecked('too few samples while inferences were timed');
  if (grown === 0) return passed(`none in ${looks} samples`);
  return failed(`${grown} ${what}, first at ${samples[0]?.t_s.toFixed(1)} s`, samples);
}

/** What grew per second, window by window; windows with too few samples have none. */
function rates(measured: Measured, pick: (line: TelemetryLine) => number): { t_s: number; value: number }[] {
  return measured.windows.flatMap((window) => {
    const lines = inside(measured, window).filter(({ process_s_total }) => process_s_total !== undefined);
    const [first] = lines;
    const last = lines.at(-1);
    if (first === undefined || last === undefined || last.t_s - first.t_s < 0.2) return [];
    return [{ t_s: first.t_s, value: (pick(last) - pick(first)) / (last.t_s - first.t_s) }];
  });
}

const highest = (values: readonly { readonly value: number }[]): number =>
  Math.max(...values.map(({ value }) => value));

function neighbours(measured: Measured): Judgement {
  const others = rates(
    measured,
    (line) => line.busy_s_total - line.sampler_s_total - (line.process_s_total ?? 0),
  );
  if (others.length === 0) return notChecked('too few samples while inferences were timed');
  const most = highest(others);
  if (most <= NEIGHBOUR_LIMIT) {
    return passed(`other processes used at most ${Math.max(0, most).toFixed(2)} processors`);
  }
  const [busiest] = measured.windows.flatMap((window) => window.neighbours).sort((a, b) => b.cores - a.cores);
  const name = busiest === undefined ? '' : `, most of it ${busiest.name} (process ${busiest.pid})`;
  return failed(
    `other processes used ${most.toFixed(2)} processors${name}`,
    others.filter(({ value }) => value > NEIGHBOUR_LIMIT),
  );
}

function stolenTime(measured: Measured): Judgement {
  const stolen = rates(measured, ({ stolen_s_total }) => stolen_s_total);
  if (stolen.length === 0) return notChecked('too few samples while inferences were timed');
  const most = highest(stolen);
  const text = `${(100 * most).toFixed(0)} % of a processor`;
  if (most <= STOLEN_LIMIT) return passed(`the hypervisor, if there is one, took at most ${text}`);
  return failed(
    `the hypervisor gave ${text} to other machines`,
    stolen.filter(({ value }) => value > STOLEN_LIMIT),
  );
}

function clock({ clockJump, clockOffset }: Measured): Judgement {
  if (Math.abs(clockJump) > CLOCK_JUMP_LIMIT)
    return failed(`the device's clock was set by ${clockJump.toFixed(1)} s while it measured`);
  if (Math.abs(clockOffset) > CLOCK_OFFSET_LIMIT)
    return failed(`the device's clock is ${clockOffset.toFixed(1)} s off this machine's`);
  return passed(`${clockOffset.toFixed(3)} s off this machine's, and not set meanwhile`);
}

function powerSamples({ power }: Measured): Judgement {
  if (power === null) return notChecked('no power meter recorded it');
  const [first] = power;
  if (first === undefined) return passed('all windows and the rest around them were recorded');
  const samples = power.flatMap((finding) => finding.samples.flatMap(shownSample));
  const earliest = samples.reduce<number | null>(
    (least, { t_s }) => (least === null || t_s < least ? t_s : least),
    null,
  );
  const when = earliest === null ? '' : `, first at ${earliest.toFixed(1)} s`;
  const causes = [...new Set(power.map(({ gate, message }) => `${message} (${gate})`))];
  return failed(`${causes.join('; ')}${when}`, samples);
}

/** When it was, and what counts there: samples missing, watts, or the seconds that were not recorded. */
function shownSample(sample: MeterFinding['samples'][number]): { t_s: number; value: number }[] {
  if (typeof sample !== 'object' || sample === null || Array.isArray(sample)) return [];
  const { from_s, to_s, missing, mean_w } = sample as Readonly<Record<string, unknown>>;
  if (typeof from_s !== 'number' || typeof to_s !== 'number') return [];
  const value = [missing, mean_w].find((one) => typeof one === 'number') ?? to_s - from_s;
  return [{ t_s: from_s, value }];
}
