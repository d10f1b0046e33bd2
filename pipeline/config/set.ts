import { suggestion } from '../base/suggest.js';
import { isNull, overlay } from './merge.js';
import { type Entry, entryOf, type Node } from './node.js';
import { parseYaml } from './parse.js';
import type { Origin, Report, Source } from './source.js';

/** Sections that `--set` may change; the others decide what there is to change. */
const SETTABLE = ['name', 'data', 'axes', 'models', 'stages', 'devices', 'executors'];
/** Sections in which `--set` cannot make up a member: a new axis or stage means nothing by itself. */
const CLOSED = ['axes', 'stages'];
/** Sections in which a member may be new if it is given whole. */
const OPEN = ['models', 'devices', 'executors'];

interface Segment {
  readonly name: string;
  readonly at: Origin;
}

/** Lays each `path=value` over the tree, in order; the value is YAML, `~` removes. */
export function applySets(root: Node, sets: readonly string[], report: Report): Node {
  let merged = root;
  for (const text of sets) {
    const change = readSet(merged, text, report);
    if (change !== undefined) merged = overlay(merged, change);
  }
  return merged;
}

function readSet(root: Node, text: string, report: Report): Node | undefined {
  const source: Source = { file: '--set', text };
  const equals = text.indexOf('=');
  const whole: Origin = { source, start: 0, end: text.length };
  if (equals < 1) {
    report('bad-set', 'this is not `path=value`', whole, 'for example --set data.package=../replab2013');
    return undefined;
  }
  if (text.slice(equals + 1).trim() === '') {
    const hint = 'write `~` to remove what is there';
    report('bad-set', 'there is no value after `=`', { source, start: equals, end: equals + 1 }, hint);
    return undefined;
  }
  const segments = segmentsOf(source, text.slice(0, equals));
  const value = parseYaml(source, report, equals + 1);
  if (value === undefined || !leadsSomewhere(root, segments, value, report)) return undefined;
  return segments.reduceRight<Node>((inner, segment) => {
    const entry: Entry = { key: segment.at, value: inner };
    return { kind: 'map', entries: new Map([[segment.name, entry]]), origin: whole };
  }, value);
}

function segmentsOf(source: Source, path: string): Segment[] {
  const segments: Segment[] = [];
  let start = 0;
  for (const name of path.split('.')) {
    segments.push({ name, at: { source, start, end: start + name.length } });
    start += name.length + 1;
  }
  return segments;
}

/** Checks what the schema cannot see once the value is merged in: a path that would create something by mistake. */
function leadsSomewhere(root: Node, segments: readonly Segment[], value: Node, report: Report): boolean {
  const [section, member] = segments;
  if (section === undefined) return false;
  for (const { name, at } of segments) {
    if (name === '' || name === '__proto__') {
      report('bad-set', 'a part of the path is empty or no name', at, 'write names with dots between them');
      return false;
    }
  }
  if (!SETTABLE.includes(section.name)) {
    const hint = suggestion(section.name, SETTABLE, 'sections that --set can change');
    report('unknown-key', `--set cannot change \`${section.name}\``, section.at, hint);
    return false;
  }
  const isNamed = CLOSED.includes(section.name) || OPEN.includes(section.name);
  if (member !== undefined && isNamed && !isKnownMember(root, segments, value)) {
    const known = entryOf(root, section.name)?.value;
    const names = known?.kind === 'map' ? known.entries.keys() : [];
    const message = `there is no \`${section.name}.${member.name}\``;
    report('unknown-name', message, member.at, suggestion(member.name, names, `known ${section.name}`));
    return false;
  }
  return !entersNonMap(root, segments, report);
}

function isKnownMember(root: Node, segments: readonly Segment[], value: Node): boolean {
  const [section, member] = segments;
  if (section === undefined || member === undefined) return true;
  if (entryOf(entryOf(root, section.name)?.value, member.name) !== undefined) return true;
  return OPEN.includes(section.name) && segments.length === 2 && !isNull(value);
}

/** A path through a list or a scalar would replace it by a map. */
function entersNonMap(root: Node, segments: readonly Segment[], report: Report): boolean {
  let node: Node | undefined = root;
  let path = '';
  for (const segment of segments) {
    if (node !== undefined && node.kind !== 'map') {
      const what = node.kind === 'list' ? 'a list' : 'a single value';
      const hint = node.kind === 'list' ? `give it whole: --set '${path}=[...]'` : `set \`${path}\` itself`;
      report('bad-set', `\`${path}\` is ${what}, nothing is below it`, segment.at, hint);
      return true;
    }
    node = entryOf(node, segment.name)?.value;
    path = path === '' ? segment.name : `${path}.${segment.name}`;
  }
  return false;
}
