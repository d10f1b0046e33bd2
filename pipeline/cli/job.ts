import { availableParallelism } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Decision, Instance } from '../contract/plan.js';
import type { JobCall, JobDocument, JobHistory, JobInput } from '../contract/worker.js';
import { isResumable } from '../plan/resumable.js';
import { withUpstream } from '../plan/selector.js';
import type { Upstream } from '../schedule/scheduler.js';
import { needsOf } from '../schedule/tokens.js';
import { expectedBoard } from './boards.js';
import { commandOptions } from './command-options.js';
import { cacheFolder, ownVersion } from './installation.js';
import type { Project } from './project.js';

/**
 * What one attempt is told.
 *
 * @param folder the attempt's own: outputs go to `out/` in it, scratch files to `tmp/`.
 * @param consent whether a person has agreed to what costs money.
 * @param resumeFolder where what earlier attempts left is; `resume/` in the attempt's own folder where that must not be used.
 */
export function jobDocument(
  project: Project,
  instance: Instance,
  { key, document }: Extract<Decision, { action: 'run' }>,
  upstream: Upstream,
  folder: string,
  python: string,
  resumeFolder: string | undefined,
  consent = false,
): JobDocument {
  const { resolved, definition } = instance;
  if ('blocked' in resolved) throw new Error(`Internal error: ${instance.id} is blocked`);
  const outDir = join(folder, 'out');
  const inputs: Record<string, JobInput[]> = Object.fromEntries(
    definition.inputs.map((input) => [input.name, []]),
  );
  for (const input of instance.inputs) {
    const record = upstream(input.from);
    const source = project.graph.byId.get(input.from);
    const artifact = record.outputs[input.output];
    if (source === undefined || artifact === undefined)
      throw new Error(`Internal error: no ${input.output} of ${input.from}`);
    inputs[input.name] ??= [];
    inputs[input.name]?.push({
      path: join(project.layout.view(record.key), artifact.path),
      digest: artifact.digest,
      artifact: artifact.artifact,
      output: input.output,
      instance: source.id,
      stage: source.stage.name,
      coordinates: source.coordinates,
      key: record.key,
    });
  }
  const device = resolved.device === undefined ? undefined : project.config.devices[resolved.device];
  const board = device === undefined ? undefined : expectedBoard(device, document.environment);
  const capacity = availableParallelism();
  // What pipeline.yaml says a stage of ours holds must not change its result: that depends on what its key names.
  const needs = definition.worker.language === 'command' ? needsOf(instance) : resolved.needs;
  return {
    schema: 1,
    instance: instance.id,
    stage: instance.stage.name,
    uses: definition.id,
    key,
    study: project.config.name,
    profile: project.config.profile,
    coordinates: instance.coordinates,
    options: resolved.options,
    ...(resolved.settings === undefined ? {} : { settings: resolved.settings }),
    ...(consent ? { consent } : {}),
    inputs,
    external: Object.fromEntries(
      resolved.external.map(({ name, path }) => [name, absolutePath(project, path)]),
    ),
    outputs: Object.fromEntries(instance.outputs.map(({ name, path }) => [name, join(outDir, path)])),
    out_dir: outDir,
    scratch_dir: join(folder, 'tmp'),
    ...(isResumable(instance) ? { resume_dir: resumeFolder ?? join(folder, 'resume') } : {}),
    cache_dir: cacheFolder(process.env),
    threads: needs.cpu === 'all' ? capacity : Math.min(needs.cpu, capacity),
    ...(definition.readsHistory === true
      ? { history: historyOf(project, instance, upstream), call: callOf(project) }
      : {}),
    ...(device === undefined ? {} : { device }),
    ...(board === undefined ? {} : { board }),
    python,
  };
}

export function absolutePath(project: Project, path: string): string {
  return isAbsolute(path) ? path : join(project.config.root, path);
}

function historyOf(project: Project, instance: Instance, upstream: Upstream): readonly JobHistory[] {
  const own = withUpstream(project.graph, [instance]).filter(({ id }) => id !== instance.id);
  return own.map(({ id, stage, resolved }) => {
    const record = upstream(id);
    const { key, run, started_at, wall_seconds, host, executor, attempts, usage } = record;
    const { inputs, external, environment } = record.document;
    return {
      instance: id,
      stage: stage.name,
      key,
      run,
      started_at,
      wall_seconds,
      host,
      executor: executor ?? null,
      attempts: attempts ?? 1,
      usage: usage ?? null,
      device: ('device' in resolved ? resolved.device : undefined) ?? null,
      accepted: record.accepted?.reason ?? null,
      made_from: { inputs, external, environment },
    };
  });
}

function callOf({ config, installation, given }: Project): JobCall {
  return {
    version: ownVersion(installation),
    options: commandOptions({ ...given, profile: config.profile }, process.env),
  };
}
