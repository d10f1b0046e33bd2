import { lstatSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { type Digest, digestOfJson } from '../base/canonical.js';
import { err, ok, type Result } from '../base/result.js';
import type { ListedFile } from '../contract/plan.js';
import { listFiles } from './content.js';
import type { StatCache } from './stat-cache.js';

export interface ExternalProblem {
  readonly path: string;
  readonly problem: string;
}

/**
 * Digest of a file or folder of the user's, by content: for a folder that of the sorted list of its files' paths and
 * digests. Unchanged files are not read again.
 *
 * @param within a folder that must hold all of it: links inside of it are followed, one that leaves it is an error. Without,
 *   links inside of folders are errors.
 * @param onListing gets the list of a folder with its digest.
 */
export async function digestExternal(
  path: string,
  stats: StatCache,
  within?: string,
  onListing?: (digest: Digest, files: readonly ListedFile[]) => void,
  chain: readonly string[] = [],
): Promise<Result<Digest, ExternalProblem>> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return err({ path, problem: 'there is no such file or folder' });
  const real = realpathSync(path);
  const root = within === undefined ? undefined : realpathSync(within);
  if (root !== undefined && !isInside(root, real)) return err({ path, problem: leaves(real) });
  try {
    if (found.isFile()) return ok(await stats.digest(real));
    if (!found.isDirectory()) return err({ path, problem: 'it is neither a file nor a folder' });
    const files: ListedFile[] = [];
    for (const inside of listFiles(real)) {
      const file = join(real, inside);
      const entry = lstatSync(file);
      if (entry.isFile()) files.push([inside, await stats.digest(file)]);
      else if (entry.isSymbolicLink() && root !== undefined) {
        const target = realpathSync(file);
        if (!isInside(root, target)) return err({ path: file, problem: leaves(target) });
        if (chain.includes(target) || `${file}/`.startsWith(`${target}/`)) {
          return err({ path: file, problem: 'it is a link that leads back to itself' });
        }
        const linked = await digestExternal(target, stats, root, undefined, [...chain, target]);
        if (!linked.ok) return linked;
        files.push([inside, linked.value]);
      } else if (entry.isSymbolicLink()) {
        return err({ path: file, problem: 'it is a symbolic link; put the file itself there' });
      }
    }
    const digest = digestOfJson(files);
    onListing?.(digest, files);
    return ok(digest);
  } catch (error) {
    return err({ path, problem: error instanceof Error ? error.message : String(error) });
  }
}

function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}

function leaves(target: string): string {
  return `it is a link that leaves the project, to ${target}; copy what is there into the project`;
}
