import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StoreLayout } from './layout.js';

/** A file of the store that was being written under another name, and by which process. */
export interface HalfWrittenFile {
  readonly path: string;
  readonly pid: number;
}

/** Looks at every file of the store: only for when a run is known to have died. */
export function halfWrittenFiles(layout: StoreLayout): readonly HalfWrittenFile[] {
  const store = dirname(layout.statCache);
  if (!existsSync(store)) return [];
  return readdirSync(store, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const pid = /\.(\d+)(?:\.\d+)?\.tmp$/.exec(name)?.[1];
    return pid === undefined ? [] : [{ path: join(store, name), pid: Number(pid) }];
  });
}
