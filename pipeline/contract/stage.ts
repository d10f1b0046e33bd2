import type { ZodType } from 'zod';
import type { Json } from '../base/canonical.js';
import type { Coordinates, DataConfig, DeviceConfig, ModelConfig, Scalar } from './config.js';
import type { StageNeeds } from './needs.js';
import type { Repeatability } from './verify.js';

/** What a stage reads. Inputs find their outputs by artifact type among the stages named in `from`. */
export interface InputDefinition {
  readonly name: string;
  /** The type of artifact, for example `saved-model`; `*` stands for any. */
  readonly artifact: string;
  /** One artifact (`one`), all of a gathered matrix (`many`), or as many as there are, even none (`any`). */
  readonly count: 'one' | 'many' | 'any';
}

export interface OutputDefinition {
  readonly name: string;
  readonly artifact: string;
  /** File or folder name below the instance's output folder. */
  readonly path: string;
  readonly kind: 'file' | 'tree';
}

/** A file or folder outside of the pipeline that a stage reads; its content enters the key, its path does not. */
export interface ExternalInput {
  readonly name: string;
  /** Absolute, or relative to the project. */
  readonly path: string;
  /** Set where it belongs to the project: then a link that leads out of the project is a mistake. */
  readonly inside?: 'project';
}

/** What a definition may look at when it resolves its options; all of it is known offline. */
export interface ResolveContext {
  readonly coordinates: Coordinates;
  /** All values of each axis of the study, where an instance is one of a matrix. */
  readonly axes?: Readonly<Record<string, readonly Scalar[]>>;
  readonly data: DataConfig;
  readonly models: Readonly<Record<string, ModelConfig>>;
  readonly devices: Readonly<Record<string, DeviceConfig>>;
  /** Folder of the installed Edgeline, where `datasets/` is. */
  readonly installation: string;
  readonly host: {
    readonly cpuCount: number;
    /** Whether the processor has instructions for bfloat16; absent: it has none. */
    readonly bfloat16?: boolean;
  };
}

export interface ResolvedStage {
  /** The options actually used, model and device facts included: they enter the key as they are. */
  readonly options: Readonly<Record<string, Json>>;
  readonly external: readonly ExternalInput[];
  readonly needs: StageNeeds;
  /** As in the definition, where that depends on the options. */
  readonly resumable?: true;
  /** The device this instance talks to. */
  readonly device?: string;
  /** Names of environment variables that its worker gets, as a command's `env`. */
  readonly env?: readonly string[];
  /** The same without their values in its key: how a service is reached, never what it answers. */
  readonly reach?: readonly string[];
  /** What its worker is told that changes no result, for example how much it may do at a time: never part of a key. */
  readonly settings?: Readonly<Record<string, Json>>;
  /** Only where the worker's language is `command`. */
  readonly command?: StageCommand;
}

/** A program of the user's that the engine starts itself, without a protocol: its exit code is its result. */
export interface StageCommand {
  /**
   * Placeholders: `{inputs.STAGE}`, `{inputs.STAGE.OUTPUT}`, `{outputs.NAME}`, `{files.NAME}`, `{coordinates.AXIS}`, `{threads}`,
   * `{scratch}`, `{resume}`, `{job}` (path of `job.json`).
   */
  readonly argv: readonly string[];
  /** The only member of `argv` is a text for the shell. */
  readonly shell: boolean;
  /** Names of environment variables that it gets; their values enter the key, those that look like secrets as a keyed hash. */
  readonly env: readonly string[];
}

/** Why an instance cannot even be planned to run: said by `plan` as `blocked`. */
export interface StageBlocked {
  readonly blocked: string;
  readonly hint: string;
}

/** What a stage stands among, as far as pipeline.yaml says it. */
export interface StageSurroundings {
  /** The stages that it reads from, in the order of `from`. */
  readonly sources: readonly {
    readonly stage: string;
    /** Whether it reads all elements at once (`@*`). */
    readonly gather: boolean;
    readonly outputs: readonly OutputDefinition[];
  }[];
  /** The axes that it has, inherited ones included. */
  readonly axes: readonly string[];
}

