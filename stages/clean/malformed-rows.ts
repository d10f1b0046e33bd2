import { readFileSync } from 'node:fs';
import { z } from 'zod';

const card = z.object({
  dropped: z.array(z.object({ kind: z.string(), split: z.string(), count: z.int() })),
});

/**
 * Rows that fetch could not read, by split, from its card or from that of hydrate, which hands them on; `unassigned` where not even the split could be read. Nothing where
 * `from` names no stage with a card.
 */
export function malformedRows(file: string | undefined): Readonly<Record<string, number>> {
  if (file === undefined) return {};
  const counts: Record<string, number> = {};
  for (const { kind, split, count } of card.parse(JSON.parse(readFileSync(file, 'utf8'))).dropped) {
    if (kind === 'row') counts[split] = (counts[split] ?? 0) + count;
  }
  return counts;
}
