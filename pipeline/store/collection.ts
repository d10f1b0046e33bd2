import { statSync } from 'node:fs';
import type { Digest } from '../base/canonical.js';
import type { RunRecord } from '../contract/store.js';
import {
  type Inventory,
  type StoredFile,
  type StoredItem,
  type StoredRecord,
  type StoredResume,
  treeFiles,
} from './inventory.js';
import type { StoreLayout } from './layout.js';
import type { KeyUse } from './roots.js';

export interface CollectionOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What was used since then stays. Milliseconds. */
  readonly age: number;
  /** Most bytes that may be left; results that nothing needs go until that is so, the least recently used first. */
  readonly maxBytes?: number;
  /**
   * The instances of the present pipeline.yaml, whose last results stay, and the keys that they have now, whose results stay too.
   * Null where it cannot be read: then the last results of all instances stay.
   */
  readonly present: { readonly instances: ReadonlySet<string>; readonly keys: ReadonlySet<Digest> } | null;
}

/** Why a record stays: the last result of an instance, of a run that can be resumed, or used lately. */
export type KeepReason = 'present' | 'resumable' | 'recent';

export interface DoomedRecord extends StoredRecord {
  readonly why: 'old' | 'size';
  /** Milliseconds since 1970. */
  readonly lastUsed: number;
}

/** What a collection removes, in the order in which it removes it: records before the content that they name. */
export interface Collection {
  readonly records: readonly DoomedRecord[];
  readonly damagedRecords: Inventory['damagedRecords'];
  /** Links below `out/` to views that go. */
  readonly links: readonly string[];
  readonly views: readonly StoredItem[];
  readonly runs: readonly StoredItem[];
  readonly resumes: readonly StoredResume[];
  readonly trees: readonly StoredFile[];
  readonly blobs: readonly StoredFile[];
  /** What was noted beside records and their inputs. */
  readonly notes: readonly StoredFile[];
  /** What crashes and damage left behind. */
  readonly remains: readonly StoredItem[];
  readonly freedBytes: number;
  readonly kept: Readonly<Record<KeepReason, number>> & { readonly bytes: number };
}

/** A temporary file is somebody's who writes right now, unless it is older than this. */
const TEMPORARY_MILLISECONDS = 3_600_000;

interface Candidate {
  readonly stored: StoredRecord;
  readonly lastUsed: number;
  readonly reason: KeepReason | null;
  /** Paths of the blobs and manifests that it names. */
  readonly content: readonly string[];
}

/** Decides what goes. Reads the manifests of trees and changes nothing. */
export function planCollection(
  layout: StoreLayout,
  inventory: Inventory,
  use: KeyUse,
  options: CollectionOptions,
): Collection {
  const oldest = options.now - options.age;
  const isOld = ({ modified }: StoredItem): boolean => modified < oldest;
  const trees = new Map<Digest, readonly string[]>();
  const candidates = inventory.records.map((stored): Candidate => {
    const lastUsed = Math.max(use.used.get(stored.digest) ?? 0, modifiedAt(stored.path));
    return {
      stored,
      lastUsed,
      reason: reasonOf(stored.digest, lastUsed, use, oldest, options.present),
      content: contentOf(layout, stored.record, trees),
    };
  });
  const runs = inventory.runs.filter((run) => isOld(run) && !use.newest.has(run.name));
  const temporary = inventory.temporary.filter(
    ({ modified }) => modified < options.now - TEMPORARY_MILLISECONDS,
  );
  // Work that outlives the engine, such as a job in a cluster's queue, is found again by what is in there.
  const scratch = inventory.scratch.filter(
    ({ name }) => ![...use.newest].some((run) => name.startsWith(run)),
  );
  const remains = [...temporary, ...[...inventory.quarantine, ...scratch].filter(isOld)];
  const sizes = new Map([...inventory.blobs, ...inventory.trees].map(({ path, bytes }) => [path, bytes]));
  const shown = new Set(inventory.links.map(({ view }) => view));
  const viewsOf = new Map(inventory.views.map((view) => [view.name, view]));
  const staysShown = ({ stored }: Candidate): boolean => {
    const name = nameOf(stored.digest);
    // A run that can be resumed may have work elsewhere that reads it still.
    return shown.has(name) || use.resumable.has(stored.digest);
  };
  const others = total(inventory.runs) - total(runs);
  const { kept, doomed } = shrink(
    candidates,
    options.maxBytes,
    (candidate) => ({
      content: candidate.content.map((path) => [path, sizes.get(path) ?? 0] as const),
      own:
        candidate.stored.bytes +
        (staysShown(candidate) ? (viewsOf.get(nameOf(candidate.stored.digest))?.bytes ?? 0) : 0),
    }),
    others,
  );
  const reachable = new Set(kept.flatMap(({ content }) => content));
  // A view that nothing shows is made again from the store in no time, unless the store lacks some of it.
  const keptViews = new Set(
    kept
      .filter(
        (one) => staysShown(one) || one.content.length === 0 || !one.content.every((path) => sizes.has(path)),
      )
      .map(({ stored }) => nameOf(stored.digest)),
  );
  const views = inventory.views.filter(({ name }) => !keptViews.has(name));
  const gone = new Set(views.map(({ name }) => name));
  const links = inventory.links.filter(({ view }) => gone.has(view)).map(({ path }) => path);
  const keptKeys = new Set(kept.map(({ stored }) => stored.digest));
  const external = new Set(kept.flatMap(({ stored }) => Object.values(stored.record.document.external)));
  const unreachable = (file: StoredFile): boolean => !reachable.has(file.path);
  const collected = {
    records: doomed,
    damagedRecords: inventory.damagedRecords,
    views,
    runs,
    resumes: inventory.resumes.filter((one) => !one.inUse && (one.isStored || isOld(one))),
    trees: inventory.trees.filter(unreachable),
    blobs: inventory.blobs.filter(unreachable),
    notes: [
      ...inventory.verifications.filter(({ digest }) => !keptKeys.has(digest)),
      ...inventory.listings.filter(({ digest }) => !external.has(digest)),
    ],
    remains,
  };
  const freedBytes = total(Object.values(collected).flat());
  const all = total(
    [
      inventory.records,
      inventory.damagedRecords,
      inventory.views,
      inventory.runs,
      inventory.resumes,
      inventory.trees,
      inventory.blobs,
      inventory.verifications,
      inventory.listings,
      inventory.quarantine,
      inventory.scratch,
      inventory.temporary,
    ].flat(),
  );
  const count = (reason: KeepReason): number => kept.filter((one) => one.reason === reason).length;
  return {
    ...collected,
    links,
    freedBytes,
    kept: {
      present: count('present'),
      resumable: count('resumable'),
      recent: count('recent'),
      bytes: all - freedBytes,
    },
  };
}

