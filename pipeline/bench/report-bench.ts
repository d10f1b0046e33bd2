import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../base/canonical.js';
import type { Result } from '../base/result.js';
import type { BenchMeasure } from '../contract/bench.js';
import type { JobDocument } from '../contract/worker.js';
import { measureCases, orThrow } from './bench-cases.js';
import { type ReportStudy, type ReportStudySize, writeReportStudy } from './report-study.js';
import { summarize } from './summarize.js';
import { timedWorker, type WorkerTiming } from './timed-worker.js';
import { type UsablePage, usableSeconds } from './usable-page.js';
import type { ProgramCommand } from './worker-programs.js';

export interface ReportBenchOptions {
  readonly size: ReportStudySize;
  readonly installation: string;
  /** What a study gets that gives none. */
  readonly stage: {
    readonly options: Readonly<Record<string, Json>>;
    readonly external: Readonly<Record<string, string>>;
  };
  readonly repeats: number;
  /** An empty folder of ours. */
  readonly folder: string;
  readonly host: string;
  readonly signal: AbortSignal;
  environment(scratch: string): NodeJS.ProcessEnv;
  onProgress(message: string): void;
  onMeasured?(measures: readonly BenchMeasure[]): void;
}

/** What it costs to make the report of a study that is as large as a real one, and to open it. */
export async function benchReport(
  options: ReportBenchOptions,
): Promise<Result<readonly BenchMeasure[], string>> {
  return await measureCases([options], measureReport, options.onMeasured);
}

async function measureReport(options: ReportBenchOptions): Promise<readonly BenchMeasure[]> {
  const { folder, repeats, host, size } = options;
  options.onProgress('making up a study, which is written to disk');
  const study = writeReportStudy(join(folder, 'study'), size);
  const words = sizeInWords(study, size);
  const report = join(folder, 'out', 'report');
  const page = join(report, 'report.html');
  const built: WorkerTiming[] = [];
  for (let repeat = 1; repeat <= repeats; repeat += 1) {
    options.onProgress(`report: ${repeat} of ${repeats}`);
    const command = reportCommand(options, study, report);
    built.push(orThrow(await timedWorker(command, folder, options.signal)));
  }
  const megabytes = (file: string): BenchMeasure => ({
    measure: `${file.slice(file.indexOf('.') + 1)}_mb`,
    unit: 'MB',
    ...summarize([statSync(join(report, file)).size / 1e6]),
    peers: {},
    ...(file === 'report.html' ? { limit: { kind: 'at-most', value: 6 } as const } : {}),
    note: words,
    host,
  });
  const processor = summarize(built.map(({ processorSeconds }) => processorSeconds)).value;
  const measures: BenchMeasure[] = [
    {
      measure: 'build_s',
      unit: 's',
      ...summarize(built.map(({ seconds }) => seconds)),
      peers: {},
      limit: { kind: 'at-most', value: 5 },
      note: `${words}; processor ${processor.toFixed(2)} s`,
      host,
    },
    {
      measure: 'build_mb',
      unit: 'MB',
      ...summarize(built.map(({ peakBytes }) => peakBytes / 1e6)),
      peers: {},
      note: `${words}: highest resident memory`,
      host,
    },
    megabytes('report.html'),
    megabytes('report.json'),
  ];
  const opened = await openings(options, page);
  if (opened !== null) {
    measures.push({
      measure: 'usable_s',
      unit: 's',
      ...summarize(opened.map(({ seconds }) => seconds)),
      peers: {},
      limit: { kind: 'at-most', value: 1.5 },
      note: `${words}; ${opened[0]?.browser ?? ''}: from the address until the first table and chart have their places and the page answers`,
      host,
    });
  }
  return measures;
}

/** Null where the page cannot be opened, which is said. */
async function openings(
  { repeats, signal, onProgress }: ReportBenchOptions,
  page: string,
): Promise<readonly UsablePage[] | null> {
  const opened: UsablePage[] = [];
  for (let repeat = 1; repeat <= repeats; repeat += 1) {
    signal.throwIfAborted();
    const one = await usableSeconds(page);
    if (!one.ok) {
      onProgress(`usable_s is left out: ${one.error}`);
      return null;
    }
    opened.push(one.value);
  }
  return opened;
}

function sizeInWords({ evaluations, samples }: ReportStudy, { tweets, seconds }: ReportStudySize): string {
  return `a made-up study, not a measured one: ${evaluations} evaluations of ${seconds} s, ${samples} samples of telemetry in all, ${tweets} tweets answered in each`;
}

/** The stage's own worker, as the engine starts it. */
function reportCommand(options: ReportBenchOptions, study: ReportStudy, report: string): ProgramCommand {
  const { folder, installation, stage } = options;
  const out = join(folder, 'out');
  const scratch = join(folder, 'scratch');
  for (const each of [out, scratch]) mkdirSync(each, { recursive: true });
  const job: JobDocument = {
    ...{ schema: 1, instance: 'report', stage: 'report', uses: 'report', key: `sha256:${'0'.repeat(64)}` },
    ...{ study: study.study, profile: [], coordinates: {}, options: stage.options, inputs: study.inputs },
    ...{ history: study.history, external: stage.external, outputs: { report }, out_dir: out },
    ...{ scratch_dir: scratch, cache_dir: scratch, threads: 1, python: '' },
  };
  const file = join(scratch, 'job.json');
  writeFileSync(file, JSON.stringify(job));
  const host = join(installation, 'dist', 'pipeline', 'cli', 'stage-host.js');
  return { argv: [process.execPath, host, file], env: options.environment(scratch) };
}
