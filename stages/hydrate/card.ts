import { compareCodePoints, type Digest, hexOf, type Json } from '../../pipeline/base/canonical.js';
import { MISSING, type TweetAnswer } from './answer.js';
import type { DroppedRows } from './dropped-rows.js';

/** Tweets that were to have a text, each with what X answered. */
export interface Hydration {
  readonly host: string;
  readonly language: string;
  readonly wanted: readonly string[];
  readonly answers: ReadonlyMap<string, TweetAnswer>;
  /** Rows that got a text; several may be of one tweet. */
  readonly rowsFilled: number;
  readonly dropped: DroppedRows;
}

/** `hydrate.json`, see docs/reference/artifacts.md: of the answers alone, whenever and in however many runs they came. */
export function hydrationCard(
  { host, language, wanted, answers, rowsFilled, dropped }: Hydration,
  warnings: readonly string[],
  digest: Digest,
): Json {
  const missing = missingIds(wanted, answers);
  const withheld = new Map<string, number>();
  for (const id of wanted) {
    const answer = answers.get(id);
    if (answer === undefined || !('text' in answer)) continue;
    for (const country of answer.withheldIn ?? []) withheld.set(country, (withheld.get(country) ?? 0) + 1);
  }
  return {
    schema: 1,
    host,
    filter: { language, filtering: 'RELATED', polarity: ['NEGATIVE', 'NEUTRAL', 'POSITIVE'] },
    tweets: wanted.length,
    found: wanted.length - missing.reduce((sum, [, ids]) => sum + ids.length, 0),
    rows_filled: rowsFilled,
    missing: Object.fromEntries(missing),
    withheld_in: Object.fromEntries(withheld),
    dropped,
    warnings,
    sha256: hexOf(digest),
  };
}

/** Reason and sorted ids, for the reasons that there are. */
export function missingIds(
  wanted: readonly string[],
  answers: ReadonlyMap<string, TweetAnswer>,
): readonly (readonly [string, readonly string[]])[] {
  return MISSING.flatMap((reason) => {
    const ids = wanted.filter((id) => {
      const answer = answers.get(id);
      return answer !== undefined && 'missing' in answer && answer.missing === reason;
    });
    return ids.length === 0 ? [] : [[reason, ids.sort(compareCodePoints)] as const];
  });
}
