import { isTweetId } from './tweet-id.js';

/** A tweet with its text as an archive has it; empty where a notice of X's stands in its place. */
export interface ArchivedTweet {
  /** As written; null where it was a number that a double cannot hold. */
  readonly id: string | null;
  readonly text: string;
}

/** Quoted tweets quote tweets: the API goes down one level, other programs may go further. */
const DEEPEST = 4;

/**
 * Reads one line of an archive: a tweet of API v1.1 or v2, an answer of v2, or what twarc makes of them. Tweets inside of it
 * (quoted, retweeted, included) come after it.
 *
 * @returns undefined when the line is no JSON.
 */
export function tweetsOfLine(line: string): readonly ArchivedTweet[] | undefined {
  let value: unknown;
  try {
    // Ids of v1.1 are numbers too, which JSON.parse would round where there is no `id_str`.
    value = JSON.parse(line.replace(/("id"\s*:\s*)([0-9]{16,})(?![0-9.eE])/g, '$1"$2"'));
  } catch {
    return undefined;
  }
  const tweets: ArchivedTweet[] = [];
  collect(value, tweets, 0);
  return tweets;
}

function collect(value: unknown, tweets: ArchivedTweet[], depth: number): void {
  if (depth > DEEPEST) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, tweets, depth);
    return;
  }
  if (!isRecord(value)) return;
  const text = textOf(value);
  const id = idOf(value);
  if (text !== undefined && id !== undefined) tweets.push({ id, text: isNotice(value) ? '' : text });
  const { includes } = value;
  collect(value.data, tweets, depth);
  collect(value.quoted_status, tweets, depth + 1);
  collect(value.retweeted_status, tweets, depth + 1);
  collect(value.referenced_tweets, tweets, depth + 1);
  if (isRecord(includes)) collect(includes.tweets, tweets, depth + 1);
}

/** The longest text that it has: what is called `text` may be cut. */
function textOf(tweet: Readonly<Record<string, unknown>>): string | undefined {
  const { note_tweet, extended_tweet, full_text, text } = tweet;
  const candidates = [
    isRecord(note_tweet) ? note_tweet.text : undefined,
    isRecord(extended_tweet) ? extended_tweet.full_text : undefined,
    full_text,
    text,
  ];
  return candidates.find((candidate) => typeof candidate === 'string');
}

function idOf({ id_str, id }: Readonly<Record<string, unknown>>): string | null | undefined {
  if (typeof id_str === 'string' && isTweetId(id_str)) return id_str;
  if (typeof id === 'string') return id;
  if (typeof id !== 'number') return undefined;
  return Number.isSafeInteger(id) ? String(id) : null;
}

function isNotice({ withheld, withheld_copyright }: Readonly<Record<string, unknown>>): boolean {
  return withheld_copyright === true || (isRecord(withheld) && withheld.copyright === true);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
