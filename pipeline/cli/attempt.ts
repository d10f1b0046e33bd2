import { mkdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { err, ok, type Result } from '../base/result.js';
import type { Executor, Work, WorkMessageHandler, WorkResult } from '../contract/executor.js';
import type { Failure } from '../contract/failure.js';
import type { Decision, Instance } from '../contract/plan.js';
import type { ResolvedStage } from '../contract/stage.js';
import type { Artifact } from '../contract/store.js';
import type { JobDocument } from '../contract/worker.js';
import { commandLine, declaredVariables } from '../execute/command-line.js';
import type { Upstream } from '../schedule/scheduler.js';
import { needsOf } from '../schedule/tokens.js';
import type { ResumePlace } from '../store/resumes.js';
import { changedInput } from './changed-input.js';
import type { CodeSnapshots } from './code-snapshots.js';
import { fileName } from './file-name.js';
import { orFullDisk } from './full-disk.js';
import { jobDocument } from './job.js';
import { ownSecrets } from './own-secrets.js';
import type { Project } from './project.js';
import { typescriptRuntime } from './typescript-runtime.js';
import { withoutSecrets } from './without-secrets.js';
import { workerEnvironment } from './worker-environment.js';

export { fileName };

/** What all attempts of one run share. */
export interface AttemptContext {
  readonly project: Project;
  readonly run: string;
  /** Edgeline's own Python; empty when nothing in this run needs one. */
  readonly python: string;
  readonly code: CodeSnapshots;
  readonly signal: AbortSignal;
  /** A person has agreed to what costs money. */
  readonly consent?: boolean;
  executor(instance: Instance): Executor;
}

export interface Attempt {
  readonly outputs: Readonly<Record<string, Artifact>>;
  readonly summary: WorkResult['summary'];
  readonly usage: WorkResult['usage'];
}

const DEFAULT_SILENCE_SECONDS = 300;

let attempts = 0;

/**
 * Runs one instance in a scratch folder and takes its outputs into the store, where nothing names them yet. No record is
 * written and nothing that was made before is touched.
 *
 * @param logFile absolute; the worker's stdout and stderr are appended.
 * @param resume where a resumable stage goes on; without it, it starts from nothing and leaves nothing.
 */
export async function attempt(
  context: AttemptContext,
  instance: Instance,
  decision: Extract<Decision, { action: 'run' }>,
  upstream: Upstream,
  logFile: string,
  onMessage: WorkMessageHandler,
  resume?: ResumePlace,
): Promise<Result<Attempt, Failure>> {
  const { project } = context;
  const { resolved, definition, stage } = instance;
  if ('blocked' in resolved) throw new Error(`Internal error: ${instance.id} is blocked`);
  attempts += 1;
  const folder = join(project.layout.scratch, context.run, `${attempts}-${fileName(instance.id)}`);
  try {
    const { python, consent } = context;
    const job = jobDocument(project, instance, decision, upstream, folder, python, resume?.folder, consent);
    for (const path of [job.out_dir, job.scratch_dir]) mkdirSync(path, { recursive: true });
    writeFileSync(join(folder, 'job.json'), JSON.stringify(job));
    const code = context.code.of(definition);
    const inputs = Object.values(job.inputs).flatMap((list) => list.map(({ path }) => path));
    const executor = context.executor(instance);
    const runtime = executor.kind === 'ssh' ? typescriptRuntime(project.installation, definition) : [];
    const result = await withoutSecrets(executor, ownSecrets()).run(
      {
        job,
        folder,
        ...(resume?.anew === true ? { anew: true } : {}),
        ...workOf(context, instance, code.root, job),
        logFile: logFile,
        silenceLimitSeconds: Number(process.env.EDGELINE_SILENCE_SECONDS) || DEFAULT_SILENCE_SECONDS,
        ...(stage.timeoutSeconds === undefined ? {} : { timeoutSeconds: stage.timeoutSeconds }),
        needs: needsOf(instance),
        reads: [...code.reads, ...runtime, ...inputs, ...Object.values(job.external)],
        environment: decision.document.environment,
      },
      onMessage,
      context.signal,
    );
    if (!result.ok) {
      const shown = relative(project.config.root, folder);
      return err(orFullDisk(withProgram(result.error, resolved), folder, shown));
    }
    const changed = await changedInput(project, instance, decision.document, upstream);
    if (changed !== null) {
      return err({ reason: 'input-changed', path: relative(project.config.root, changed) });
    }
    const outputs: Record<string, Artifact> = {};
    for (const output of instance.outputs) {
      const artifact = await project.content.ingest(job.out_dir, output);
      if (!artifact.ok) {
        const { output: name, path, problem } = artifact.error;
        return err({ reason: 'output-missing', output: name, path: `${path}: ${problem}` });
      }
      outputs[output.name] = artifact.value;
    }
    return ok({ outputs, summary: result.value.summary, usage: result.value.usage });
  } catch (error) {
    const { code, path = project.layout.artifacts, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return err({ reason: 'store-error', path: relative(project.config.root, path), message });
  } finally {
    // Nobody waits for it; what is left at the end of the run goes with the run's folder.
    rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

function variablesOf(resolved: Instance['resolved']): readonly string[] {
  return 'blocked' in resolved ? [] : [...(resolved.env ?? []), ...(resolved.reach ?? [])];
}

/** A command is the user's own program, so its exit code is no mistake of ours. */
function withProgram(failure: Failure, { command }: ResolvedStage): Failure {
  if (failure.reason !== 'exit-nonzero' || command === undefined) return failure;
  return { ...failure, program: command.shell ? 'sh' : (command.argv[0] ?? '') };
}

function workOf(
  context: AttemptContext,
  instance: Instance,
  codeRoot: string,
  job: JobDocument,
): Pick<Work, 'kind' | 'argv' | 'env'> {
  const { worker } = instance.definition;
  const jobFile = join(job.out_dir, '..', 'job.json');
  const env = {
    ...workerEnvironment(process.env, codeRoot, job.scratch_dir, worker),
    ...declaredVariables(variablesOf(instance.resolved), process.env),
  };
  if ('command' in instance.resolved && instance.resolved.command !== undefined) {
    const { command } = instance.resolved;
    return {
      kind: 'command',
      argv: commandLine(command, { ...job, file: jobFile }),
      env: { ...env, ...declaredVariables(command.env, process.env) },
    };
  }
  if (worker.language === 'python') {
    return { kind: 'worker', argv: [context.python, join(codeRoot, worker.file), jobFile], env };
  }
  const host = join(context.project.installation, 'dist', 'pipeline', 'cli', 'stage-host.js');
  return { kind: 'worker', argv: [process.execPath, host, jobFile], env };
}
