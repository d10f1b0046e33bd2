import { join } from 'node:path';
import { compareCodePoints } from '../../pipeline/base/canonical.js';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { StageContext, StageFailure } from '../../pipeline/contract/worker.js';
import { failures } from './failures.js';
import { compareWithOfficial, type OfficialParts } from './official.js';
import { openArchive } from './open-archive.js';
import { checkFolders } from './read-package.js';
import type { TextsSource } from './read-texts.js';
import { SPLITS } from './split-counts.js';

/** Where to read from: packed folders unpacked, files of JSON Lines as they are. */
export interface OpenedPackage {
  readonly root: string;
  readonly texts: readonly TextsSource[];
  /** Null where the source declares no digests. */
  readonly official: OfficialParts | null;
}

/**
 * Opens the package and the places of texts. An archive that is not the declared package is a failure, since it is what the
 * organisers gave; a folder is the user's own, and only warned of.
 */
export async function openPackage({ job }: StageContext): Promise<Result<OpenedPackage, StageFailure>> {
  const { package: path, source } = job.external;
  if (path === undefined) throw new Error('Internal error: the job names no path for "package"');
  const scratch = join(job.scratch_dir, 'extracted');
  const opened = await openArchive(path, 'package', ['entities'], join(scratch, 'package'));
  if (!opened.ok) return opened;
  const root = opened.value.folder;
  const texts: TextsSource[] = [];
  for (const { name, path: place } of textsPlaces(job.external)) {
    const found = await openArchive(place, 'texts', SPLITS, join(scratch, name));
    if (!found.ok) return found;
    texts.push({ name, path: found.value.folder });
  }
  const folders = checkFolders(root, texts);
  if (!folders.ok) return folders;
  const official = source === undefined ? null : compareWithOfficial(root, source);
  if (opened.value.isArchive && official !== null && official.different.length > 0) {
    return err(failures.otherPackage(path, official.different));
  }
  return ok({ root, texts, official });
}

export function officialWarnings({ official }: OpenedPackage): readonly string[] {
  if (official === null || official.different.length === 0) return [];
  return [
    `not as datasets/replab2013.source.yaml describes the package: ${official.different.join(', ')}; results compare with no others`,
  ];
}

/** `texts-1`, `texts-2` ... in their order: an earlier source's text of a tweet stands. */
function textsPlaces(external: Readonly<Record<string, string>>): readonly TextsSource[] {
  return Object.entries(external)
    .filter(([name]) => /^texts-[0-9]+$/.test(name))
    .sort(([a], [b]) => Number(a.slice(6)) - Number(b.slice(6)) || compareCodePoints(a, b))
    .map(([name, place]) => ({ name, path: place }));
}
