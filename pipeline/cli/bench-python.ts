import { definitions } from '../../stages/registry.js';
import { err, ok, type Result } from '../base/result.js';
import type { OwnPython } from '../bench/worker-programs.js';
import type { StageDefinition } from '../contract/stage.js';
import { type EnvironmentOptions, ensureEnvironment } from '../execute/python-environment.js';
import { failureMessage } from '../ui/messages.js';
import type { BenchRun } from './bench-run.js';
import { installationRoot } from './installation.js';
import { workerEnvironment } from './worker-environment.js';

/** Edgeline's Python, made where it is not there yet, as the workers of a stage are started with it. */
export async function benchPython(
  run: BenchRun,
  options: EnvironmentOptions,
  uses: string,
): Promise<Result<{ readonly own: OwnPython; readonly stage: StageDefinition }, string>> {
  const environment = await ensureEnvironment(
    options,
    (message, done, total) =>
      run.tell(`python: ${message}${done === undefined ? '' : ` (${done} of ${total})`}`),
    run.signal,
  );
  if (!environment.ok) return err(failureMessage(environment.error, 'bench').text);
  const stage = definitions.get(uses);
  if (stage === undefined) throw new Error(`Internal error: there is no stage ${uses}`);
  const installation = installationRoot();
  const own: OwnPython = {
    python: environment.value.python,
    installation,
    environment: (scratch) => workerEnvironment(process.env, installation, scratch, stage.worker),
  };
  return ok({ own, stage });
}
