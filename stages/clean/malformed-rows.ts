import { readFileSync } from 'node:fs';
import { z } from 'zod';

const fetchCard = z.object({
  dropped: z.array(z.object({ kind: z.string(), split: z.string(), count: z.int() })),
});

/**
 * Rows that fetch could not read, by split, from its card; `unassigned` where not even the split could be read. Nothing where
 * `from` names no stage with a card.
 */
export function malformedRows(card: string | undefined): Readonly<Record<string, number>> {
  if (card === undefined) return {};
  const counts: Record<string, number> = {};
  for (const { kind, split, count } of fetchCard.parse(JSON.parse(readFileSync(card, 'utf8'))).dropped) {
    if (kind === 'row') counts[split] = (counts[split] ?? 0) + count;
  }
  return counts;
}
