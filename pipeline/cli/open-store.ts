import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { err, ok, type Result } from '../base/result.js';
import { type StoreLayout, storeLayout } from '../store/layout.js';
import { complain } from './prepare.js';
import { findProjectFile } from './project.js';

/** Commands about what was made need the folder of a project, not a pipeline.yaml without mistakes. */
export interface StoreOptions {
  readonly file?: string;
  readonly json: boolean;
}

export interface LocatedStore {
  /** Absolute path of the project. */
  readonly root: string;
  readonly layout: StoreLayout;
}

/** Finds the store of the project here; without one says so and gives the exit code. */
export function locateStore(options: { readonly file?: string }): Result<LocatedStore, number> {
  const file = options.file === undefined ? findProjectFile(process.cwd()) : resolve(options.file);
  if (file === null || !existsSync(file)) {
    return err(
      complain(
        options.file === undefined
          ? 'there is no pipeline.yaml here or above'
          : `there is no file ${options.file}`,
        'run the command in a project folder, or name the file with --file PATH',
      ),
    );
  }
  const root = dirname(file);
  return ok({ root, layout: storeLayout(join(root, 'artifacts')) });
}
