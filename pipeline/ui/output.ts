import type { Environment } from './colour.js';

/** Where a view writes. `process.stdout` is one; tests bring their own. */
export interface ViewOutput {
  readonly stdout: NodeJS.WriteStream;
  readonly env: Environment;
}

/** Resolves when everything written before has left the process, or can no longer. */
export function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve();
    else stream.write('', () => resolve());
  });
}
