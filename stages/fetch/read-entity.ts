import { join } from 'node:path';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { StageFailure } from '../../pipeline/contract/worker.js';
import type { DropReason, Place } from './dropped.js';
import { failures } from './failures.js';
import { readTable } from './read-table.js';
import type { SplitCounts } from './split-counts.js';
import { IdCheck, isRoundedId, isTweetId } from './tweet-id.js';

/** What the labelled file says of one tweet. */
export interface LabelledTweet {
  readonly line: number;
  readonly id: string;
  readonly filtering: string;
  /** Empty for tweets that are not about the entity. */
  readonly polarity: string;
}

/** What the tweet_info file says of one tweet, or why it cannot be used. */
export type TweetInfo =
  | { readonly language: string; readonly nearDuplicateOf: string | null }
  | { readonly bad: DropReason; readonly place: Place };

const FILTERING = new Set(['RELATED', 'UNRELATED']);
const POLARITY = new Set(['POSITIVE', 'NEUTRAL', 'NEGATIVE', '']);
const PRIORITY = new Set(['ALERT', 'MILDLY_IMPORTANT', 'UNIMPORTANT', '']);

export async function readLabelled(
  root: string,
  relative: string,
  entity: string,
  counts: SplitCounts,
  onTweet: (tweet: LabelledTweet) => void,
  onBad: (reason: DropReason, place: Place) => void,
): Promise<Result<void, StageFailure>> {
  const columns = ['tweet_id', 'entity_id', 'filtering', 'polarity', 'topic_priority'] as const;
  const ids = new IdCheck();
  const read = await readTable(join(root, relative), columns, {
    onRow: (line, { tweet_id, entity_id, filtering, polarity, topic_priority }) => {
      ids.add(tweet_id);
      const bad = badLabel(tweet_id, entity_id === entity, filtering, polarity, topic_priority);
      if (bad === undefined) onTweet({ line, id: tweet_id, filtering, polarity });
      else onBad(bad, { file: relative, line, id: tweet_id });
    },
    onBadLine: ({ line, problem, id }) => onBad(problem, { file: relative, line, id }),
  });
  if (!read.ok) return read;
  const finding = ids.finding();
  if (finding !== null) return err(failures.roundedIds(join(root, relative), finding));
  counts.files += 1;
  counts.labelled += read.value.lines;
  counts.notUtf8 += read.value.notUtf8;
  return ok(undefined);
}

function badLabel(
  id: string,
  sameEntity: boolean,
  filtering: string,
  polarity: string,
  priority: string,
): DropReason | undefined {
  if (!isTweetId(id)) return isRoundedId(id) ? 'rounded-id' : 'not-an-id';
  if (!sameEntity) return 'wrong-entity';
  // A value that is right for a neighbouring column says that the columns moved; what was meant is not guessed.
  const moved =
    FILTERING.has(polarity) ||
    (filtering !== '' && POLARITY.has(filtering)) ||
    (priority !== '' && POLARITY.has(priority));
  if (moved) return 'shifted-columns';
  if (!FILTERING.has(filtering) || !POLARITY.has(polarity) || !PRIORITY.has(priority)) return 'unknown-value';
  return undefined;
}

export async function readTweetInfo(
  root: string,
  relative: string,
  counts: SplitCounts,
): Promise<Result<ReadonlyMap<string, TweetInfo>, StageFailure>> {
  const infos = new Map<string, TweetInfo>();
  const columns = ['tweet_id', 'language', 'is_near_duplicate_of'] as const;
  const add = (id: string, info: TweetInfo): void => {
    if (infos.has(id)) counts.repeatedInfo += 1;
    else infos.set(id, info);
  };
  const read = await readTable(join(root, relative), columns, {
    onRow: (line, { tweet_id, language, is_near_duplicate_of }) => {
      const place = { file: relative, line, id: tweet_id };
      const none = is_near_duplicate_of === '-1' || is_near_duplicate_of === '';
      if (!none && !isTweetId(is_near_duplicate_of)) add(tweet_id, { bad: 'shifted-columns', place });
      else if (!/^[A-Z]{2,3}$/.test(language)) add(tweet_id, { bad: 'unknown-value', place });
      else add(tweet_id, { language, nearDuplicateOf: none ? null : is_near_duplicate_of });
    },
    // Its labelled row is dropped for it; a line without even an id is found as a row that nothing describes.
    onBadLine: ({ line, problem, id }) => {
      if (id !== null) add(id, { bad: problem, place: { file: relative, line, id } });
    },
  });
  if (!read.ok) return read;
  counts.files += 1;
  counts.notUtf8 += read.value.notUtf8;
  return ok(infos);
}
