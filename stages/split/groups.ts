import { compareCodePoints, digestOf } from '../../pipeline/base/canonical.js';

/** A tweet as split hands it on, see docs/reference/artifacts.md. */
export interface Tweet {
  readonly entity: string;
  readonly entity_name: string;
  readonly domain: string;
  readonly id: string;
  readonly label: string;
  readonly text: string;
}

/** Tweets that must stay on one side: the same tweet under several entities, or the same text. */
export type Group = readonly Tweet[];

/**
 * Groups tweets that share an id or a text, also through others, in an order that the seed draws and that does not
 * depend on the order they came in.
 */
export function drawGroups(tweets: readonly Tweet[], seed: number): readonly Group[] {
  const parents = tweets.map((_, index) => index);
  const first = new Map<string, number>();
  tweets.forEach(({ id, text }, index) => {
    for (const key of [`id ${id}`, `text ${text}`]) {
      const other = first.get(key);
      if (other === undefined) first.set(key, index);
      else parents[root(parents, index)] = root(parents, other);
    }
  });
  const members = new Map<number, Tweet[]>();
  tweets.forEach((tweet, index) => {
    const group = members.get(root(parents, index));
    if (group === undefined) members.set(root(parents, index), [tweet]);
    else group.push(tweet);
  });
  return [...members.values()]
    .map((group) => ({ group, rank: digestOf(`${seed} ${smallestId(group)}`) }))
    .sort((a, b) => compareCodePoints(a.rank, b.rank))
    .map(({ group }) => group);
}

/** An id that can stand for a time: digits alone. */
export const isTimed = (id: string): boolean => /^\d+$/.test(id);

/**
 * The groups first that hold the latest tweets of their entities: entities are talked about at different times, so a tweet's
 * place is the share of its entity's tweets that are later. Ids are numbers that grow with time; equal groups keep their order.
 */
export function latestFirst(groups: readonly Group[]): readonly Group[] {
  const times = new Map<string, bigint[]>();
  for (const { entity, id } of groups.flat()) {
    const own = times.get(entity);
    if (own === undefined) times.set(entity, [BigInt(id)]);
    else own.push(BigInt(id));
  }
  const places = new Map<string, ReadonlyMap<bigint, number>>();
  for (const [entity, own] of times) {
    const sorted = own.sort((a, b) => (a === b ? 0 : a < b ? 1 : -1));
    places.set(entity, new Map(sorted.map((time, index) => [time, index / sorted.length])));
  }
  const place = (group: Group): number =>
    Math.min(...group.map(({ entity, id }) => places.get(entity)?.get(BigInt(id)) ?? 1));
  return groups
    .map((group) => ({ group, place: place(group) }))
    .sort((a, b) => a.place - b.place)
    .map(({ group }) => group);
}

function root(parents: number[], index: number): number {
  let at = index;
  for (;;) {
    const parent = parents[at] ?? at;
    if (parent === at) return at;
    const grandparent = parents[parent] ?? parent;
    parents[at] = grandparent;
    at = grandparent;
  }
}

function smallestId(group: Group): string {
  return group
    .map(({ id }) => id)
    .reduce((smallest, id) => (compareCodePoints(id, smallest) < 0 ? id : smallest));
}

export function countLabels(tweets: Iterable<Tweet>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { label } of tweets) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

/**
 * Takes groups in their order while each of their labels has room below its target; the others are left.
 *
 * @param targets how many tweets of each label to take at most
 */
export function takeStratified(
  groups: readonly Group[],
  targets: ReadonlyMap<string, number>,
): { readonly taken: readonly Group[]; readonly left: readonly Group[] } {
  const room = new Map(targets);
  const taken: Group[] = [];
  const left: Group[] = [];
  for (const group of groups) {
    const counts = countLabels(group);
    if ([...counts].every(([label, count]) => count <= (room.get(label) ?? 0))) {
      for (const [label, count] of counts) room.set(label, (room.get(label) ?? 0) - count);
      taken.push(group);
    } else {
      left.push(group);
    }
  }
  return { taken, left };
}

/** Shares `total` out in proportion to the counts, by largest remainder, ties by label. */
export function apportion(counts: ReadonlyMap<string, number>, total: number): ReadonlyMap<string, number> {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const wanted = Math.min(total, all);
  const shares = [...counts].map(([label, count]) => {
    const exact = all === 0 ? 0 : (count * wanted) / all;
    return { label, whole: Math.floor(exact), remainder: exact - Math.floor(exact) };
  });
  let open = wanted - shares.reduce((sum, { whole }) => sum + whole, 0);
  const order = [...shares].sort((a, b) => b.remainder - a.remainder || compareCodePoints(a.label, b.label));
  const result = new Map<string, number>();
  for (const { label, whole } of order) {
    result.set(label, open > 0 ? whole + 1 : whole);
    open -= 1;
  }
  return result;
}
