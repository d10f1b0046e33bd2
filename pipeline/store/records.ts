import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeFileDurably } from '../base/atomic-write.js';
import type { Digest } from '../base/canonical.js';
import type { RunRecord } from '../contract/store.js';
import type { StoreLayout } from './layout.js';

/** Action records by key, and for each instance the key of its last success. */
export class RecordStore {
  readonly #layout: StoreLayout;
  readonly #records = new Map<Digest, RunRecord | null>();
  #lastKeys: Map<string, Digest> | undefined;

  constructor(layout: StoreLayout) {
    this.#layout = layout;
  }

  read(key: Digest): RunRecord | null {
    const known = this.#records.get(key);
    if (known !== undefined) return known;
    const record = this.#load(key);
    this.#records.set(key, record);
    return record;
  }

  /** As it is on disk now: another process may have made it since. */
  readAgain(key: Digest): RunRecord | null {
    this.#records.delete(key);
    return this.read(key);
  }

  #load(key: Digest): RunRecord | null {
    const path = this.#layout.action(key);
    if (!existsSync(path)) return null;
    try {
      const record = JSON.parse(readFileSync(path, 'utf8')) as RunRecord;
      return record.schema === 1 && record.key === key ? record : null;
    } catch {
      // A truncated record is no record: the work is done again and the record replaced.
      return null;
    }
  }

  last(instance: string): RunRecord | null {
    const key = this.#index().get(instance);
    return key === undefined ? null : this.read(key);
  }

  /** Written last, after all content is in place: a record that exists is true. */
  async write(record: RunRecord): Promise<void> {
    await writeFileDurably(this.#layout.action(record.key), `${JSON.stringify(record)}\n`);
    this.#records.set(record.key, record);
    this.point(record.instance, record.key);
  }

  /** Remembers what an instance's outputs folder shows now. */
  point(instance: string, key: Digest): void {
    const index = this.#index();
    if (index.get(instance) === key) return;
    mkdirSync(dirname(this.#layout.instanceIndex), { recursive: true });
    // The newline in front ends a line that a crash may have torn.
    appendFileSync(this.#layout.instanceIndex, `\n${JSON.stringify({ instance, key })}\n`);
    index.set(instance, key);
  }

  #index(): Map<string, Digest> {
    if (this.#lastKeys !== undefined) return this.#lastKeys;
    const index = new Map<string, Digest>();
    if (existsSync(this.#layout.instanceIndex)) {
      for (const line of readFileSync(this.#layout.instanceIndex, 'utf8').split('\n')) {
        if (line === '') continue;
        try {
          const entry = JSON.parse(line) as { instance: string; key: Digest };
          index.set(entry.instance, entry.key);
        } catch {
          // A line torn by a crash: the entry before it stands.
        }
      }
    }
    this.#lastKeys = index;
    return index;
  }
}
