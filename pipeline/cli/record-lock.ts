import type { Digest } from '../base/canonical.js';
import { acquireLock } from '../base/lock.js';
import { complain } from './prepare.js';
import type { Project } from './project.js';

/** Does something to the record of a key while nobody else works at it; false when Ctrl-C ended the wait. */
export async function withRecordLock(project: Project, _key: Digest, act: () => void): Promise<boolean> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  process.on('SIGINT', abort);
  process.on('SIGTERM', abort);
  try {
    const lock = await acquireLock(
      project.layout.lock,
      `pipeline ${process.argv.slice(2).join(' ')}`,
      ({ pid, command }) => {
        complain(`waiting for process ${pid} (${command})`, '');
      },
      controller.signal,
    );
    if (lock === null) return false;
    try {
      act();
      return true;
    } finally {
      lock.release();
    }
  } finally {
    process.off('SIGINT', abort);
    process.off('SIGTERM', abort);
  }
}
