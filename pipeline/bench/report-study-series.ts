import { closeSync, openSync, writeSync } from 'node:fs';
import { randomFrom } from '../base/random.js';
import type { PowerSample, TelemetrySample } from '../base/telemetry-summary.js';

/** What a made-up board is like while it measures one model. */
export interface BoardTrait {
  readonly cpuCount: number;
  readonly clockMhz: number;
  readonly idleWatts: number;
  readonly workWatts: number;
  /** At rest, and that much more at work for long. */
  readonly restCelsius: number;
  readonly warmCelsius: number;
  readonly memoryBytes: number;
}

export interface MadeUpSeries {
  readonly seed: number;
  readonly seconds: number;
  readonly windows: number;
  readonly board: BoardTrait;
  /** Resident set of the measured process, bytes. */
  readonly residentBytes: number;
}

export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** As the protocol `study` with a meter lays out an hour: rest, all tweets, rest, five timed windows, rest. */
export interface Layout {
  readonly during: TimeSpan;
  readonly windows: readonly TimeSpan[];
  readonly after: number;
}

const SAMPLES_PER_SECOND = 10;
/** Of the whole, each rest and each pause between two windows. */
const REST_SHARE = 1 / 30;
const PAUSE_SHARE = 1 / 900;
const WINDOWS_SHARE = 1 / 6;
const PIECE_LENGTH = 1 << 20;

export function layoutOf(seconds: number, windows: number): Layout {
  const rest = seconds * REST_SHARE;
  const pause = seconds * PAUSE_SHARE;
  const each = (seconds * WINDOWS_SHARE) / windows;
  const after = seconds - rest;
  const first = after - windows * (each + pause);
  return {
    during: { from: rest, to: first - rest },
    windows: Array.from({ length: windows }, (_, index) => {
      const from = first + pause + index * (each + pause);
      return { from, to: from + each };
    }),
    after,
  };
}

type PhaseName = 'before' | 'during' | 'rest' | 'window' | 'after';

function phaseAt(second: number, { during, windows, after }: Layout): PhaseName {
  const [first] = windows;
  if (second < during.from) return 'before';
  if (second < during.to) return 'during';
  if (first === undefined || second < first.from) return 'rest';
  return second < after ? 'window' : 'after';
}

/** A float as Python writes it. */
const float = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));
const ticks = (value: number): string => float(Math.round(value * 100) / 100);

/** Writes lines in pieces: hundreds of megabytes are not held in memory. */
class Lines {
  readonly #file: number;
  #text = '';

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  add(line: string): void {
    this.#text += line;
    if (this.#text.length >= PIECE_LENGTH) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    writeSync(this.#file, this.#text);
    this.#text = '';
  }
}

/** Writes a telemetry.jsonl with all members that the agent writes, ten samples a second; the samples, as they are read back. */
export function writeTelemetry(path: string, series: MadeUpSeries): TelemetrySample[] {
  const { seed, seconds, board, residentBytes } = series;
  const layout = layoutOf(seconds, series.windows);
  const random = randomFrom(seed);
  const lines = new Lines(path);
  const samples: TelemetrySample[] = [];
  const count = Math.round(seconds * SAMPLES_PER_SECOND);
  const isWorking = (second: number): boolean =>
    (second >= layout.during.from && second < layout.during.to) ||
    layout.windows.some(({ from, to }) => second >= from && second < to);
  let busy = 16_000 + random() * 1000;
  let process = 0;
  let minorFaults = 700;
  let sampler = 0.23;
  let celsius = board.restCelsius;
  let last: PhaseName | undefined;
  for (let index = 0; index < count; index += 1) {
    const second = (index + random() * 0.04) / SAMPLES_PER_SECOND;
    const phase = phaseAt(second, layout);
    const works = isWorking(second);
    const threads = phase === 'during' ? board.cpuCount : 1;
    const own = works ? Math.max(0, 100 * threads - random() * 9 * threads) : 0;
    const system = Math.min(100, own / board.cpuCount + random() * 2);
    busy += (system / 100) * board.cpuCount * 0.1;
    process = works ? process + own / 1000 : 0;
    minorFaults += Math.floor(random() * 3);
    sampler += 0.0004;
    const target = works ? board.restCelsius + board.warmCelsius * (0.4 + 0.15 * threads) : board.restCelsius;
    celsius += (target - celsius) * 0.0008;
    const clock = works || random() < 0.05 ? board.clockMhz : board.clockMhz * 0.4;
    const resident = works ? Math.round((residentBytes * (0.97 + 0.03 * random())) / 4096) * 4096 : 0;
    let line = `{"t_s":${float(Math.round(second * 1e4) / 1e4)},"phase":"${phase}","cpu_percent":${system.toFixed(1)},"frequency_mhz":${clock.toFixed(1)},"busy_s_total":${ticks(busy)},"waiting_s_total":72.74,"stolen_s_total":0.0,"swapped_in_bytes_total":0,"swapped_out_bytes_total":0,"cpu_percent_process":${own.toFixed(1)},"rss_bytes":${resident}`;
    if (works) {
      line += `,"process_s_total":${ticks(process)},"minor_faults_total":${minorFaults},"major_faults_total":2`;
    }
    if (index % SAMPLES_PER_SECOND === 0 || phase !== last) {
      const used = Math.round((board.memoryBytes * 0.18 + resident + random() * 4e6) / 1024) * 1024;
      line += `,"memory_used_bytes":${used},"temperature_c":${(celsius + random()).toFixed(2)},"throttled":0`;
      if (works) {
        line += `,"pss_bytes":${Math.round(resident * 0.9)},"uss_bytes":${Math.round(resident * 0.85)},"preemptions_total":${index}`;
      }
      last = phase;
    }
    line += `,"sampler_s_total":${float(Math.round(sampler * 1e4) / 1e4)}}`;
    lines.add(`${line}\n`);
    samples.push(JSON.parse(line) as TelemetrySample);
  }
  lines.close();
  return samples;
}

/** Writes a power.jsonl: as `evaluate` keeps it, from right before the windows to the end. Returns what it holds. */
export function writePower(path: string, { seed, seconds, windows, board }: MadeUpSeries): PowerSample[] {
  const layout = layoutOf(seconds, windows);
  const random = randomFrom(seed ^ 0x70_6f_77);
  const lines = new Lines(path);
  const samples: PowerSample[] = [];
  const from = Math.floor(layout.during.to * SAMPLES_PER_SECOND);
  for (let index = from; index < seconds * SAMPLES_PER_SECOND; index += 1) {
    const second = (index + 0.5) / SAMPLES_PER_SECOND;
    const works = layout.windows.some((window) => second >= window.from && second < window.to);
    const power_w = (works ? board.workWatts : board.idleWatts) * (0.96 + 0.08 * random());
    lines.add(`{"power_w":${power_w},"t_s":${second}}\n`);
    samples.push({ t_s: second, power_w });
  }
  lines.close();
  return samples;
}