function reasonOf(
  key: Digest,
  lastUsed: number,
  use: KeyUse,
  oldest: number,
  present: CollectionOptions['present'],
): KeepReason | null {
  if (present?.keys.has(key) === true) return 'present';
  const instances = use.last.get(key);
  if (instances !== undefined && [...instances].some((id) => present?.instances.has(id) ?? true))
    return 'present';
  if (use.resumable.has(key)) return 'resumable';
  return lastUsed >= oldest ? 'recent' : null;
}

interface Weight {
  readonly content: readonly (readonly [path: string, bytes: number])[];
  readonly own: number;
}

/** Gives up the least recently used of what nothing needs until the rest fits. Content that several name counts once. */
function shrink(
  candidates: readonly Candidate[],
  maxBytes: number | undefined,
  weigh: (candidate: Candidate) => Weight,
  others: number,
): { readonly kept: readonly Candidate[]; readonly doomed: readonly DoomedRecord[] } {
  const doom = ({ stored, lastUsed }: Candidate, why: DoomedRecord['why']): DoomedRecord => ({
    ...stored,
    why,
    lastUsed,
  });
  const doomed = candidates.filter(({ reason }) => reason === null).map((one) => doom(one, 'old'));
  const kept = new Set(candidates.filter(({ reason }) => reason !== null));
  if (maxBytes === undefined) return { kept: [...kept], doomed };
  const holders = new Map<string, number>();
  let bytes = others;
  for (const candidate of kept) {
    const { content, own } = weigh(candidate);
    bytes += own;
    for (const [path, size] of content) {
      const count = holders.get(path) ?? 0;
      if (count === 0) bytes += size;
      holders.set(path, count + 1);
    }
  }
  const expendable = [...kept]
    .filter(({ reason }) => reason === 'recent')
    .sort((a, b) => a.lastUsed - b.lastUsed);
  for (const candidate of expendable) {
    if (bytes <= maxBytes) break;
    kept.delete(candidate);
    doomed.push(doom(candidate, 'size'));
    const { content, own } = weigh(candidate);
    bytes -= own;
    for (const [path, size] of content) {
      const count = (holders.get(path) ?? 1) - 1;
      holders.set(path, count);
      if (count === 0) bytes -= size;
    }
  }
  return { kept: [...kept], doomed };
}

function contentOf(
  layout: StoreLayout,
  record: RunRecord,
  known: Map<Digest, readonly string[]>,
): readonly string[] {
  return Object.values(record.outputs).flatMap(({ kind, digest }) => {
    if (kind === 'file') return [layout.blob(digest)];
    const files =
      known.get(digest) ?? (treeFiles(layout, digest) ?? []).map((file) => layout.blob(file.digest));
    known.set(digest, files);
    return [layout.tree(digest), ...files];
  });
}

function nameOf(key: Digest): string {
  return key.slice(key.indexOf(':') + 1);
}

function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function total(items: readonly { readonly bytes: number }[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}
