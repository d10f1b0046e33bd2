import { closeSync, mkdirSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compareCodePoints } from '../../pipeline/base/canonical.js';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { StageFailure } from '../../pipeline/contract/worker.js';
import { ArchiveError, Extraction } from './archive-entry.js';
import { extractTar } from './extract-tar.js';
import { extractZip } from './extract-zip.js';
import { failures } from './failures.js';

/** What fetch reads; pages that the organisers kept beside it are gigabytes that nobody needs. */
const READ =
  /(?:^|\/)(?:entities\/[^/]+\.tsv|(?:training|test)\/(?:(?:labeled|tweet_info|goldstandard\w*)\/[^/]+\.dat|[^/]+\.tsv))$/;

/** A folder around the folders is common; four of them are not. */
const DEPTH = 4;

/**
 * A folder as it is; of an archive, a folder into which it was extracted.
 *
 * @param what `package` or `texts`, for messages
 * @param markers folders of which one must be there: where it is, the data begins
 * @param scratch where to extract
 */
export async function openArchive(
  path: string,
  what: 'package' | 'texts',
  markers: readonly string[],
  scratch: string,
): Promise<Result<{ readonly folder: string; readonly isArchive: boolean }, StageFailure>> {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined || status.isDirectory()) return ok({ folder: path, isArchive: false });
  mkdirSync(scratch, { recursive: true });
  const extraction = new Extraction(scratch, (entry) => READ.test(entry));
  try {
    const kind = kindOf(path);
    if (kind === undefined) {
      // A file of texts that is no archive is for whoever reads texts to judge.
      return what === 'texts' ? ok({ folder: path, isArchive: false }) : err(failures.noArchive(path, what));
    }
    if (kind === 'zip') await extractZip(path, extraction);
    else await extractTar(path, kind === 'gzip', extraction);
  } catch (error) {
    if (error instanceof ArchiveError) return err(failures.badArchive(path, error.problem));
    const { code = '', message } = error as NodeJS.ErrnoException;
    // What zlib says of bytes that it cannot decompress; a full disk is for the engine to say.
    if (code.startsWith('Z_')) return err(failures.badArchive(path, { kind: 'damaged', problem: message }));
    throw error;
  }
  const folder = beginning(scratch, markers, DEPTH);
  return folder === undefined ? err(failures.noArchive(path, what)) : ok({ folder, isArchive: true });
}

function kindOf(path: string): 'zip' | 'gzip' | 'tar' | undefined {
  const head = Buffer.alloc(512);
  const file = openSync(path, 'r');
  try {
    readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  if (head.subarray(0, 2).toString('latin1') === 'PK') return 'zip';
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  return head.subarray(257, 262).toString('latin1') === 'ustar' ? 'tar' : undefined;
}

function beginning(folder: string, markers: readonly string[], depth: number): string | undefined {
  const folders = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort(compareCodePoints);
  if (folders.some((name) => markers.includes(name))) return folder;
  if (depth === 0) return undefined;
  for (const name of folders) {
    const found = beginning(join(folder, name), markers, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
