import { randomBytes } from 'node:crypto';
import { relative } from 'node:path';
import { acquireLock, holderText, type Lock } from '../base/lock.js';
import { newRunId } from '../store/journal.js';
import { failureMessage } from '../ui/messages.js';
import { commandLine } from './command-line.js';
import { EXIT } from './exit-codes.js';
import { complain } from './prepare.js';
import type { Project } from './project.js';
import { beginRun } from './run-session.js';

/** What a command that writes to the store holds, though it is no run: it has no journal. */
export interface Session {
  readonly id: string;
  /** Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Waits for locks in their order and tells who holds them; null when the signal ended the wait. */
  lock(paths: readonly string[]): Promise<Lock | null>;
}

/** Signs on, so that nothing is collected meanwhile, does something, and signs off; gives the exit code. */
export async function withSession(
  project: Project,
  act: (session: Session) => Promise<number>,
): Promise<number> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  process.on('SIGINT', abort);
  process.on('SIGTERM', abort);
  const { signal } = controller;
  const command = commandLine();
  const waits = (holder: string): void => {
    process.stderr.write(`waits for ${holder}\n`);
  };
  const lock = async (paths: readonly string[]): Promise<Lock | null> => {
    const held: Lock[] = [];
    const release = (): void => {
      for (const one of held.splice(0).reverse()) one.release();
    };
    for (const path of paths) {
      const one = await acquireLock(path, command, (holder) => waits(holderText(holder)), signal);
      if (one === null) {
        release();
        return null;
      }
      held.push(one);
    }
    return { release };
  };
  try {
    const id = newRunId(new Date(), randomBytes(2).toString('hex'));
    const session = await beginRun(project.layout, project.outputs, id, command, waits, signal);
    if (session === null) return EXIT.aborted;
    try {
      return await act({ id, signal, lock });
    } finally {
      session.end();
      project.stats.save();
    }
  } catch (error) {
    const { code, path = 'artifacts', message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const shown = relative(project.config.root, path);
    const { text, hint } = failureMessage({ reason: 'store-error', path: shown, message }, 'the store');
    return complain(text, hint ?? '', EXIT.failed);
  } finally {
    process.off('SIGINT', abort);
    process.off('SIGTERM', abort);
  }
}
