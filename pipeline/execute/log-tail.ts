import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const LINES = 12;
const BYTES = 64 * 1024;

/** The last lines of a log that are not blank, for a failure's message; none when there is no log. */
export function logTail(path: string): readonly string[] {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, BYTES));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    const lines = bytes.toString('utf8').split('\n');
    // Unless the whole log was read, the first line may lack its beginning.
    const whole = size > BYTES ? lines.slice(1) : lines;
    return whole.filter((line) => line.trim() !== '').slice(-LINES);
  } finally {
    closeSync(file);
  }
}
