import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where Edgeline itself is: the folder with package.json, stages/ and dist/. */
export function installationRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** Of Edgeline, as package.json says it. */
export function ownVersion(installation: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(installation, 'package.json'), 'utf8'));
  return (manifest as { readonly version: string }).version;
}

/** What projects share: Python environments and downloads that are checked by digest. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  if (env.EDGELINE_CACHE) return resolve(env.EDGELINE_CACHE);
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'edgeline');
}

export function pythonOptions(
  installation: string,
  env: NodeJS.ProcessEnv,
): { lockFile: string; folder: string; preferred: string | undefined } {
  const lock = env.EDGELINE_CUDA ? 'requirements-cuda.lock' : 'requirements.lock';
  return {
    lockFile: join(installation, 'stages', '_python', lock),
    folder: join(cacheFolder(env), 'python'),
    preferred: env.EDGELINE_PYTHON || undefined,
  };
}
