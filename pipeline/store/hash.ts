import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Digest } from '../base/canonical.js';

const CHUNK_BYTES = 1 << 20;
/** Files up to here are read at once: a turn of the event loop would take longer. */
export const SMALL_FILE_BYTES = 64 * 1024;

/** SHA-256 of a file's bytes, read in chunks so that memory stays flat; the event loop runs between chunks. */
export async function hashFile(path: string): Promise<Digest> {
  const hash = createHash('sha256');
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, null);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
  return `sha256:${hash.digest('hex')}`;
}

/** The same for small files such as sources, without a turn of the event loop. */
export function hashFileSync(path: string): Digest {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(SMALL_FILE_BYTES);
    for (;;) {
      const bytesRead = readSync(file, buffer, 0, SMALL_FILE_BYTES, null);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    closeSync(file);
  }
  return `sha256:${hash.digest('hex')}`;
}
