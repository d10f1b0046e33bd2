import type { Entry, MapNode, Node } from './node.js';

/**
 * Lays `top` over `below`: maps are merged key by key, lists and scalars replace, null removes. Null therefore
 * means "as if it was not written" everywhere in a map, also where there is nothing below (as in RFC 7396).
 */
export function overlay(below: Node | undefined, top: Node): Node {
  if (top.kind !== 'map') return top;
  const base: MapNode | undefined = below?.kind === 'map' ? below : undefined;
  const entries = new Map<string, Entry>(base?.entries);
  for (const [key, entry] of top.entries) {
    if (isNull(entry.value)) {
      entries.delete(key);
      continue;
    }
    const old = base?.entries.get(key);
    const bothMaps = old?.value.kind === 'map' && entry.value.kind === 'map';
    // What is missing in a merged map is missed where the map was first written.
    const origin = bothMaps ? old.key : entry.key;
    entries.set(key, { key: origin, value: overlay(old?.value, entry.value) });
  }
  return { kind: 'map', entries, origin: base?.origin ?? top.origin };
}

/** The node without members that are null. */
export function withoutNulls(node: Node): Node {
  return overlay(undefined, node);
}

/** A map without one of its keys. */
export function withoutKeys(map: MapNode, keys: readonly string[]): MapNode {
  const entries = new Map([...map.entries].filter(([key]) => !keys.includes(key)));
  return { ...map, entries };
}

export function isNull(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null;
}
