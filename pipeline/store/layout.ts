import { join } from 'node:path';
import { type Digest, hexOf } from '../base/canonical.js';
import type { Coordinates } from '../contract/config.js';

/** Where things are below `artifacts/`. The store alone writes here. */
export interface StoreLayout {
  readonly artifacts: string;
  readonly statCache: string;
  readonly instanceIndex: string;
  /** Keys the hashes by which secrets enter action keys; never leaves this folder. */
  readonly secretKey: string;
  /** Work in progress: a folder for each run, and what is not yet renamed into place. */
  readonly scratch: string;
  readonly runs: string;
  readonly locks: string;
  /** Held by whoever removes content; runs wait for it. */
  readonly collectorLock: string;
  /** What the last probe of each device said. */
  readonly devices: string;
  readonly views: string;
  /** What interrupted attempts left to go on from: a folder for each key. */
  readonly resumes: string;
  /** Work on clusters, which outlives runs: a folder for each executor, in it one for each key. */
  readonly executors: string;
  blob(digest: Digest): string;
  /** Where a damaged blob is kept, out of use. */
  quarantine(digest: Digest): string;
  tree(digest: Digest): string;
  action(key: Digest): string;
  /** Held by whoever makes the result of this key. */
  keyLock(key: Digest): string;
  /** Who runs that run; a run whose process is gone was interrupted. */
  owner(run: string): string;
  /** A plain folder with the outputs of one key. */
  view(key: Digest): string;
  /** What attempts at that key left. */
  resume(key: Digest): string;
  /** What `verify` found of a record. */
  verification(key: Digest): string;
  /** The list of files behind the digest of an external folder. */
  listing(digest: Digest): string;
  /** Where people find an instance's outputs: a link to the view of its newest key. */
  outputs(stage: string, coordinates: Coordinates): string;
}

export function storeLayout(artifacts: string): StoreLayout {
  const store = join(artifacts, 'store', 'v1');
  const sharded = (kind: string, digest: Digest, suffix: string): string => {
    const hex = hexOf(digest);
    // Asked several times for each instance: joining by hand is a tenth of the time of a run with nothing to do.
    return `${store}/${kind}/${hex.slice(0, 2)}/${hex}${suffix}`;
  };
  return {
    artifacts,
    statCache: join(store, 'stat-cache.json'),
    instanceIndex: join(store, 'instances.jsonl'),
    secretKey: join(store, 'secret-key'),
    scratch: join(artifacts, 'scratch'),
    runs: join(artifacts, 'runs'),
    locks: join(artifacts, 'locks'),
    collectorLock: join(artifacts, 'locks', 'collector.lock'),
    devices: join(artifacts, 'devices'),
    views: join(artifacts, 'views'),
    resumes: join(artifacts, 'resume'),
    executors: join(artifacts, 'executors'),
    quarantine: (digest) => join(store, 'quarantine', hexOf(digest)),
    blob: (digest) => sharded('blobs', digest, ''),
    tree: (digest) => sharded('trees', digest, '.json'),
    action: (key) => sharded('actions', key, '.json'),
    keyLock: (key) => join(artifacts, 'locks', `${hexOf(key)}.lock`),
    owner: (run) => join(artifacts, 'locks', `run-${run}.lock`),
    view: (key) => `${artifacts}/views/${hexOf(key).slice(0, 2)}/${hexOf(key)}`,
    resume: (key) => join(artifacts, 'resume', hexOf(key)),
    verification: (key) => sharded('verifications', key, '.json'),
    listing: (digest) => sharded('listings', digest, '.json'),
    outputs: (stage, coordinates) => {
      const axes = Object.keys(coordinates).sort();
      const folder = axes.map((axis) => `${axis}=${coordinates[axis]}`).join(',');
      return folder === '' ? `${artifacts}/out/${stage}` : `${artifacts}/out/${stage}/${folder}`;
    },
  };
}
