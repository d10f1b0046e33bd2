import { z } from 'zod';
import { err, ok, type Result } from '../../pipeline/base/result.js';

/** Why X gives no text for a tweet. `not-answered`: it was asked for twice, and neither a tweet nor a problem came. */
export const MISSING = [
  'not-found',
  'not-authorized',
  'withheld',
  'unavailable',
  'disallowed',
  'invalid-id',
  'not-answered',
  'other-problem',
] as const;
export type Missing = (typeof MISSING)[number];

/** What X says of one tweet. The text is as it came, with its HTML references: `clean` replaces these, once. */
export type TweetAnswer =
  /** `withheldIn`: countries where it is not shown, as two letters. */
  { readonly text: string; readonly withheldIn?: readonly string[] } | { readonly missing: Missing };

/** Why a body is no answer to what was asked. */
export interface BadAnswer {
  readonly kind: 'not-json' | 'other-form' | 'wrong-ids';
  readonly detail: string;
}

export interface ReadAnswer {
  readonly answers: ReadonlyMap<string, TweetAnswer>;
  /** Ids of which it says nothing. */
  readonly unanswered: readonly string[];
}

const tweetSchema = z.object({
  id: z.string().regex(/^[0-9]{1,19}$/),
  text: z.string(),
  note_tweet: z.object({ text: z.string().optional() }).optional(),
  withheld: z
    .object({ copyright: z.boolean().optional(), country_codes: z.array(z.string()).optional() })
    .optional(),
});

export const problemSchema = z.object({
  type: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
  parameter: z.string().optional(),
  value: z.unknown().optional(),
  resource_id: z.string().optional(),
});

const bodySchema = z.object({
  data: z.array(tweetSchema).optional(),
  errors: z.array(problemSchema).optional(),
});

/**
 * Reads the body of an answer with status 200. Tweets come in any order; a problem concerns a tweet that was asked for only where
 * its parameter is `ids`, the others are about users, media and quoted tweets.
 */
export function readAnswer(body: string, asked: readonly string[]): Result<ReadAnswer, BadAnswer> {
  const json = parseJson(body);
  if (json === undefined) return err({ kind: 'not-json', detail: beginningOf(body) });
  const parsed = bodySchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return err({ kind: 'other-form', detail: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` });
  }
  const left = new Set(asked);
  const answers = new Map<string, TweetAnswer>();
  const foreign: string[] = [];
  for (const tweet of parsed.data.data ?? []) {
    if (left.delete(tweet.id)) answers.set(tweet.id, answerOf(tweet));
    else if (!answers.has(tweet.id)) foreign.push(tweet.id);
  }
  for (const { parameter, value, resource_id, type } of parsed.data.errors ?? []) {
    if (parameter !== 'ids') continue;
    const id = resource_id ?? (typeof value === 'string' ? value : '');
    if (left.delete(id)) answers.set(id, { missing: missingOf(type) });
  }
  if (foreign.length > 0) return err({ kind: 'wrong-ids', detail: foreign.slice(0, 3).join(', ') });
  return ok({ answers, unanswered: [...left] });
}

/** The last segment of a problem's type: its host and path have moved before. */
export function problemName(type: string | undefined): string {
  return type?.split('/').at(-1) ?? '';
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first words of a page, without its tags. */
export function beginningOf(body: string): string {
  const words = body
    .slice(0, 2000)
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return words === '' ? 'nothing' : `"${words.slice(0, 80)}"`;
}

function answerOf({ text, note_tweet, withheld }: z.infer<typeof tweetSchema>): TweetAnswer {
  const whole = note_tweet?.text ?? text;
  // What stands in the place of such a text is a notice of X's.
  if (withheld?.copyright === true || (withheld !== undefined && whole === ''))
    return { missing: 'withheld' };
  if (whole === '') return { missing: 'unavailable' };
  const countries = withheld?.country_codes ?? [];
  return countries.length === 0 ? { text: whole } : { text: whole, withheldIn: [...countries].sort() };
}

function missingOf(type: string | undefined): Missing {
  switch (problemName(type)) {
    case 'resource-not-found':
      return 'not-found';
    case 'not-authorized-for-resource':
      return 'not-authorized';
    case 'resource-unavailable':
      return 'unavailable';
    case 'disallowed-resource':
      return 'disallowed';
    default:
      return 'other-problem';
  }
}
