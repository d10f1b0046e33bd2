import { join } from 'node:path';
import { type Digest, hexOf } from '../base/canonical.js';
import type { Coordinates } from '../contract/config.js';

/** Where things are below `artifacts/`. The store alone writes here. */
export interface StoreLayout {
  readonly artifacts: string;
  readonly statCache: string;
  readonly instanceIndex: string;
  readonly scratch: string;
  readonly runs: string;
  readonly lock: string;
  readonly devices: string;
  blob(digest: Digest): string;
  tree(digest: Digest): string;
  action(key: Digest): string;
  /** The folder in which an instance's outputs are shown. */
  outputs(stage: string, coordinates: Coordinates): string;
}

export function storeLayout(artifacts: string): StoreLayout {
  const store = join(artifacts, 'store', 'v1');
  const sharded = (kind: string, digest: Digest, suffix: string): string => {
    const hex = hexOf(digest);
    return join(store, kind, hex.slice(0, 2), `${hex}${suffix}`);
  };
  return {
    artifacts,
    statCache: join(store, 'stat-cache.json'),
    instanceIndex: join(store, 'instances.jsonl'),
    scratch: join(artifacts, 'scratch'),
    runs: join(artifacts, 'runs'),
    lock: join(artifacts, 'run.lock'),
    devices: join(artifacts, 'devices'),
    blob: (digest) => sharded('blobs', digest, ''),
    tree: (digest) => sharded('trees', digest, '.json'),
    action: (key) => sharded('actions', key, '.json'),
    outputs: (stage, coordinates) => {
      const axes = Object.keys(coordinates).sort();
      const folder = axes.map((axis) => `${axis}=${coordinates[axis]}`).join(',');
      return folder === '' ? join(artifacts, 'out', stage) : join(artifacts, 'out', stage, folder);
    },
  };
}
