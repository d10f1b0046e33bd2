import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Digest, digestOf } from '../base/canonical.js';
import type { RunRecord, TreeManifest } from '../contract/store.js';
import type { StoreLayout } from './layout.js';
import { ResumeFolders } from './resumes.js';

/** One file of the store, named by a digest. */
export interface StoredFile {
  readonly path: string;
  readonly digest: Digest;
  readonly bytes: number;
}

export interface StoredRecord extends StoredFile {
  readonly record: RunRecord;
}

/** Something to keep or remove as a whole: a view, a run's folder, a file that a crash left behind. */
export interface StoredItem {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** What attempts at a key left to go on from; `modified` is of the newest file in it. */
export interface StoredResume extends StoredItem {
  readonly instance: string;
  /** Somebody may be at it now. */
  readonly inUse: boolean;
  /** The result is there: only a kill kept this from being removed. */
  readonly isStored: boolean;
}

/** All that is below `artifacts/`, as it was found. */
export interface Inventory {
  readonly records: readonly StoredRecord[];
  /** Files in the place of a record that are none: truncated, or under another key's name. */
  readonly damagedRecords: readonly (StoredFile & { readonly problem: string })[];
  /** Keys of records of a schema that this version does not know. */
  readonly foreignRecords: readonly StoredFile[];
  readonly blobs: readonly StoredFile[];
  readonly trees: readonly StoredFile[];
  /** What `verify` found, by key; lists of the files of external folders, by the folder's digest. */
  readonly verifications: readonly StoredFile[];
  readonly listings: readonly StoredFile[];
  readonly views: readonly StoredItem[];
  /** Links below `out/`, each with the name of the view that it shows. */
  readonly links: readonly { readonly path: string; readonly view: string }[];
  readonly runs: readonly StoredItem[];
  /** What attempts left to go on from. */
  readonly resumes: readonly StoredResume[];
  readonly scratch: readonly StoredItem[];
  /** Temporary files that a crash left in the store. */
  readonly temporary: readonly StoredItem[];
  readonly quarantine: readonly StoredItem[];
}

/** Reads what there is; files that vanish meanwhile are left out. */
export function takeInventory(layout: StoreLayout): Inventory {
  const store = dirname(layout.instanceIndex);
  const temporary: StoredItem[] = [];
  const files = (kind: string, suffix: string): readonly StoredFile[] =>
    sharded(join(store, kind)).flatMap((path) => {
      const name = basename(path, suffix);
      if (!/^[0-9a-f]{64}$/.test(name) || !path.endsWith(suffix)) {
        temporary.push(...item(path));
        return [];
      }
      return item(path).map(({ bytes }) => ({ path, bytes, digest: `sha256:${name}` as const }));
    });
  const records: StoredRecord[] = [];
  const damagedRecords: (StoredFile & { problem: string })[] = [];
  const foreignRecords: StoredFile[] = [];
  for (const file of files('actions', '.json')) {
    const read = readRecord(file);
    if (read.kind === 'record') records.push({ ...file, record: read.record });
    else if (read.kind === 'foreign') foreignRecords.push(file);
    else if (read.kind === 'damaged') damagedRecords.push({ ...file, problem: read.problem });
  }
  return {
    records,
    damagedRecords,
    foreignRecords,
    blobs: files('blobs', ''),
    trees: files('trees', '.json'),
    verifications: files('verifications', '.json'),
    listings: files('listings', '.json'),
    views: sharded(layout.views).flatMap(item),
    links: linksBelow(join(layout.artifacts, 'out')),
    runs: children(layout.runs).flatMap(item),
    resumes: resumesOf(layout),
    scratch: children(layout.scratch).flatMap(item),
    temporary,
    quarantine: children(join(store, 'quarantine')).flatMap(item),
  };
}

function resumesOf(layout: StoreLayout): readonly StoredResume[] {
  const folders = new ResumeFolders(layout);
  return children(layout.resumes).flatMap((path) => {
    const key: Digest = `sha256:${basename(path)}`;
    const [instance, inUse, isStored] = [
      folders.instanceOf(key),
      folders.isInUse(key),
      folders.isStored(key),
    ];
    return item(path).map((found) => ({ ...found, modified: newestIn(path), instance, inUse, isStored }));
  });
}

/** When anything at or below a path was written last. */
function newestIn(path: string): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  const below = stats.isDirectory() ? children(path).map(newestIn) : [];
  return Math.max(stats.mtimeMs, ...below);
}

type ReadRecord =
  | { readonly kind: 'record'; readonly record: RunRecord }
  | { readonly kind: 'foreign' | 'gone' }
  | { readonly kind: 'damaged'; readonly problem: string };

function readRecord({ path, digest }: StoredFile): ReadRecord {
  const text = readText(path);
  if (text === null) return { kind: 'gone' };
  let value: Partial<RunRecord> | null;
  try {
    value = JSON.parse(text) as Partial<RunRecord> | null;
  } catch {
    return { kind: 'damaged', problem: 'it is truncated or no JSON' };
  }
  if (typeof value?.schema === 'number' && value.schema > 1) return { kind: 'foreign' };
  if (value?.schema !== 1 || typeof value.instance !== 'string' || typeof value.outputs !== 'object') {
    return { kind: 'damaged', problem: 'it is not a record' };
  }
  if (value.key !== digest)
    return { kind: 'damaged', problem: `it is the record of another key, ${value.key}` };
  return { kind: 'record', record: value as RunRecord };
}

/** The digests of the files of a tree, or null where its manifest is missing or damaged. */
export function treeFiles(layout: StoreLayout, digest: Digest): TreeManifest['files'] | null {
  const text = readText(layout.tree(digest));
  if (text === null || digestOf(text) !== digest) return null;
  return (JSON.parse(text) as TreeManifest).files;
}

/** Paths below a folder's two-digit folders. */
function sharded(folder: string): readonly string[] {
  return children(folder).flatMap(children);
}

function children(folder: string): readonly string[] {
  if (!existsSync(folder) || !lstatSync(folder).isDirectory()) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}

/** A file or folder with all its bytes; nothing where it is gone. */
function item(path: string): readonly StoredItem[] {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  const bytes = stats.isDirectory()
    ? children(path)
        .flatMap(item)
        .reduce((sum, inside) => sum + inside.bytes, 0)
    : stats.size;
  return [{ path, name: basename(path), bytes, modified: stats.mtimeMs }];
}

function linksBelow(folder: string): Inventory['links'] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, view: basename(readlinkSync(path)) }));
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