/** A mistake in the options that their schema cannot see. */
export interface OptionProblem {
  /** Leads to the option, for example `['argv', 2]`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
}

/** The last result of an instance, as far as an estimate may look at it. */
export interface KnownResult {
  readonly coordinates: Coordinates;
  readonly options: Readonly<Record<string, Json>>;
  readonly summary: Readonly<Record<string, Json>>;
  /** What the worker took, without waiting for others. */
  readonly seconds: number;
}

/** What an estimate may look at; all of it is known without doing anything. */
export interface EstimateContext {
  readonly coordinates: Coordinates;
  /** As resolved. */
  readonly options: Readonly<Record<string, Json>>;
  readonly models: Readonly<Record<string, ModelConfig>>;
  /** What the device last said of itself, in one line; null where it never answered. */
  readonly board: string | null;
  /** All that it reads, directly or not: which kind of stage, its options and its last result. */
  readonly upstream: readonly {
    readonly uses: string;
    readonly options: Readonly<Record<string, Json>>;
    readonly last: KnownResult | null;
  }[];
  /** The last results of all instances of this kind of stage. */
  readonly earlier: readonly KnownResult[];
}

/** How long an instance will take, as far as that can be said before. */
export interface StageEstimate {
  /** Null where there is nothing to reckon it from. */
  readonly seconds: number | null;
  /** What is done, in few words: those alike are told together. */
  readonly work: string;
  /** What it is reckoned from, or what is missing. */
  readonly basis: string;
}

/**
 * The contract of a stage, as data. `stages/<id>/definition.ts` exports one, `stages/registry.ts` lists them.
 * Everything here is pure: nothing is read and nothing is run.
 */
export interface StageDefinition {
  readonly id: string;
  /** Raised when the meaning of the outputs changes though no code that is fingerprinted did. */
  readonly version: number;
  readonly summary: string;
  /** Schema of `with:`; unknown keys are errors. */
  readonly options: ZodType;
  readonly inputs: readonly InputDefinition[];
  readonly outputs: readonly OutputDefinition[];
  /** Outputs that depend on the options, in place of `outputs`. */
  outputsOf?(options: Readonly<Record<string, Json>>): readonly OutputDefinition[];
  /** Looks for mistakes that only the surroundings show, when the file is loaded; the options are valid. */
  check?(options: Readonly<Record<string, Json>>, surroundings: StageSurroundings): readonly OptionProblem[];
  /**
   * Its job tells how all that it depends on was made: for reports on a run. Not part of a key, so that nothing is
   * made again because it took longer this time.
   */
  readonly readsHistory?: true;
  /**
   * Its worker may keep what it needs to go on in `resume_dir`, and must give the same bytes whether it went on or not. What
   * is there was written by an attempt at the same key, so by the same code with the same inputs and options.
   */
  readonly resumable?: true;
  readonly worker: {
    /** `command`: the resolved stage names the program; `file` is its definition, fingerprinted as code. */
    readonly language: 'python' | 'typescript' | 'command';
    /** Relative to the installation, for example `stages/clean/worker.ts`. */
    readonly file: string;
    /** Files that the worker uses but does not import, relative to the installation; they too are fingerprinted as its code. */
    readonly files?: readonly string[];
    /**
     * Set where the processor's instruction set changes the outputs: it is then in the key as `cpu_isa`, and
     * ONEDNN_MAX_CPU_ISA, which caps it, reaches the worker. Others neither see that variable nor depend on it.
     */
    readonly dependsOnInstructionSet?: true;
  };
  /** Where running it twice cannot give the same bytes. Absent: every byte of every output must be the same. */
  readonly repeatability?: Repeatability;
  /** Turns options and coordinates into what is actually used. */
  resolve(options: Readonly<Record<string, Json>>, context: ResolveContext): ResolvedStage | StageBlocked;
  /** How long it will occupy its device; for stages that may take hours there. */
  estimate?(context: EstimateContext): StageEstimate;
}
