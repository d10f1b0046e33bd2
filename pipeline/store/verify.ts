import { lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../base/atomic-write.js';
import type { Digest } from '../base/canonical.js';
import type { TreeEntry } from '../contract/store.js';
import { ContentStore } from './content.js';
import { hashFile } from './hash.js';
import { type Inventory, type StoredFile, takeInventory } from './inventory.js';
import type { StoreLayout } from './layout.js';
import type { StatCache } from './stat-cache.js';

/** Something in the store that is not what its name says. */
export interface Damage {
  /** `copy`: a file below `artifacts/views/`, which workers read; the others are below `artifacts/store/`. */
  readonly kind: 'blob' | 'tree' | 'record' | 'copy';
  readonly path: string;
  readonly problem: string;
  /** Instances whose result it is part of. */
  readonly instances: readonly string[];
  /** Where it is kept out of use; null for a copy, which is removed: the next run makes it again. */
  readonly movedTo: string | null;
}

/** Content that a record names and that is not there. */
export interface Missing {
  readonly digest: Digest;
  readonly instances: readonly string[];
}

export interface Verification {
  readonly checked: Readonly<Record<Damage['kind'], number>>;
  /** Bytes that were read. */
  readonly bytes: number;
  readonly damaged: readonly Damage[];
  readonly missing: readonly Missing[];
}

export interface VerifyPorts {
  readonly layout: StoreLayout;
  /** Forgets the copies that are removed. */
  readonly stats: StatCache;
  onProgress(doneBytes: number, totalBytes: number): void;
  readonly signal: AbortSignal;
}

/**
 * Reads every blob, manifest, record and copy again, trusting no times. What is damaged is put out of use at once, so that the
 * next run, and one that goes on now, sees it as missing and makes it again. What vanishes meanwhile is left out.
 */
export async function verifyStore(ports: VerifyPorts): Promise<Verification> {
  const { layout } = ports;
  const inventory = takeInventory(layout);
  const holders = holdersOf(layout, inventory);
  const damaged: Damage[] = [];
  const copies = copiesOf(layout, inventory);
  const total =
    [...inventory.blobs, ...inventory.trees].reduce((sum, { bytes }) => sum + bytes, 0) +
    copies.reduce((sum, { entry }) => sum + entry.size, 0);
  let bytes = 0;
  const read = (size: number): void => {
    bytes += size;
    ports.onProgress(bytes, total);
  };
  const putAside = (kind: Damage['kind'], file: StoredFile, problem: string): void => {
    damaged.push({
      kind,
      path: file.path,
      problem,
      instances: [...(holders.get(file.digest) ?? [])].sort(),
      movedTo: quarantine(layout, file, problem),
    });
  };
  for (const file of inventory.damagedRecords) putAside('record', file, file.problem);
  for (const file of [...inventory.trees, ...inventory.blobs]) {
    if (ports.signal.aborted) break;
    const isTree = file.path.endsWith('.json');
    const digest = await digestOrNull(file.path);
    if (digest !== null && digest !== file.digest) {
      putAside(isTree ? 'tree' : 'blob', file, `its bytes have the digest ${digest}`);
    }
    read(file.bytes);
  }
  for (const { path, entry, instance } of copies) {
    if (ports.signal.aborted) break;
    const digest = await digestOrNull(path);
    if (digest !== null && digest !== entry.digest) {
      rmSync(path, { force: true });
      ports.stats.forget(path);
      const problem = `its bytes have the digest ${digest}, not ${entry.digest}`;
      damaged.push({ kind: 'copy', path, problem, instances: [instance], movedTo: null });
    }
    read(entry.size);
  }
  return {
    checked: {
      record: inventory.records.length + inventory.damagedRecords.length,
      tree: inventory.trees.length,
      blob: inventory.blobs.length,
      copy: copies.length,
    },
    bytes,
    damaged,
    missing: missingOf(layout, inventory, holders, damaged),
  };
}

/** What each digest is part of: as an output, or as a file in one. */
function holdersOf(layout: StoreLayout, { records }: Inventory): ReadonlyMap<Digest, ReadonlySet<string>> {
  const content = new ContentStore(layout);
  const holders = new Map<Digest, Set<string>>();
  const add = (digest: Digest, instance: string): void => {
    const known = holders.get(digest);
    if (known === undefined) holders.set(digest, new Set([instance]));
    else known.add(instance);
  };
  for (const { record } of records) {
    for (const artifact of Object.values(record.outputs)) {
      add(artifact.digest, record.instance);
      for (const { digest } of content.files(artifact) ?? []) add(digest, record.instance);
    }
  }
  return holders;
}

interface Copy {
  readonly path: string;
  readonly entry: TreeEntry;
  readonly instance: string;
}

/** The files of views that records name and that are there at their size; others are seen as changed by every run. */
function copiesOf(layout: StoreLayout, { records }: Inventory): readonly Copy[] {
  const content = new ContentStore(layout);
  return records.flatMap(({ record }) =>
    Object.values(record.outputs).flatMap((artifact) => {
      const root = join(layout.view(record.key), artifact.path);
      return (content.files(artifact) ?? []).flatMap((entry) => {
        const path = entry.path === '' ? root : join(root, entry.path);
        const stats = lstatSync(path, { throwIfNoEntry: false });
        return stats?.isFile() === true && stats.size === entry.size
          ? [{ path, entry, instance: record.instance }]
          : [];
      });
    }),
  );
}

function missingOf(
  layout: StoreLayout,
  { blobs, trees }: Inventory,
  holders: ReadonlyMap<Digest, ReadonlySet<string>>,
  damaged: readonly Damage[],
): readonly Missing[] {
  const there = new Set([...blobs, ...trees].map(({ digest }) => digest));
  const aside = new Set(damaged.map(({ path }) => path));
  return [...holders]
    .filter(([digest]) => !there.has(digest))
    .filter(([digest]) => !aside.has(layout.blob(digest)) && !aside.has(layout.tree(digest)))
    .map(([digest, instances]) => ({ digest, instances: [...instances].sort() }));
}

function quarantine(layout: StoreLayout, file: StoredFile, problem: string): string {
  const aside = layout.quarantine(file.digest);
  mkdirSync(dirname(aside), { recursive: true });
  try {
    renameSync(file.path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  writeFileAtomically(`${aside}.txt`, `${file.path}: ${problem}\n`);
  return aside;
}

async function digestOrNull(path: string): Promise<Digest | null> {
  try {
    return await hashFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
