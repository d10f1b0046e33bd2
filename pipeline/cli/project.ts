import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { definitions } from '../../stages/registry.js';
import { err, ok, type Result } from '../base/result.js';
import { loadConfig } from '../config/load.js';
import type { PipelineConfig } from '../contract/config.js';
import type { Diagnostic } from '../contract/diagnostic.js';
import type { InstanceGraph } from '../contract/plan.js';
import { hostComputesBfloat16 } from '../execute/instruction-set.js';
import { expandMatrix } from '../plan/matrix.js';
import { ContentStore } from '../store/content.js';
import { type StoreLayout, storeLayout } from '../store/layout.js';
import { ExternalListings } from '../store/listings.js';
import { OutputFolders } from '../store/outputs.js';
import { RecordStore } from '../store/records.js';
import { ResumeFolders } from '../store/resumes.js';
import { StatCache } from '../store/stat-cache.js';
import { VerificationStore } from '../store/verifications.js';
import { installationRoot } from './installation.js';

/** The options that choose what a project is, the same for every command. */
export interface ProjectOptions {
  readonly file?: string;
  readonly profile?: string;
  readonly set?: readonly string[];
}

/** A loaded pipeline.yaml and its store, ready for any command. */
export interface Project {
  readonly config: PipelineConfig;
  readonly graph: InstanceGraph;
  readonly installation: string;
  /** What the command line chose beside profiles. */
  readonly given: {
    /** Absolute path of the pipeline.yaml. */
    readonly file: string;
    readonly sets: readonly string[];
  };
  readonly layout: StoreLayout;
  readonly stats: StatCache;
  readonly listings: ExternalListings;
  readonly content: ContentStore;
  readonly records: RecordStore;
  readonly verifications: VerificationStore;
  readonly outputs: OutputFolders;
  readonly resumes: ResumeFolders;
}

export type ProjectProblem =
  | { readonly kind: 'no-file'; readonly message: string; readonly hint: string }
  | { readonly kind: 'diagnostics'; readonly diagnostics: readonly Diagnostic[] };

export function openProject(options: ProjectOptions): Result<Project, ProjectProblem> {
  const file = options.file === undefined ? findProjectFile(process.cwd()) : resolve(options.file);
  if (file === null || !existsSync(file)) {
    return err({
      kind: 'no-file',
      message:
        options.file === undefined
          ? 'there is no pipeline.yaml here or above'
          : `there is no file ${options.file}`,
      hint: 'run the command in a project folder, or name the file with --file PATH',
    });
  }
  const installation = installationRoot();
  const sets = options.set ?? [];
  const loaded = loadConfig({
    file,
    text: readFileSync(file, 'utf8'),
    profiles: chosenProfiles(options),
    sets,
    definitions,
  });
  if (!loaded.ok) return err({ kind: 'diagnostics', diagnostics: loaded.error });
  const config = loaded.value;
  const graph = expandMatrix(config, definitions, {
    installation,
    host: { cpuCount: availableParallelism(), bfloat16: hostComputesBfloat16(process.env) },
  });
  return ok({ config, graph, installation, given: { file, sets }, ...openStore(config.root) });
}

/** In their order; none where the file's default shall be. */
export function chosenProfiles({ profile }: ProjectOptions): readonly string[] {
  return profile === undefined ? [] : profile.split(',').filter((name) => name !== '');
}

export function openStore(root: string): Omit<Project, 'config' | 'graph' | 'installation' | 'given'> {
  const layout = storeLayout(join(root, 'artifacts'));
  const stats = new StatCache(layout.statCache);
  const content = new ContentStore(layout);
  return {
    layout,
    stats,
    content,
    listings: new ExternalListings(layout),
    records: new RecordStore(layout),
    verifications: new VerificationStore(layout),
    outputs: new OutputFolders(content, stats, layout),
    resumes: new ResumeFolders(layout),
  };
}

/** The nearest pipeline.yaml, here or in a folder above. */
export function findProjectFile(folder: string): string | null {
  for (let current = folder; ; current = dirname(current)) {
    const candidate = join(current, 'pipeline.yaml');
    if (existsSync(candidate)) return candidate;
    if (dirname(current) === current) return null;
  }
}
