import { join } from 'node:path';
import type { Instance } from '../contract/plan.js';
import type { KeyDocument } from '../contract/store.js';
import type { Upstream } from '../schedule/scheduler.js';
import { typescriptClosure } from '../store/code-closure.js';
import { digestExternal } from '../store/external.js';
import { absolutePath } from './job.js';
import type { Project } from './project.js';

/**
 * Something that the worker read and that is no longer what its key says, so that the result cannot be trusted: a file
 * of the user's, an upstream output, or compiled code (Python's runs from a snapshot).
 *
 * @returns its absolute path; null when all is as it was.
 */
export async function changedInput(
  project: Project,
  instance: Instance,
  document: KeyDocument,
  upstream: Upstream,
): Promise<string | null> {
  const { resolved, definition } = instance;
  if ('blocked' in resolved) throw new Error(`Internal error: ${instance.id} is blocked`);
  for (const input of resolved.external) {
    const path = absolutePath(project, input.path);
    const digest = await digestExternal(
      path,
      project.stats,
      input.inside === 'project' ? project.config.root : undefined,
    );
    if (!digest.ok || digest.value !== document.external[input.name]) return path;
  }
  for (const input of instance.inputs) {
    const { key, outputs } = upstream(input.from);
    const artifact = outputs[input.output];
    if (artifact === undefined) throw new Error(`Internal error: no ${input.output} of ${input.from}`);
    if (!project.outputs.isShown(key, artifact)) return join(project.layout.view(key), artifact.path);
  }
  if (definition.worker.language === 'typescript') {
    const { files } = typescriptClosure({ root: project.installation }, definition.worker.file);
    for (const [file, digest] of Object.entries(files)) {
      if (document.code[file] !== digest) return join(project.installation, file);
    }
  }
  return null;
}
