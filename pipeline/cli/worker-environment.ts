import { delimiter, join } from 'node:path';
import type { StageDefinition } from '../contract/stage.js';
import { INSTRUCTION_SET_VARIABLE } from '../execute/instruction-set.js';
import { REACH_VARIABLES } from '../execute/reach-variables.js';

/** The whole environment of a worker. What is not named here does not reach it, so it cannot change a result. */
export function workerEnvironment(
  env: NodeJS.ProcessEnv,
  installation: string,
  scratch: string,
  worker: StageDefinition['worker'],
): Readonly<Record<string, string>> {
  const passed = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && REACH_VARIABLES.test(entry[0]),
  );
  const cap = worker.dependsOnInstructionSet === true ? env[INSTRUCTION_SET_VARIABLE] : undefined;
  return {
    ...Object.fromEntries(passed),
    ...(cap === undefined ? {} : { [INSTRUCTION_SET_VARIABLE]: cap }),
    PATH: env.PATH ?? ['/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    HOME: env.HOME ?? scratch,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    TMPDIR: scratch,
    PYTHONPATH: join(installation, 'stages', '_python'),
    PYTHONHASHSEED: '0',
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONNOUSERSITE: '1',
    TF_CPP_MIN_LOG_LEVEL: '2',
  };
}
