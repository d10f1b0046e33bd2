import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import type { Executor } from '../contract/executor.js';
import { LogTail } from '../store/log-tail.js';
import { redact, redactDeep } from '../ui/redact.js';

/**
 * The same executor, of which nothing is kept that holds a secret: what workers say, their summaries and failures are clean before
 * anybody sees them, and so is the log as soon as the attempt has ended. While it runs the log is the worker's own.
 */
export function withoutSecrets(executor: Executor, secrets: readonly string[]): Executor {
  if (secrets.length === 0) return executor;
  const clean = redact(secrets);
  return {
    name: executor.name,
    kind: executor.kind,
    slots: executor.slots,
    async run(work, onMessage, signal) {
      try {
        const result = await executor.run(work, (message) => onMessage(redactDeep(message, clean)), signal);
        return redactDeep(result, clean);
      } finally {
        cleanLog(work.logFile, clean);
      }
    },
    forget: async (key) => executor.forget?.(key),
    close: () => executor.close(),
  };
}

/** Writes the log anew where it has to be; whoever follows it goes on with the old file, and takes secrets out by itself. */
function cleanLog(path: string, clean: (text: string) => string): void {
  if (!holdsSecret(path, clean)) return;
  const own = `${path}.${process.pid}.tmp`;
  const file = openSync(own, 'w');
  try {
    for (const line of linesOf(path)) writeSync(file, `${clean(line)}\n`);
  } finally {
    closeSync(file);
  }
  renameSync(own, path);
}

function holdsSecret(path: string, clean: (text: string) => string): boolean {
  let found = false;
  for (const line of linesOf(path)) found ||= clean(line) !== line;
  return found;
}

function* linesOf(path: string): Generator<string> {
  const tail = new LogTail(path);
  for (let more = tail.read(); more.length > 0; more = tail.read()) yield* more;
  yield* tail.end();
}
