import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { compareCodePoints } from '../base/canonical.js';

/** One file of a folder; `path` is relative to the folder and uses `/`. Digests are hexadecimal SHA-256. */
export interface FileEntry {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly executable: boolean;
}

/** What stands at a path. A folder is its files: empty folders do not count. */
export interface FolderManifest {
  readonly kind: 'absent' | 'file' | 'folder';
  readonly files: readonly FileEntry[];
}

/** Reads every file at a local path; links are followed. */
export async function manifestOf(path: string): Promise<FolderManifest> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) return { kind: 'absent', files: [] };
  if (status.isFile()) return { kind: 'file', files: [await entryOf(path, basename(path))] };
  const files: FileEntry[] = [];
  const visit = async (folder: string, prefix: string): Promise<void> => {
    for (const name of await readdir(folder)) {
      const full = join(folder, name);
      const inside = await stat(full);
      if (inside.isDirectory()) await visit(full, `${prefix}${name}/`);
      else files.push(await entryOf(full, `${prefix}${name}`));
    }
  };
  await visit(path, '');
  return { kind: 'folder', files };
}

async function entryOf(full: string, path: string): Promise<FileEntry> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(full), hash);
  const status = await stat(full);
  return { path, size: status.size, sha256: hash.digest('hex'), executable: (status.mode & 0o100) !== 0 };
}

export function totalBytes(manifest: FolderManifest): number {
  return manifest.files.reduce((sum, file) => sum + file.size, 0);
}

/** How two folders differ, in words, or null when they are equal. A file's own name does not count. */
export function difference(expected: FolderManifest, actual: FolderManifest): string | null {
  if (expected.kind !== actual.kind) return `a ${expected.kind} was expected, found ${actual.kind}`;
  if (expected.kind === 'file') {
    return expected.files[0]?.sha256 === actual.files[0]?.sha256 ? null : 'its content differs';
  }
  const found = new Map(actual.files.map((file) => [file.path, file]));
  for (const file of sorted(expected.files)) {
    const other = found.get(file.path);
    if (other === undefined) return `${file.path} is missing`;
    if (other.sha256 !== file.sha256) return `the content of ${file.path} differs`;
    if (other.executable !== file.executable) return `the executable bit of ${file.path} differs`;
    found.delete(file.path);
  }
  const extra = sorted([...found.values()])[0];
  return extra === undefined ? null : `${extra.path} should not be there`;
}

function sorted(files: readonly FileEntry[]): readonly FileEntry[] {
  return [...files].sort((a, b) => compareCodePoints(a.path, b.path));
}
