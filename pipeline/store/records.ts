import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeFileDurably } from '../base/atomic-write.js';
import type { Digest } from '../base/canonical.js';
import type { RunRecord } from '../contract/store.js';
import type { StoreLayout } from './layout.js';

/** Action records by key, and for each instance the key of its last success. */
export class RecordStore {
  readonly #layout: StoreLayout;
  readonly #records = new Map<Digest, RunRecord | null>();
  /** For each instance the keys of its successes in order of time. */
  #keys: Map<string, Digest[]> | undefined;

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
    const key = this.#index().get(instance)?.at(-1);
    return key === undefined ? null : this.read(key);
  }

  /** Whether an instance ever succeeded, also when the record of that can no longer be read. */
  everSucceeded(instance: string): boolean {
    return this.#index().has(instance);
  }

  /** Every record that is still there of an instance's successes, the newest first. */
  history(instance: string): readonly RunRecord[] {
    const keys = this.#index().get(instance) ?? [];
    return [...new Set([...keys].reverse())]
      .map((key) => this.read(key))
      .filter((record): record is RunRecord => record !== null);
  }

  /** Takes back a record; the content that it names stays. */
  remove(key: Digest): void {
    rmSync(this.#layout.action(key), { force: true });
    this.#records.set(key, null);
  }

  /** Written last, after all content is in place: a record that exists is true. */
  async write(record: RunRecord): Promise<void> {
    await writeFileDurably(this.#layout.action(record.key), `${JSON.stringify(record)}\n`);
    this.#records.set(record.key, record);
    this.point(record.instance, record.key);
  }

  /** Remembers what an instance's outputs folder shows now. */
  point(instance: string, key: Digest): void {
    const keys = this.#index().get(instance) ?? [];
    if (keys.at(-1) === key) return;
    mkdirSync(dirname(this.#layout.instanceIndex), { recursive: true });
    // The newline in front ends a line that a crash may have torn.
    appendFileSync(this.#layout.instanceIndex, `\n${JSON.stringify({ instance, key })}\n`);
    this.#index().set(instance, [...keys, key]);
  }

  #index(): Map<string, Digest[]> {
    this.#keys ??= readHistory(this.#layout);
    return this.#keys;
  }
}

/** The key of the last success of each instance. */
export function readIndex(layout: StoreLayout): ReadonlyMap<string, Digest> {
  const last = new Map<string, Digest>();
  for (const [instance, keys] of readHistory(layout)) last.set(instance, keys.at(-1) as Digest);
  return last;
}

/** The keys of all successes of each instance, the newest last. */
function readHistory(layout: StoreLayout): Map<string, Digest[]> {
  const history = new Map<string, Digest[]>();
  if (!existsSync(layout.instanceIndex)) return history;
  for (const line of readFileSync(layout.instanceIndex, 'utf8').split('\n')) {
    if (line === '') continue;
    try {
      const { instance, key } = JSON.parse(line) as { instance: string; key: Digest };
      const keys = history.get(instance);
      if (keys === undefined) history.set(instance, [key]);
      else keys.push(key);
    } catch {
      // A line torn by a crash: the entry before it stands.
    }
  }
  return history;
}
