import type { Json } from '../base/canonical.js';
import type { SourceRange } from './diagnostic.js';
import type { MeterConfig } from './meter.js';
import type { StageNeeds } from './needs.js';

export type Scalar = string | number | boolean;
/** Which element of the matrix: axis name to value. */
export type Coordinates = Readonly<Record<string, Scalar>>;

/** One entry of a stage's `from`. `gather` is the `@*` form: all elements at once. */
export interface StageSource {
  readonly stage: string;
  readonly gather: boolean;
}

export interface StageConfig {
  /** The name under `stages:`. */
  readonly name: string;
  /** The id of a stage definition. */
  readonly uses: string;
  readonly from: readonly StageSource[];
  /** Axes that this stage adds to those it inherits. */
  readonly matrix: readonly string[];
  /** Elements that exist: axis to allowed values. */
  readonly only: Readonly<Record<string, readonly Scalar[]>>;
  /** Validated options of the definition, defaults filled in. */
  readonly options: Readonly<Record<string, Json>>;
  /** A member of `executors:`; this machine when absent. Never part of a key: a result is the same wherever it was made. */
  readonly executor?: string;
  /** Limit of one attempt, seconds; none when absent. */
  readonly timeoutSeconds?: number;
  readonly retries?: RetryConfig;
  /** What replaces the definition's own needs. */
  readonly needs?: Partial<StageNeeds>;
  /** Where the stage stands in the file, for messages. */
  readonly range: SourceRange;
}

/** When a failed attempt is made again. */
export interface RetryConfig {
  /** Further attempts after the first. */
  readonly count: number;
  /** Wait before the first of them, seconds; doubled for each further one. */
  readonly backoffSeconds: number;
  /** Reasons of failure that are worth another attempt; `exit-nonzero:75` means that one exit code. */
  readonly on: readonly string[];
}

/** Where workers run. One conformance suite proves all kinds. */
export type ExecutorConfig =
  | { readonly name: string; readonly kind: 'local' }
  | {
      readonly name: string;
      readonly kind: 'ssh';
      /** `user@host`, `host` or an alias. */
      readonly host: string;
      readonly port?: number;
      readonly identity_file?: string;
      readonly known_hosts_file?: string;
      /** Folder of ours on that machine. */
      readonly root?: string;
      /** A Python there with the locked packages; made from the lock when absent. */
      readonly python?: string;
    }
  | {
      readonly name: string;
      readonly kind: 'slurm';
      readonly partition?: string;
      readonly account?: string;
      /** Wall-clock limit of a job as `--time` takes it; a stage's own timeout wins. */
      readonly time?: string;
      /** Further arguments of sbatch. */
      readonly arguments?: readonly string[];
      /** Most jobs in the queue at a time. */
      readonly max_jobs?: number;
    };

export interface DeviceConfig {
  readonly name: string;
  readonly transport: 'local' | 'ssh';
  /** `user@host`, `host` or an alias; ssh only. */
  readonly host?: string;
  readonly port?: number;
  /** Private key file; the agent is used when absent. */
  readonly identity_file?: string;
  readonly known_hosts_file?: string;
  /** A Python on the device that has LiteRT and psutil; `local` uses Edgeline's own when absent. */
  readonly python?: string;
  /** Folder of ours on the device. */
  readonly root?: string;
  /** Threads of the interpreter. */
  readonly threads: number;
  readonly meter?: MeterConfig;
}

/** A model as the user declares it: a preset or family, overrides and where its weights come from. */
export type ModelConfig = Readonly<Record<string, Json>>;

export interface DataConfig {
  /** The organisers' package. */
  readonly package: string | null;
  /** Folders with texts by tweet id. */
  readonly texts: readonly string[];
  readonly cache: string | null;
}

/** A pipeline.yaml with its profiles and overrides applied, whole and valid. */
export interface PipelineConfig {
  readonly name: string;
  readonly profile: readonly string[];
  /** Absolute path of the folder that holds pipeline.yaml. */
  readonly root: string;
  readonly data: DataConfig;
  readonly axes: Readonly<Record<string, readonly Scalar[]>>;
  readonly models: Readonly<Record<string, ModelConfig>>;
  readonly devices: Readonly<Record<string, DeviceConfig>>;
  readonly executors: Readonly<Record<string, ExecutorConfig>>;
  readonly stages: readonly StageConfig[];
}
