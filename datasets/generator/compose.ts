import * as english from './english.js';
import { ASPECTS, ENTITIES, type Entity, type Polarity, PRODUCTS } from './entities.js';
import type { Random } from './random.js';
import { SPANISH, SPANISH_SENTENCES, SPANISH_UNRELATED } from './spanish.js';
import { fill, list, type Slots } from './template.js';

export type Kind = 'direct' | 'news' | 'composed' | 'ambiguous' | 'unrelated';

export interface Sentence {
  readonly kind: Kind;
  readonly text: string;
}

/** How often an English RELATED tweet is of which kind. What is ambiguous bounds what any model can reach. */
const KINDS = { direct: 0.36, news: 0.26, composed: 0.26, ambiguous: 0.12 } as const;

const UP = list('😀|😍|👍|🎉|❤️|🙌🏽|😂|👏🏿|🌟|:)|:D|<3|\uE415|👨‍👩‍👧|🏆');
const DOWN = list('😡|😭|👎|💔|🤦🏻‍♀️|🙄|:(|>:(|\uE059|😤|🚫');
const OTHER = list('🇪🇸|📷|1️⃣|☀️|🚗|🎶|🎓|🏦|™|→|🕐|…');

export function sentence(
  entity: Entity,
  language: 'EN' | 'ES',
  polarity: Polarity,
  random: Random,
): Sentence {
  if (language === 'ES') {
    return {
      kind: 'direct',
      text: finish(random.pick(SPANISH_SENTENCES[polarity]), entity, SPANISH, random),
    };
  }
  const kind = random.weighted(KINDS);
  const templates = {
    direct: english.DIRECT[polarity],
    news: english.NEWS[polarity],
    composed: english.COMPOSED[polarity],
    ambiguous: english.AMBIGUOUS,
  }[kind];
  return { kind, text: finish(random.pick(templates), entity, englishSlots(entity), random) };
}

export function unrelatedSentence(entity: Entity, language: 'EN' | 'ES', random: Random): Sentence {
  const text =
    language === 'ES'
      ? finish(random.pick(SPANISH_UNRELATED), entity, SPANISH, random)
      : finish(random.pick(english.UNRELATED), entity, englishSlots(entity), random);
  return { kind: 'unrelated', text };
}

/** One tweet about two entities: what is good for the one is bad for the other, so its label depends on the entity. */
export function rivalry(winner: Entity, loser: Entity, random: Random): string {
  const template = random.pick(
    list(
      '{winner} beats {loser} to {award}|left {loser} for {winner} on {day}, best choice in {small} years|{winner} > {loser}',
    ),
  );
  return fill(template, { ...english.ENGLISH, winner: [winner.query], loser: [loser.query] }, random);
}

export function handle(random: Random): string {
  const syllables = list('ka|lo|mi|ne|ru|ta|vo|ze|qui|bel|dor|fen');
  return `syn_${random.pick(syllables)}${random.pick(syllables)}${random.integer(1, 99)}`;
}

/** A link to nowhere: `.example` is reserved (RFC 2606). */
export function shortLink(random: Random): string {
  return `http://t.example/${random.code(8)}`;
}

/** What people and programs do to sentences: mentions, retweets, links, hashtags, emojis, spelling. */
export function decorate(
  text: string,
  entity: Entity,
  mood: Polarity,
  link: string | null,
  random: Random,
): string {
  let tweet = text;
  if (random.chance(0.3)) tweet = tweet.toLowerCase();
  else if (random.chance(0.04)) tweet = tweet.toUpperCase();
  else if (random.chance(0.5)) tweet = tweet.charAt(0).toUpperCase() + tweet.slice(1);
  if (random.chance(0.08)) tweet = misspell(tweet, random);
  if (random.chance(0.05)) tweet = tweet.replace(/o(?=[a-z]*$)/, 'oooo');
  if (random.chance(0.15)) tweet += random.pick(['!', '!!!', '.', '...', '?!', '…']);
  if (random.chance(0.2)) tweet += ` ${emoji(mood, random)}`;
  if (random.chance(0.16))
    tweet += ` #${random.pick([entity.query.replace(' ', ''), entity.domain, 'fail', 'win', 'news'])}`;
  if (link !== null) tweet += random.chance(0.1) ? `\u00A0${link}\u00A0…` : ` ${link}`;
  if (random.chance(0.12)) tweet = `@${handle(random)} ${tweet}`;
  if (random.chance(0.06)) tweet = `RT @${handle(random)}: ${tweet}`;
  if (random.chance(0.03)) tweet = `my ${random.pick(['friend', 'boss', 'dad'])}: "${tweet}"`;
  if (random.chance(0.03))
    tweet = tweet.replace(' ', random.pick(['  ', ' \u200B', '\u00A0', ' \u200F', '\u2003']));
  return escapeHtml(tweet, random);
}

function finish(template: string, entity: Entity, slots: Slots, random: Random): string {
  return fill(
    template,
    { ...slots, entity: [entity.query, entity.query, `#${entity.query.replace(' ', '')}`] },
    random,
  );
}

function englishSlots(entity: Entity): Slots {
  const rivals = ENTITIES.filter((other) => other.domain === entity.domain && other.id !== entity.id);
  return {
    ...english.ENGLISH,
    ...english.ENGLISH_EXTRA,
    aspect: ASPECTS[entity.domain],
    product: PRODUCTS[entity.domain],
    rival: rivals.map(({ query }) => query),
    user: ['@syn_kalo7', '@syn_runeta', '@syn_vomi22'],
  };
}

/** Mostly of the tweet's mood, at times of the other: people are ironic. */
function emoji(mood: Polarity, random: Random): string {
  if (mood === 'NEUTRAL' || random.chance(0.25)) return random.pick([...OTHER, ...UP, ...DOWN]);
  return random.pick((mood === 'POSITIVE') === random.chance(0.88) ? UP : DOWN);
}

function misspell(text: string, random: Random): string {
  const at = random.integer(1, Math.max(1, text.length - 3));
  const swapped = /^[a-z]{2}$/.test(text.slice(at, at + 2));
  return swapped ? text.slice(0, at) + text.charAt(at + 1) + text.charAt(at) + text.slice(at + 2) : text;
}

/** As the platform's API escapes; a few come escaped twice, as in real collections. */
function escapeHtml(text: string, random: Random): string {
  const once = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return random.chance(0.01) ? once.replaceAll('&', '&amp;') : once;
}
