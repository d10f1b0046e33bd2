import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobHistory } from '../../pipeline/contract/worker.js';
import { importTelemetryLog } from '../../pipeline/power/telemetry-logs.js';
import type { ReportModel } from '../../stages/report/model/report.js';
import { run } from '../../stages/report/worker.js';
import { INSTALLATION, SHARED } from '../rig/pipeline-rig.js';
import { Fixture, type Shape } from '../unit/stages/report/fixture.js';

/** A report that the stage's own worker made of recorded or made-up inputs. */
export interface WrittenReport {
  readonly name: string;
  readonly file: string;
  readonly model: ReportModel;
}

export const HOSTILE = `<script>document.title='ran'</script>"'><img src=x onerror="document.title='ran'"> \u202e &amp;`;

const SHAPES: Readonly<Record<string, Partial<Shape>>> = {
  quickstart: { models: ['minilm-l3'], seeds: [1, 2], tweets: 700 },
  study: { seeds: [1, 2, 3, 4, 5], devices: ['rpi3b', 'rpi4b', 'rpi5'], tweets: 240 },
  hostile: {
    models: [HOSTILE],
    devices: [HOSTILE],
    labels: [HOSTILE, 'B'],
    study: HOSTILE,
    sampleTexts: [HOSTILE],
    seeds: [1],
    tweets: 60,
  },
};

/** Logs that others kept of boards of these kinds while these did other work: true series, not of these models. */
const LOGS: Readonly<Record<string, (precision: string) => readonly [file: string, memoryBytes: number]>> = {
  rpi3b: (precision) => [`yolo_tflite_rpi3b_rpi4b/${wordOf(precision)}_TFLite_RPi3B_resource_usage.csv`, 1e9],
  rpi4b: (precision) => [`yolo_tflite_rpi3b_rpi4b/${wordOf(precision)}_TFLite_RPi4B_resource_usage.csv`, 4e9],
  rpi5: () => ['pi4_vs_pi5_vcgencmd/pi5_results_benchmark_0.csv', 8e9],
};
const FOLDER = join(SHARED, 'data', 'rpi_telemetry');

const wordOf = (precision: string): string => (precision === 'int8' ? 'INT8' : 'FP32');

/** Whether the study's telemetry can be the recorded one; it is made up otherwise. */
export const hasRecordedLogs = existsSync(FOLDER);

/** The log in the form of the agent's telemetry. What it does not have is no number. */
function recordedTelemetry(device: string, precision: string): string {
  const [file, memoryBytes] = LOGS[device]?.(precision) ?? [];
  if (file === undefined || memoryBytes === undefined) throw new Error(`no log is of ${device}`);
  const log = importTelemetryLog(join(FOLDER, file));
  if (!log.ok) throw new Error(log.error.message);
  const { samples } = log.value;
  const start = samples[0]?.t_s ?? 0;
  const edge = Math.ceil(samples.length / 10);
  const lines = samples.map(({ t_s, cpu_percent, memory_percent, temperature_c, clock_mhz }, index) => ({
    t_s: t_s - start,
    phase: index < edge ? 'before' : index < samples.length - edge ? 'during' : 'after',
    cpu_percent,
    cpu_percent_process: null,
    memory_used_bytes: memory_percent === null ? null : (memory_percent / 100) * memoryBytes,
    rss_bytes: null,
    temperature_c,
    frequency_mhz: clock_mhz,
  }));
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** As a run of all stages one after the other would leave it. */
function madeUpHistory({ inputs }: Fixture): JobHistory[] {
  const named = new Map(Object.values(inputs).flatMap((list) => list.map((one) => [one.instance, one])));
  return [...named.values()].map(({ instance, stage, key }, index) => ({
    ...{ instance, stage, key, run: 'made-up-run', wall_seconds: 50, host: 'made-up-host' },
    ...{ started_at: new Date(Date.UTC(2026, 0, 5) + index * 60_000).toISOString() },
    ...{ executor: null, attempts: 1, device: null, accepted: null },
    made_from: { inputs: [], external: {}, environment: {} },
    usage: { source: 'sampled', wall_seconds: 50, cpu_seconds: 31, peak_rss_bytes: 4e8 },
  }));
}

/** Writes the whole report into the folder NAME of the folder. */
export async function writeReport(name: string, folder: string): Promise<WrittenReport> {
  const fixture = new Fixture(SHAPES[name]);
  if (name === 'study' && hasRecordedLogs) {
    for (const { path, coordinates } of fixture.inputs.evaluation ?? []) {
      const telemetry = recordedTelemetry(String(coordinates.device), String(coordinates.precision));
      writeFileSync(join(path, 'telemetry.jsonl'), telemetry);
    }
  }
  const context = fixture.context();
  const published = join(INSTALLATION, 'stages', 'report', 'paper', 'tables.json');
  const job = { ...context.job, external: { published }, history: madeUpHistory(fixture) };
  const made = await run({ ...context, job });
  if (!made.ok) throw new Error(made.error.message);
  const own = join(folder, name);
  rmSync(own, { recursive: true, force: true });
  cpSync(job.outputs.report ?? '', own, { recursive: true });
  const model = JSON.parse(readFileSync(join(own, 'report.json'), 'utf8'));
  return { name, file: join(own, 'report.html'), model };
}
