import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StageDefinition } from '../contract/stage.js';

/** What a machine without an installation of ours needs to run a stage's worker in TypeScript; absolute paths. */
export function typescriptRuntime(installation: string, { worker }: StageDefinition): readonly string[] {
  if (worker.language !== 'typescript') return [];
  const lock = JSON.parse(readFileSync(join(installation, 'node_modules', '.package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<
      Record<string, { readonly dev?: boolean; readonly optional?: boolean; readonly link?: boolean }>
    >;
  };
  // Nested ones are part of the folder above them. What was built for this machine is optional everywhere in our lock.
  const packages = Object.entries(lock.packages)
    .filter(([path]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path))
    // A link stands for a package that we do not install.
    .filter(([, { dev, optional, link }]) => !dev && !optional && !link)
    .map(([path]) => path);
  const own = ['package.json', 'dist/pipeline', 'dist/stages', 'dist/datasets', 'pipeline/devices'];
  return [...own, ...packages, ...(worker.files ?? [])]
    .map((path) => join(installation, path))
    .filter((path) => existsSync(path));
}
