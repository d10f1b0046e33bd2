import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { isAbsolute, join, relative } from 'node:path';
import type { EventBody, Outcome } from '../contract/event.js';
import type { Failure } from '../contract/failure.js';
import type { Decision, Instance } from '../contract/plan.js';
import type { Artifact, RunRecord } from '../contract/store.js';
import type { JobDocument, JobInput } from '../contract/worker.js';
import { runWorker } from '../execute/worker-process.js';
import type { Execution, Upstream } from '../schedule/scheduler.js';
import { cacheFolder } from './installation.js';
import type { Project } from './project.js';
import { workerEnvironment } from './worker-environment.js';

/** What all executions of one run share. */
export interface RunContext {
  readonly project: Project;
  readonly run: string;
  /** Absolute folder of the run's logs. */
  readonly logs: string;
  /** Edgeline's own Python; empty when nothing in this run needs one. */
  readonly python: string;
  readonly signal: AbortSignal;
  emit(event: EventBody): void;
}

const DEFAULT_SILENCE_SECONDS = 300;

/** Runs one instance in a scratch folder, takes its outputs into the store and writes its record last. */
export async function executeInstance(
  context: RunContext,
  instance: Instance,
  decision: Extract<Decision, { action: 'run' }>,
  upstream: Upstream,
): Promise<Execution> {
  const { project } = context;
  const startedAt = new Date().toISOString();
  const started = performance.now();
  const log = logFile(context, instance);
  const scratch = join(project.layout.scratch, `${context.run}-${fileName(instance.id)}`);
  const failed = (failure: Failure): Execution => ({
    outcome: {
      status: 'failed',
      planned: 'run',
      key: decision.key,
      seconds: (performance.now() - started) / 1000,
      summary: {},
      failure,
      log: relative(project.config.root, log),
    },
  });
  try {
    const job = prepareJob(context, instance, decision, upstream, scratch);
    const environment = workerEnvironment(process.env, project.installation, job.scratch_dir);
    const result = await runWorker(
      {
        argv: workerArgv(context, instance, join(scratch, 'job.json')),
        kind: 'worker',
        cwd: job.scratch_dir,
        env: environment,
        logFile: log,
        silenceLimitSeconds: Number(process.env.EDGELINE_SILENCE_SECONDS) || DEFAULT_SILENCE_SECONDS,
      },
      (message) => {
        const { id } = instance;
        if (message.type === 'progress') context.emit({ type: 'instance-progress', instance: id, message });
        else if (message.type === 'metric') context.emit({ type: 'instance-metric', instance: id, message });
        else context.emit({ type: 'instance-log', instance: id, message });
      },
      context.signal,
    );
    if (!result.ok) return failed(result.error);
    const outputs: Record<string, Artifact> = {};
    for (const output of instance.outputs) {
      const artifact = await project.content.ingest(job.out_dir, output);
      if (!artifact.ok) {
        const { output: name, path, problem } = artifact.error;
        return failed({ reason: 'output-missing', output: name, path: `${path}: ${problem}` });
      }
      outputs[output.name] = artifact.value;
    }
    const record: RunRecord = {
      schema: 1,
      key: decision.key,
      instance: instance.id,
      document: decision.document,
      outputs,
      summary: result.value,
      started_at: startedAt,
      wall_seconds: (performance.now() - started) / 1000,
      host: hostname(),
      run: context.run,
    };
    project.outputs.show(outputs, project.layout.outputs(instance.stage.name, instance.coordinates));
    project.records.write(record);
    const outcome: Outcome = {
      status: 'ran',
      planned: 'run',
      key: decision.key,
      seconds: record.wall_seconds,
      summary: result.value,
      log: relative(project.config.root, log),
    };
    return { outcome, record };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    const { path = project.layout.artifacts, message } = error as NodeJS.ErrnoException;
    return failed({ reason: 'store-error', path: relative(project.config.root, path), message });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

export function logFile(context: Pick<RunContext, 'logs'>, instance: Instance): string {
  return join(context.logs, `${fileName(instance.id)}.log`);
}

function fileName(id: string): string {
  return id.replace(/[^\w.=,@+-]/g, '_');
}

function workerArgv(context: RunContext, instance: Instance, job: string): readonly string[] {
  const { installation } = context.project;
  const { language, file } = instance.definition.worker;
  if (language === 'python') return [context.python, join(installation, file), job];
  return [process.execPath, join(installation, 'dist', 'pipeline', 'cli', 'stage-host.js'), job];
}

function prepareJob(
  context: RunContext,
  instance: Instance,
  decision: Extract<Decision, { action: 'run' }>,
  upstream: Upstream,
  scratch: string,
): JobDocument {
  const { project } = context;
  const { resolved, definition } = instance;
  if ('blocked' in resolved) throw new Error(`Internal error: ${instance.id} is blocked`);
  const outDir = join(scratch, 'out');
  const scratchDir = join(scratch, 'tmp');
  for (const folder of [outDir, scratchDir, cacheFolder(process.env)]) mkdirSync(folder, { recursive: true });
  const inputs: Record<string, JobInput[]> = Object.fromEntries(
    definition.inputs.map((input) => [input.name, []]),
  );
  for (const input of instance.inputs) {
    const record = upstream(input.from);
    const source = project.graph.byId.get(input.from);
    const artifact = record.outputs[input.output];
    if (source === undefined || artifact === undefined)
      throw new Error(`Internal error: no ${input.output} of ${input.from}`);
    inputs[input.name]?.push({
      path: join(project.layout.outputs(source.stage.name, source.coordinates), artifact.path),
      digest: artifact.digest,
      artifact: artifact.artifact,
      instance: source.id,
      stage: source.stage.name,
      coordinates: source.coordinates,
      key: record.key,
    });
  }
  const device = resolved.device === undefined ? undefined : project.config.devices[resolved.device];
  const capacity = availableParallelism();
  const job: JobDocument = {
    schema: 1,
    instance: instance.id,
    stage: instance.stage.name,
    uses: definition.id,
    key: decision.key,
    study: project.config.name,
    profile: project.config.profile,
    coordinates: instance.coordinates,
    options: resolved.options,
    inputs,
    external: Object.fromEntries(
      resolved.external.map(({ name, path }) => [
        name,
        isAbsolute(path) ? path : join(project.config.root, path),
      ]),
    ),
    outputs: Object.fromEntries(instance.outputs.map(({ name, path }) => [name, join(outDir, path)])),
    out_dir: outDir,
    scratch_dir: scratchDir,
    cache_dir: cacheFolder(process.env),
    threads: resolved.needs.cpu === 'all' ? capacity : Math.min(resolved.needs.cpu, capacity),
    ...(device === undefined ? {} : { device }),
    python: context.python,
  };
  writeFileSync(join(scratch, 'job.json'), JSON.stringify(job));
  return job;
}
