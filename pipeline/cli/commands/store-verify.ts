import { relative } from 'node:path';
import { StatCache } from '../../store/stat-cache.js';
import { type Verification, verifyStore } from '../../store/verify.js';
import { bytes, counted, duration, figure } from '../../ui/format.js';
import { failureMessage } from '../../ui/messages.js';
import { ProgressLine } from '../../ui/progress-line.js';
import { EXIT } from '../exit-codes.js';
import { locateStore, type StoreOptions } from '../open-store.js';
import { complain } from '../prepare.js';

const SHOWN = 20;

/** `pipeline store verify`: reads everything in the store again and puts aside what is damaged. */
export async function storeVerify(options: StoreOptions): Promise<number> {
  const located = locateStore(options);
  if (!located.ok) return located.error;
  const { root, layout } = located.value;
  const progress = new ProgressLine(process.stderr, process.env);
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, abort);
  const started = performance.now();
  const stats = new StatCache(layout.statCache);
  let found: Verification;
  try {
    found = await verifyStore({
      layout,
      stats,
      signal: controller.signal,
      onProgress: (done, total) => {
        const seconds = (performance.now() - started) / 1000;
        const left = done === 0 ? 0 : (seconds / done) * (total - done);
        progress.show(() => `read ${bytes(done)} of ${bytes(total)}, ETA ${duration(left)}`);
      },
    });
  } catch (error) {
    const { code, path = 'artifacts', message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const failure = { reason: 'store-error', path: relative(root, path), message } as const;
    const { text, hint } = failureMessage(failure, 'the store');
    return complain(text, hint ?? '', EXIT.failed);
  } finally {
    stats.save();
    progress.clear();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, abort);
  }
  const seconds = (performance.now() - started) / 1000;
  if (options.json) process.stdout.write(`${JSON.stringify(asJson(root, found, seconds), null, 2)}\n`);
  else process.stdout.write(`${lines(root, found, seconds).join('\n')}\n`);
  if (controller.signal.aborted) return EXIT.aborted;
  return found.damaged.length > 0 ? EXIT.failed : EXIT.ok;
}

function asJson(
  root: string,
  { checked, bytes: read, damaged, missing }: Verification,
  seconds: number,
): object {
  return {
    schema: 1,
    checked,
    bytes: read,
    seconds,
    damaged: damaged.map(({ movedTo, path, ...damage }) => ({
      ...damage,
      path: relative(root, path),
      moved_to: movedTo === null ? null : relative(root, movedTo),
    })),
    missing,
  };
}

function lines(
  root: string,
  { checked, bytes: read, damaged, missing }: Verification,
  seconds: number,
): readonly string[] {
  const said = damaged
    .slice(0, SHOWN)
    .flatMap(({ kind, path, problem, instances, movedTo }) => [
      `damaged ${kind} ${relative(root, path)}${instances.length === 0 ? '' : ` of ${listed(instances)}`}: ${problem}`,
      movedTo === null ? '  removed' : `  moved to ${relative(root, movedTo)}`,
    ]);
  const lacking = [...new Set(missing.flatMap(({ instances }) => instances))].sort();
  const counts = `${counted(checked.blob, 'file')}, ${counted(checked.tree, 'list')} of files, ${counted(checked.record, 'record')} and ${figure(checked.copy)} copies`;
  return [
    ...said,
    ...(damaged.length > SHOWN ? [`and ${figure(damaged.length - SHOWN)} more; --json has all`] : []),
    ...(lacking.length === 0 ? [] : [`content of ${listed(lacking)} is not in the store`]),
    `Read ${bytes(read)} in ${duration(seconds)}: ${counts}; ${damaged.length === 0 ? 'none is damaged' : `${figure(damaged.length)} damaged`}.`,
    ...(damaged.length + missing.length === 0 ? [] : ['The next run makes again what is missing.']),
  ];
}

function listed(names: readonly string[]): string {
  return names.length <= 3
    ? names.join(', ')
    : `${names.slice(0, 3).join(', ')} and ${figure(names.length - 3)} more`;
}
