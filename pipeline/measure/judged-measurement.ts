import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonLines } from '../base/json-lines.js';
import { err, ok, type Result } from '../base/result.js';
import type { Gate } from '../contract/gate.js';
import type { StageFailure } from '../contract/worker.js';
import { judge, type Measured } from './gates.js';
import { type ResultMessage, type TelemetryLine, telemetryLine, windowLatencies } from './messages.js';
import { rounded } from './scores.js';

/** What the raw samples of a measurement say of it. */
export interface JudgedMeasurement {
  readonly samples: readonly TelemetryLine[];
  readonly gates: readonly Gate[];
  /** Milliseconds, window after window; null where no windows were asked for. */
  readonly windowLatencies: readonly number[] | null;
  /** Of one processor, while inferences were timed. */
  readonly sampler_core_percent: number | null;
  /** Processor time of the measured process per inference, milliseconds; null without windows. */
  readonly cpu_ms_per_inference: number | null;
  /** Highest proportional and unique set size, bytes. */
  readonly pss_bytes: number | null;
  readonly uss_bytes: number | null;
}

/**
 * @param results the folder that the agent wrote, here
 * @param power what is wrong with the energy; null where nothing recorded it
 */
export async function judgeMeasurement(
  results: string,
  result: ResultMessage,
  clockOffset: number,
  power: Measured['power'],
): Promise<Result<JudgedMeasurement, StageFailure>> {
  const samples: TelemetryLine[] = [];
  for await (const line of readJsonLines<unknown>(join(results, 'telemetry.jsonl'))) {
    const parsed = telemetryLine.safeParse(line);
    if (!parsed.success) {
      const message = `telemetry.jsonl:${samples.length + 1}: ${parsed.error.issues[0]?.message}`;
      return err({ code: 'bad-telemetry', message });
    }
    samples.push(parsed.data);
  }
  const latencies = await readWindows(join(results, 'windows.jsonl'), result);
  if (!latencies.ok) return latencies;
  const whole = { from_s: result.measured_from_s, to_s: result.measured_to_s, neighbours: [] };
  const windows = result.windows.length > 0 ? result.windows : [whole];
  const gates = judge({
    samples,
    windows,
    governor: result.governor,
    clockJump: result.clock_jump_s,
    clockOffset,
    power,
  });
  const lines = windows.map(({ from_s, to_s }) =>
    samples.filter(
      ({ t_s, process_s_total }) => t_s >= from_s && t_s <= to_s && process_s_total !== undefined,
    ),
  );
  const grown = (pick: (line: TelemetryLine) => number): number =>
    lines.reduce((sum, own) => {
      const [first, last] = [own[0], own.at(-1)];
      return first === undefined || last === undefined ? sum : sum + pick(last) - pick(first);
    }, 0);
  const seconds = grown(({ t_s }) => t_s);
  const timed = windows.reduce((sum, { from_s, to_s }) => sum + to_s - from_s, 0);
  const inferences = result.windows.reduce((sum, { n }) => sum + n, 0);
  const cpuSeconds = grown(({ process_s_total }) => process_s_total ?? 0);
  const highest = (pick: (line: TelemetryLine) => number | null | undefined): number | null => {
    const own = result.windows.length > 0 ? samples.filter(({ phase }) => phase === 'window') : samples;
    const values = own.map(pick).filter((value) => typeof value === 'number');
    return values.length === 0 ? null : values.reduce((most, value) => Math.max(most, value), 0);
  };
  return ok({
    samples,
    gates,
    windowLatencies: latencies.value,
    sampler_core_percent:
      seconds > 0 ? rounded((100 * grown(({ sampler_s_total }) => sampler_s_total)) / seconds) : null,
    cpu_ms_per_inference:
      seconds > 0 && inferences > 0 ? rounded((1000 * cpuSeconds * timed) / seconds / inferences) : null,
    pss_bytes: highest(({ pss_bytes }) => pss_bytes),
    uss_bytes: highest(({ uss_bytes }) => uss_bytes),
  });
}

/** All latencies, after a look whether they are those of the windows that the agent told of. */
async function readWindows(
  file: string,
  { windows }: ResultMessage,
): Promise<Result<readonly number[] | null, StageFailure>> {
  if (windows.length === 0) return ok(null);
  const bad = (message: string) => err({ code: 'bad-windows', message: `windows.jsonl: ${message}`, file });
  if (!existsSync(file)) return bad('the device made no such file');
  const latencies: number[] = [];
  let read = 0;
  for await (const line of readJsonLines<unknown>(file)) {
    const parsed = windowLatencies.safeParse(line);
    if (!parsed.success) return bad(`line ${read + 1}: ${parsed.error.issues[0]?.message}`);
    const { window, latency_ms, tokens } = parsed.data;
    const expected = windows[read];
    read += 1;
    if (window !== expected?.window || latency_ms.length !== expected.n || tokens.length !== expected.n)
      return bad(`line ${read} is not the window that the agent told of`);
    for (const latency of latency_ms) latencies.push(latency);
  }
  return read === windows.length ? ok(latencies) : bad(`${read} windows in place of ${windows.length}`);
}
