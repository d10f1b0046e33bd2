import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type PythonFile = 'attempt_supervisor.py' | 'attempt_helper.py';

/** The text of a program that runs elsewhere; such files stay in the source folder when this runs from dist/. */
export function pythonFile(name: PythonFile): string {
  // From the source folder, dist/bundle/ and dist/pipeline/execute/.
  const candidates = [`./${name}`, `../../pipeline/execute/${name}`, `../../../pipeline/execute/${name}`];
  const paths = candidates.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined) throw new Error(`Internal error: ${name} is not at ${paths.join(' or ')}`);
  return readFileSync(found, 'utf8');
}
