import { relative } from 'node:path';
import { compareCodePoints } from '../../base/canonical.js';
import { acquireLock, holderText, type Lock } from '../../base/lock.js';
import { collect } from '../../store/collect.js';
import { type Collection, planCollection } from '../../store/collection.js';
import { takeInventory } from '../../store/inventory.js';
import { readKeyUse } from '../../store/roots.js';
import { liveRuns } from '../../store/runs.js';
import { bytes, counted, figure } from '../../ui/format.js';
import { failureMessage } from '../../ui/messages.js';
import { ProgressLine } from '../../ui/progress-line.js';
import { commandLine } from '../command-line.js';
import { EXIT } from '../exit-codes.js';
import { type LocatedStore, locateStore, type StoreOptions } from '../open-store.js';
import { complain } from '../prepare.js';
import { presentOf } from '../profiles.js';
import { parseAge, parseSize } from '../quantities.js';

export interface GcOptions extends StoreOptions {
  readonly olderThan: string;
  readonly maxSize?: string;
  readonly dryRun: boolean;
}

interface Limits {
  /** Milliseconds. */
  readonly age: number;
  readonly maxBytes?: number;
}

/** `pipeline gc`: removes results, content and runs that nothing needs any more. */
export async function gc(options: GcOptions): Promise<number> {
  const age = parseAge(options.olderThan);
  if (age === null)
    return complain(`--older-than ${options.olderThan}: expected an age such as 30d or 12h`, '');
  const maxBytes = options.maxSize === undefined ? undefined : parseSize(options.maxSize);
  if (maxBytes === null) return complain(`--max-size ${options.maxSize}: expected a size such as 20GB`, '');
  const limits: Limits = { age, ...(maxBytes === undefined ? {} : { maxBytes }) };
  const located = locateStore(options);
  if (!located.ok) return located.error;
  if (options.dryRun) return removeOrTell(located.value, options, limits);
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, abort);
  let lock: Lock | null = null;
  try {
    lock = await acquireLock(
      located.value.layout.collectorLock,
      commandLine(),
      (holder) => process.stderr.write(`waiting for ${holderText(holder)}\n`),
      controller.signal,
    );
    if (lock === null) return EXIT.aborted;
    // With the lock in hand: a run that starts from now on waits for us.
    const [live] = liveRuns(located.value.layout);
    if (live !== undefined) {
      const { pid, host, command } = live.holder;
      return complain(
        `run ${live.run} goes on (process ${pid} on ${host}: ${command}); nothing was removed`,
        'run gc again when it has ended; gc --dry-run works at any time',
        EXIT.failed,
      );
    }
    return await removeOrTell(located.value, options, limits);
  } catch (error) {
    const { code, path = 'artifacts', message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const shown = relative(located.value.root, path);
    const { text, hint } = failureMessage({ reason: 'store-error', path: shown, message }, 'the store');
    return complain(text, hint ?? '', EXIT.failed);
  } finally {
    lock?.release();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, abort);
  }
}

async function removeOrTell(
  { root, layout }: LocatedStore,
  options: GcOptions,
  limits: Limits,
): Promise<number> {
  const progress = new ProgressLine(process.stderr, process.env);
  progress.show(() => 'looking at the store');
  const inventory = takeInventory(layout);
  if (inventory.foreignRecords.length > 0) {
    const count = counted(inventory.foreignRecords.length, 'record');
    return complain(
      `${count} in the store ${inventory.foreignRecords.length === 1 ? 'is' : 'are'} of a newer Edgeline; what they need is not known here, and nothing was removed`,
      'run gc with that Edgeline',
      EXIT.failed,
    );
  }
  const use = readKeyUse(layout, (done, total) =>
    progress.show(() => `reading journals: ${done} of ${total}`),
  );
  const present = await presentOf(options, use.profiles);
  if (present === null) {
    process.stderr.write(
      'pipeline.yaml has mistakes, so the last results of all instances stay; see them with: pipeline plan all\n',
    );
  }
  const collection = planCollection(layout, inventory, use, { now: Date.now(), ...limits, present });
  if (!options.dryRun) {
    await collect(layout, collection, (done, total) =>
      progress.show(() => `removing: ${figure(done)} of ${figure(total)}`),
    );
  }
  progress.clear();
  if (options.json)
    process.stdout.write(`${JSON.stringify(asJson(root, collection, options.dryRun), null, 2)}\n`);
  else process.stdout.write(`${lines(collection, options, limits).join('\n')}\n`);
  return EXIT.ok;
}

