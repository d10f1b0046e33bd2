import { readFileSync } from 'node:fs';
import { z } from 'zod';

const fetchCard = z.object({
  dropped: z.array(
    z.object({ kind: z.enum(['row', 'text']), split: z.string(), reason: z.string(), count: z.int() }),
  ),
});

export type DroppedRows = z.infer<typeof fetchCard>['dropped'];

/** Rows that fetch could not read, from its card: who reads the filled rows counts them as fetch's reader does. */
export function droppedRows(card: string | undefined): DroppedRows {
  if (card === undefined) return [];
  const { dropped } = fetchCard.parse(JSON.parse(readFileSync(card, 'utf8')));
  return dropped.filter(({ kind }) => kind === 'row');
}
