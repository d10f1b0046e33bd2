import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { err, ok, type Result } from '../base/result.js';
import type { Failure } from '../contract/failure.js';

/** One file that work reads, as it was when it was looked at. */
export interface ReadFile {
  /** Absolute, as the worker would name it. */
  readonly path: string;
  /** Hexadecimal SHA-256. */
  readonly digest: string;
  readonly size: number;
  readonly executable: boolean;
}

const digests = new Map<string, { readonly signature: string; readonly digest: string }>();
/** A file that was written later than this before it was hashed may change again under the same time of change. */
const RACY_MILLISECONDS = 2_000;
const SMALL_BYTES = 1 << 18;

/** Every file at or below the paths, links followed, sorted by path. What does not exist is a changed input. */
export async function readFiles(paths: readonly string[]): Promise<Result<readonly ReadFile[], Failure>> {
  const files = new Map<string, ReadFile>();
  const visit = async (path: string, above: readonly string[]): Promise<void> => {
    const status = statSync(path, { bigint: true });
    if (!status.isDirectory()) {
      const executable = (status.mode & 0o100n) !== 0n;
      const signature = [status.dev, status.ino, status.size, status.mtimeNs, status.ctimeNs].join(' ');
      const digest = await digestOf(
        path,
        signature,
        Number(status.size),
        Number(status.ctimeNs / 1_000_000n),
      );
      files.set(path, { path, digest, size: Number(status.size), executable });
      return;
    }
    const real = realpathSync(path);
    if (above.includes(real)) return;
    for (const name of readdirSync(path)) await visit(join(path, name), [...above, real]);
  };
  for (const path of paths) {
    try {
      await visit(path, []);
    } catch (error) {
      const { code, path: where = path } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      return err({ reason: 'input-changed', path: where });
    }
  }
  return ok([...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)));
}

/** What is not as it was any more, by content. */
export async function inputsChanged(
  paths: readonly string[],
  before: readonly ReadFile[],
): Promise<Failure | null> {
  const now = await readFiles(paths);
  if (!now.ok) return now.error;
  const left = new Map(before.map((file) => [file.path, file.digest]));
  for (const { path, digest } of now.value) {
    if (left.get(path) !== digest) return { reason: 'input-changed', path };
    left.delete(path);
  }
  const [gone] = left.keys();
  return gone === undefined ? null : { reason: 'input-changed', path: gone };
}

/** Names the contents, whatever their paths: two attempts at one key may see them in different places. */
export function contentsDigest(files: readonly ReadFile[]): string {
  const contents = [...new Set(files.map(({ digest }) => digest))].sort();
  return createHash('sha256').update(contents.join('\n')).digest('hex');
}

async function digestOf(path: string, signature: string, size: number, changedAt: number): Promise<string> {
  const known = digests.get(path);
  if (known?.signature === signature) return known.digest;
  const started = Date.now();
  const hash = createHash('sha256');
  // Thousands of small files go faster without a stream for each.
  if (size < SMALL_BYTES) hash.update(readFileSync(path));
  else await pipeline(createReadStream(path), hash);
  const digest = hash.digest('hex');
  if (Math.abs(started - changedAt) > RACY_MILLISECONDS) digests.set(path, { signature, digest });
  return digest;
}
