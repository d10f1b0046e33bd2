import type { Result } from '../base/result.js';
import type { Failure } from '../contract/failure.js';
import type { Instance } from '../contract/plan.js';
import { pythonOptions } from './installation.js';
import type { Project } from './project.js';

/** Whether an instance may start Edgeline's own Python: its worker, or LiteRT on a device that has none. */
export function mayUsePython({ resolved, definition }: Instance): boolean {
  return definition.worker.language === 'python' || ('device' in resolved && resolved.device !== undefined);
}

/** Path of Edgeline's Python with all its packages; made first where it is not there. */
export async function edgelinePython(
  project: Project,
  onProgress: (message: string, done?: number, total?: number) => void,
  signal: AbortSignal,
): Promise<Result<string, Failure>> {
  const { ensureEnvironment } = await import('../execute/python-environment.js');
  const options = pythonOptions(project.installation, process.env);
  const environment = await ensureEnvironment(options, onProgress, signal);
  return environment.ok ? { ok: true, value: environment.value.python } : environment;
}
