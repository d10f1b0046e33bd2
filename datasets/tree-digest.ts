import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { compareCodePoints, type Digest, digestOf, digestOfJson } from '../pipeline/base/canonical.js';

/**
 * The digest that the content store gives a folder: of the canonical JSON of its manifest, files sorted by path.
 * The descriptions `*.source.yaml` state it for the data they describe.
 */
export function treeDigest(folder: string): { readonly digest: Digest; readonly files: number } {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => {
      const status = statSync(join(folder, path));
      return {
        path: path.split(sep).join('/'),
        executable: (status.mode & 0o100) !== 0,
        size: status.size,
        digest: digestOf(readFileSync(join(folder, path))),
      };
    })
    .sort((a, b) => compareCodePoints(a.path, b.path));
  return { digest: digestOfJson({ schema: 1, files }), files: files.length };
}