function asJson(root: string, collection: Collection, dryRun: boolean): object {
  const { records, damagedRecords, runs, resumes, views, trees, blobs, notes, remains } = collection;
  const { freedBytes, kept } = collection;
  const sized = (items: readonly { readonly bytes: number }[]): object => ({
    count: items.length,
    bytes: sum(items),
  });
  return {
    schema: 1,
    dry_run: dryRun,
    freed_bytes: freedBytes,
    results: records.map(({ digest, record, why, lastUsed }) => ({
      key: digest,
      instance: record.instance,
      last_used: new Date(lastUsed).toISOString(),
      why,
    })),
    damaged_records: damagedRecords.map(({ path, problem }) => ({ path: relative(root, path), problem })),
    runs: runs.map(({ name }) => name),
    resumes: resumes.map(({ name, instance, modified, bytes: size }) => ({
      key: `sha256:${name}`,
      instance,
      last_written: new Date(modified).toISOString(),
      bytes: size,
    })),
    views: sized(views),
    trees: sized(trees),
    blobs: sized(blobs),
    notes: sized(notes),
    remains: sized(remains),
    kept,
  };
}

function lines(collection: Collection, { dryRun, maxSize }: GcOptions, limits: Limits): readonly string[] {
  const { records, damagedRecords, runs, resumes, views, trees, blobs, notes, remains } = collection;
  const { freedBytes, kept } = collection;
  const byStage = new Map<string, number>();
  for (const { record } of records) {
    const stage = record.instance.split('@')[0] ?? record.instance;
    byStage.set(stage, (byStage.get(stage) ?? 0) + 1);
  }
  const stages = [...byStage]
    .sort(([a], [b]) => compareCodePoints(a, b))
    .map(([stage, count]) => `${stage} ${figure(count)}`)
    .join(', ');
  const content = [...trees, ...blobs, ...notes];
  const parts = [
    part(records, 'result', stages === '' ? '' : ` (${stages})`),
    part(damagedRecords, 'damaged record'),
    part(content, 'stored file'),
    part(views, 'outputs folder', ', made again from the store when needed'),
    part(runs, 'run', ' with journal and logs'),
    part(resumes, 'interrupted attempt', ` to go on from (${named(resumes)})`),
    part(remains, 'thing', ' that crashes or damage left'),
  ].filter((text) => text !== null);
  const keeps = [
    kept.present > 0 ? `${figure(kept.present)} of the present pipeline.yaml` : '',
    kept.resumable > 0 ? `${figure(kept.resumable)} of runs that can go on` : '',
    kept.recent > 0 ? `${figure(kept.recent)} used lately` : '',
  ].filter((text) => text !== '');
  const verb = dryRun ? 'Would free' : 'Freed';
  const over = limits.maxBytes !== undefined && kept.bytes > limits.maxBytes;
  return [
    ...parts.map((text) => `${dryRun ? 'would remove' : 'removed'} ${text}`),
    `${parts.length === 0 ? 'Nothing to remove' : `${verb} ${bytes(freedBytes)}`}; ${bytes(kept.bytes)} stay.`,
    ...(keeps.length === 0 ? [] : [`Results that stay: ${keeps.join(', ')}.`]),
    ...(over
      ? [`That is more than ${maxSize}: what the present pipeline.yaml and open runs need is never removed.`]
      : []),
  ];
}

const INSTANCES_SHOWN = 5;

function named(resumes: Collection['resumes']): string {
  const names = resumes.map(({ instance }) => instance);
  const more = names.length - INSTANCES_SHOWN;
  return `${names.slice(0, INSTANCES_SHOWN).join(', ')}${more > 0 ? ` and ${figure(more)} more` : ''}`;
}

function part(items: readonly { readonly bytes: number }[], noun: string, more = ''): string | null {
  return items.length === 0 ? null : `${counted(items.length, noun)}${more}, ${bytes(sum(items))}`;
}

function sum(items: readonly { readonly bytes: number }[]): number {
  return items.reduce((total, item) => total + item.bytes, 0);
}
