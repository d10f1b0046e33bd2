import { join } from 'node:path';
import type { ExecutorConfig } from '../contract/config.js';
import type { Executor } from '../contract/executor.js';
import { localExecutor } from './local-executor.js';

export interface ExecutorOptions {
  /** Absolute; attempts on clusters, which share our file system, are kept below it for longer than a run. */
  readonly folder: string;
  /** The hashed requirements of Edgeline's Python, from which other machines make theirs. */
  readonly lockFile: string;
  /** How long a lost connection is tried again, seconds; ten minutes when absent. */
  readonly patienceSeconds?: number;
}

export interface Executors {
  /** An executor of pipeline.yaml; this machine when no name is given. Nothing is connected before it runs something. */
  get(name: string | undefined): Executor;
  /** Executor name to how many attempts may be under way there. */
  readonly slots: Readonly<Record<string, Executor['slots']>>;
  close(): Promise<void>;
}

/** This machine, where no executor is named. */
export const LOCAL = 'local';

/** Everything under `executors:`, and `local`, which needs no entry. */
export function openExecutors(
  configs: Readonly<Record<string, ExecutorConfig>>,
  options: ExecutorOptions,
): Executors {
  const opened = new Map<string, Executor>();
  const get = (name = LOCAL): Executor => {
    const executor = opened.get(name) ?? open(name, configs[name], options);
    opened.set(name, executor);
    return executor;
  };
  return {
    get,
    slots: Object.fromEntries(Object.keys(configs).map((name) => [name, get(name).slots])),
    async close() {
      await Promise.all([...opened.values()].map((executor) => executor.close()));
    },
  };
}

function open(name: string, config: ExecutorConfig | undefined, options: ExecutorOptions): Executor {
  if (config === undefined && name !== LOCAL) throw new RangeError(`Internal error: no executor ${name}`);
  switch (config?.kind) {
    case 'ssh':
      // A workstation is taken to be busy with one piece of training; the rest of the matrix waits.
      return late(name, 'ssh', 1, async () =>
        (await import('./ssh-executor.js')).sshExecutor(config, options),
      );
    case 'slurm':
      return late(name, 'slurm', config.max_jobs ?? MOST_JOBS, async () =>
        (await import('./slurm-executor.js')).slurmExecutor(config, join(options.folder, name)),
      );
    default:
      return localExecutor(name);
  }
}

/** Clusters are for queues, but their people set limits for one user. */
const MOST_JOBS = 100;

/** Loaded when it first runs something: most runs use this machine alone. */
function late(
  name: string,
  kind: Executor['kind'],
  slots: number,
  load: () => Promise<Pick<Executor, 'run' | 'forget' | 'close'>>,
): Executor {
  let loaded: Promise<Pick<Executor, 'run' | 'forget' | 'close'>> | undefined;
  return {
    name,
    kind,
    slots,
    run: async (work, onMessage, signal) => {
      loaded ??= load();
      return (await loaded).run(work, onMessage, signal);
    },
    forget: async (key) => {
      loaded ??= load();
      await (await loaded).forget?.(key);
    },
    close: async () => {
      if (loaded !== undefined) await (await loaded).close();
    },
  };
}
