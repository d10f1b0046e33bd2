import { relative } from 'node:path';
import type { Digest } from '../base/canonical.js';
import { err, ok, type Result } from '../base/result.js';
import type { Failure } from '../contract/failure.js';
import type { Instance, PlanFacts } from '../contract/plan.js';
import type { StageBlocked, StageDefinition } from '../contract/stage.js';
import { hostInstructionSet } from '../execute/instruction-set.js';
import { LOCAL } from '../execute/open-executors.js';
import { existingEnvironment, lockDigest } from '../execute/python-environment.js';
import {
  type CodeFingerprint,
  pythonClosure,
  typescriptClosure,
  withExtraFiles,
} from '../store/code-closure.js';
import { digestExternal } from '../store/external.js';
import { boardEntry, borrowsPython, knownBoard } from './boards.js';
import { variableEntries } from './declared-variables.js';
import { pythonOptions } from './installation.js';
import { absolutePath } from './job.js';
import type { Project } from './project.js';

/** What a command runs is the user's: its words are options, its scripts declared files. */
const NO_CODE: CodeFingerprint = { files: {}, sources: new Map(), packages: {} };

export interface GatheredFacts extends PlanFacts {
  /** What was fingerprinted as the worker's code, by path relative to the installation. */
  sources(definition: StageDefinition): ReadonlyMap<string, Buffer>;
}

/** Gathers what planning needs to know of the world. External inputs are hashed here, before the plan. */
export async function gatherFacts(
  project: Project,
  instances: readonly Instance[],
): Promise<Result<GatheredFacts, Failure>> {
  const external = new Map<string, Result<Readonly<Record<string, Digest>>, StageBlocked>>();
  const byPath = new Map<string, Awaited<ReturnType<typeof digestExternal>>>();
  for (const instance of instances) {
    if ('blocked' in instance.resolved) continue;
    const digests: Record<string, Digest> = {};
    let problem: StageBlocked | undefined;
    for (const input of instance.resolved.external) {
      const path = absolutePath(project, input.path);
      const within = input.inside === 'project' ? project.config.root : undefined;
      const id = `${within ?? ''}\n${path}`;
      const digest =
        byPath.get(id) ??
        (await digestExternal(path, project.stats, within, (key, files) =>
          project.listings.remember(key, files),
        ));
      byPath.set(id, digest);
      if (digest.ok) digests[input.name] = digest.value;
      else {
        problem ??= {
          blocked: `input "${input.name}" of ${instance.id}: ${shown(project, digest.error.path)}: ${digest.error.problem}`,
          hint: 'check the path in pipeline.yaml or in --set data....',
        };
      }
    }
    external.set(instance.id, problem === undefined ? ok(digests) : err(problem));
  }

  let python: Readonly<Record<string, string>> = {};
  const deviceOf = ({ resolved }: Instance) =>
    'device' in resolved && resolved.device !== undefined
      ? project.config.devices[resolved.device]
      : undefined;
  const usesPython = (instance: Instance): boolean => {
    const device = deviceOf(instance);
    const borrows = device !== undefined && borrowsPython(device);
    return borrows || instance.definition.worker.language === 'python';
  };
  if (instances.some(usesPython)) {
    const options = pythonOptions(project.installation, process.env);
    let version = existingEnvironment(options)?.version;
    if (version === undefined) {
      const { findPython } = await import('../execute/python-interpreter.js');
      const found = await findPython(options.preferred);
      if (!found.ok) return err(found.error);
      version = found.value.version;
    }
    python = {
      python: version,
      python_lock: lockDigest(options.lockFile),
      os: process.platform,
      architecture: process.arch,
    };
  }

  const closures = new Map<string, CodeFingerprint>();
  const closure = (definition: StageDefinition): CodeFingerprint => {
    const known = closures.get(definition.id);
    if (known !== undefined) return known;
    if (definition.worker.language === 'command') return NO_CODE;
    const find = definition.worker.language === 'python' ? pythonClosure : typescriptClosure;
    const own = find({ root: project.installation }, definition.worker.file);
    const made = withExtraFiles(own, project.installation, definition.worker.files ?? []);
    closures.set(definition.id, made);
    return made;
  };
  const boards = new Map<string, string>();
  const boardOf = (instance: Instance): Readonly<Record<string, string>> => {
    const device = deviceOf(instance);
    if (device === undefined) return {};
    const board = boards.get(device.name) ?? knownBoard(project, device, python.python ?? '');
    boards.set(device.name, board);
    return { [boardEntry(device.name)]: board };
  };
  let instructionSet: string | undefined;
  const processorOf = ({ definition }: Instance): Readonly<Record<string, string>> => {
    if (definition.worker.dependsOnInstructionSet !== true) return {};
    instructionSet ??= hostInstructionSet(process.env);
    return { cpu_isa: instructionSet };
  };
  const nodeMajor = process.versions.node.split('.')[0] ?? '';
  const makeEnvironment = (instance: Instance): Readonly<Record<string, string>> => {
    const { definition, resolved } = instance;
    const runtime = {
      ...(usesPython(instance) ? python : {}),
      ...processorOf(instance),
      ...boardOf(instance),
    };
    const entries = variableEntries(variablesOf(resolved), process.env, project.layout);
    if (definition.worker.language === 'python') return { ...runtime, ...entries };
    if (definition.worker.language === 'command') {
      return { os: process.platform, architecture: process.arch, ...entries };
    }
    const packages = Object.entries(closure(definition).packages).map(([name, version]): [string, string] => [
      `package ${name}`,
      version,
    ]);
    return { node: nodeMajor, ...Object.fromEntries(packages), ...runtime, ...entries };
  };
  // One object for the whole matrix of a stage: it is in the key document of each instance, and is written as text once.
  const environments = new Map<string, Readonly<Record<string, string>>>();
  const environmentOf = (instance: Instance): Readonly<Record<string, string>> => {
    const { definition, resolved } = instance;
    const device = deviceOf(instance)?.name;
    const id = [definition.id, usesPython(instance), device, ...variablesOf(resolved)].join(' ');
    const known = environments.get(id) ?? makeEnvironment(instance);
    environments.set(id, known);
    return known;
  };
  return ok({
    external: (instance) => external.get(instance.id) ?? ok({}),
    code: (definition) => closure(definition).files,
    sources: (definition) => closure(definition).sources,
    environment: environmentOf,
    record: (key) => project.records.read(key),
    lastRecord: (instance) => project.records.last(instance),
    everSucceeded: (instance) => project.records.everSucceeded(instance),
    externalFiles: (digest) => project.listings.read(digest),
    presence: (record, instance) =>
      project.outputs.presence(record, project.layout.outputs(instance.stage.name, instance.coordinates)),
    resumes: (key, { stage }, forced) => project.resumes.holds(key, stage.executor ?? LOCAL, forced),
  });
}

function variablesOf(resolved: Instance['resolved']): readonly string[] {
  return 'blocked' in resolved ? [] : (resolved.command?.env ?? resolved.env ?? []);
}

function shown(project: Project, path: string): string {
  const inside = relative(project.config.root, path);
  return inside === '' ? '.' : inside;
}
