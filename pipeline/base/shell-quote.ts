/** One word for a POSIX shell, taken literally. */
export function quoteForShell(word: string): string {
  if (word.includes('\0')) throw new RangeError('Internal error: an argument cannot hold a NUL byte');
  return /^[A-Za-z0-9_/.:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** One word of rsync's `-e`: it knows quotes, doubled inside themselves, but no backslash. */
export function quoteForRsyncShell(word: string): string {
  return /^[A-Za-z0-9_/.:=@%+,-]+$/.test(word) ? word : `"${word.replaceAll('"', '""')}"`;
}
