import { statfsSync } from 'node:fs';
import type { Failure } from '../contract/failure.js';

const LEAST_BYTES = 64 * 1024;

/**
 * A worker that ended badly on a full disk most likely ended of it, and could not even say so, for its log is there too.
 *
 * @param folder what the worker wrote into; to be called before it is removed
 * @param shown the same for people
 */
export function orFullDisk(failure: Failure, folder: string, shown: string): Failure {
  if (failure.reason !== 'exit-nonzero' && failure.reason !== 'signal') return failure;
  const ending = failure.reason === 'signal' ? failure.signal : `exit code ${failure.exitCode}`;
  return hasNoRoom(folder)
    ? {
        reason: 'store-error',
        path: shown,
        message: `no space left on the disk, where its worker ended with ${ending}`,
      }
    : failure;
}

function hasNoRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < LEAST_BYTES;
  } catch {
    return false;
  }
}
