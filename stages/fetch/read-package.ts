import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compareCodePoints } from '../../pipeline/base/canonical.js';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { StageFailure } from '../../pipeline/contract/worker.js';
import { emptyReport } from './card.js';
import { failures } from './failures.js';
import { archiveFiles } from './read-archive.js';
import { readTweetInfo } from './read-entity.js';
import { readTable } from './read-table.js';
import type { TextsSource } from './read-texts.js';
import { SPLITS, type Split } from './split-counts.js';

export interface Entity {
  readonly name: string;
  readonly domain: string;
}

/** Names and domains by entity id. */
export async function readEntities(root: string): Promise<Result<ReadonlyMap<string, Entity>, StageFailure>> {
  const folder = join(root, 'entities');
  if (!isFolder(folder)) return err(failures.missingFolder('entities', folder, 'data.package'));
  const file = readdirSync(folder)
    .sort(compareCodePoints)
    .find((name) => name.endsWith('.tsv'));
  if (file === undefined) {
    return err(failures.missingFile(join(folder, 'replab2013_entities.tsv'), 'which names the entities'));
  }
  const entities = new Map<string, Entity>();
  const read = await readTable(join(folder, file), ['entity_id', 'entity_name', 'category'], {
    onRow: (_line, { entity_id, entity_name, category }) => {
      entities.set(entity_id, { name: entity_name.trim(), domain: category.trim() });
    },
    // An entity that cannot be read is warned of where its tweets are read.
    onBadLine: () => undefined,
  });
  return read.ok ? ok(entities) : read;
}

/** Ids of the entities of a split, sorted: each has a file in `labeled` and one in `tweet_info`. */
export function listEntities(root: string, split: Split): Result<readonly string[], StageFailure> {
  const names: Record<'labeled' | 'tweet_info', Set<string>> = { labeled: new Set(), tweet_info: new Set() };
  for (const kind of ['labeled', 'tweet_info'] as const) {
    const folder = join(root, split, kind);
    if (!isFolder(folder)) return err(failures.missingFolder(`${split}/${kind}`, folder, 'data.package'));
    for (const file of readdirSync(folder)) {
      if (file.endsWith('.dat')) names[kind].add(file.slice(0, -'.dat'.length));
    }
  }
  const all = [...new Set([...names.labeled, ...names.tweet_info])].sort(compareCodePoints);
  for (const entity of all) {
    for (const [kind, other] of [
      ['labeled', 'tweet_info'],
      ['tweet_info', 'labeled'],
    ] as const) {
      if (names[kind].has(entity)) continue;
      const file = join(root, split, kind, `${entity}.dat`);
      return err(failures.missingFile(file, `though ${split}/${other}/${entity}.dat is there`));
    }
  }
  return ok(all);
}

/** Ids of all tweets that the package describes. */
export async function readIds(
  root: string,
  entities: Readonly<Record<Split, readonly string[]>>,
): Promise<Result<ReadonlySet<string>, StageFailure>> {
  const ids = new Set<string>();
  for (const split of SPLITS) {
    for (const entity of entities[split]) {
      const infos = await readTweetInfo(root, `${split}/tweet_info/${entity}.dat`, emptyReport());
      if (!infos.ok) return infos;
      for (const id of infos.value.keys()) ids.add(id);
    }
  }
  return ok(ids);
}

/** The package folder and the folders with texts, looked at before anything is read. */
export function checkFolders(root: string, texts: readonly TextsSource[]): Result<void, StageFailure> {
  if (!isFolder(root)) return err(failures.missingFolder('package', root, 'data.package'));
  for (const { path } of texts) {
    if (archiveFiles(path).length > 0) continue;
    if (!isFolder(path)) return err(failures.missingFolder('texts', path, 'data.texts'));
    if (!SPLITS.some((split) => isFolder(join(path, split)))) {
      return err(failures.missingFolder('training or test', join(path, 'training'), 'data.texts'));
    }
  }
  return ok(undefined);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
