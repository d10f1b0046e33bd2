import type { Json } from '../base/canonical.js';
import type { Scalar } from '../contract/config.js';
import { type Origin, onSameLine } from './source.js';

/**
 * A YAML document as plain data in which every key and value knows where it was written. Profiles and `--set`
 * are merged on these trees, so a message about the merged whole still points at the text that caused it.
 * Nodes are immutable and may be shared.
 */
export type Node = MapNode | ListNode | ScalarNode;

export interface MapNode {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly origin: Origin;
}

export interface Entry {
  readonly key: Origin;
  readonly value: Node;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly Node[];
  readonly origin: Origin;
}

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: Scalar | null;
  readonly origin: Origin;
}

export type Path = readonly (string | number)[];

export function toPlain(node: Node): Json {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(toPlain);
    case 'map':
      return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toPlain(entry.value)]));
  }
}

/** A member of a map; undefined when the node is no map or has no such key. */
export function entryOf(node: Node | undefined, key: string): Entry | undefined {
  return node?.kind === 'map' ? node.entries.get(key) : undefined;
}

/** The members of the map under `key`; empty when there is no such map. */
export function membersOf(node: Node | undefined, key: string): ReadonlyMap<string, Entry> {
  const value = entryOf(node, key)?.value;
  return value?.kind === 'map' ? value.entries : new Map();
}

export interface Place {
  /** Undefined when the path leads past what is there. */
  readonly node: Node | undefined;
  /** The key of the last map entry that was passed. */
  readonly key: Origin;
}

/** Follows a path as far as it goes. `key` stands for the root itself. */
export function placeOf(root: Node, key: Origin, path: Path): Place {
  let node: Node | undefined = root;
  let last = key;
  for (const step of path) {
    if (node?.kind === 'map') {
      const entry: Entry | undefined = node.entries.get(String(step));
      if (entry === undefined) return { node: undefined, key: last };
      last = entry.key;
      node = entry.value;
    } else if (node?.kind === 'list' && typeof step === 'number') {
      node = node.items[step];
    } else {
      return { node: undefined, key: last };
    }
  }
  return { node, key: last };
}

/** Where to draw under a value: the value itself, or its key when the value begins on a later line. */
export function originOf(place: Place): Origin {
  const { node, key } = place;
  if (node === undefined) return key;
  if (node.kind === 'scalar' || onSameLine(key, node.origin)) return node.origin;
  return node.origin.source === key.source ? key : node.origin;
}
