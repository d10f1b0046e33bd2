import type { Digest } from '../base/canonical.js';
import { listRuns, readJournal } from './journal.js';
import type { StoreLayout } from './layout.js';
import { readIndex } from './records.js';

/** What the index and the kept journals say of keys. */
export interface KeyUse {
  /**
   * Keys of last results, each with the instances whose result it is: of each instance in the index, and of each instance
   * in each profile that a kept journal names. Two profiles may share an instance's name and not its key; neither
   * loses its result to the other.
   */
  readonly last: ReadonlyMap<Digest, ReadonlySet<string>>;
  /** Key to when a kept journal last names it, milliseconds since 1970. */
  readonly used: ReadonlyMap<Digest, number>;
  /** The newest run of each profile: what `status` shows and, where it did not succeed, what the next run goes on from. */
  readonly newest: ReadonlySet<string>;
  /** Keys of those of the newest runs that did not succeed. */
  readonly resumable: ReadonlySet<Digest>;
  /** All profiles that were run, each as the names that were laid over each other. */
  readonly profiles: readonly (readonly string[])[];
}

interface RunUse {
  readonly run: string;
  readonly profile: readonly string[];
  readonly keys: Set<Digest>;
  succeeded: boolean;
}

/** Reads the index and all journals. @param onRun called before each journal with how many are done and of how many */
export function readKeyUse(
  layout: StoreLayout,
  onRun: (done: number, total: number) => void = () => undefined,
): KeyUse {
  const used = new Map<Digest, number>();
  const byProfile = new Map<string, readonly [instance: string, key: Digest]>();
  const newest = new Map<string, RunUse>();
  const runs = listRuns(layout);
  for (const [index, run] of runs.entries()) {
    onRun(index, runs.length);
    let use: RunUse | undefined;
    for (const event of readJournal(layout, run)) {
      if (event.type === 'run-started') {
        use = { run, profile: event.profile, keys: new Set(), succeeded: false };
        newest.set(event.profile.join(','), use);
      } else if (event.type === 'run-finished' && use !== undefined) {
        use.succeeded = event.status === 'succeeded';
      } else if (event.type === 'instance-finished' && event.outcome.key !== undefined) {
        const { key, status } = event.outcome as { key: Digest; status: string };
        if (status === 'failed' || status === 'skipped') continue;
        used.set(key, event.time);
        use?.keys.add(key);
        byProfile.set(`${use?.profile.join(',')}\n${event.instance}`, [event.instance, key]);
      }
    }
  }
  const last = new Map<Digest, Set<string>>();
  for (const [instance, key] of [...readIndex(layout), ...byProfile.values()]) {
    const known = last.get(key);
    if (known === undefined) last.set(key, new Set([instance]));
    else known.add(instance);
  }
  const latest = [...newest.values()];
  return {
    last,
    used,
    newest: new Set(latest.map(({ run }) => run)),
    resumable: new Set(latest.filter(({ succeeded }) => !succeeded).flatMap(({ keys }) => [...keys])),
    profiles: latest.map(({ profile }) => profile),
  };
}
