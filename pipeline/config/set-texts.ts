import type { Node } from './node.js';
import { parseYaml } from './parse.js';
import { createReport } from './source.js';

/** A text in the value of one `--set`, quotes not included where it has some. */
export interface SetText {
  /** The member that it stands under. */
  readonly name: string;
  readonly value: string;
  /** Offsets in the whole argument. */
  readonly start: number;
  readonly end: number;
}

/** The texts in the value of a `--set path=value` that was found good, in their order. */
export function textsOfSet(text: string): readonly SetText[] {
  const equals = text.indexOf('=');
  const { report } = createReport();
  const root = parseYaml({ file: '--set', text }, report, equals + 1);
  const found = new Map<number, SetText>();
  const visit = (node: Node, name: string): void => {
    if (node.kind === 'list') for (const item of node.items) visit(item, name);
    if (node.kind === 'map') for (const [key, { value }] of node.entries) visit(value, key);
    if (node.kind !== 'scalar' || typeof node.value !== 'string') return;
    const { start, end } = node.origin;
    const isQuoted = /^(["']).*\1$/s.test(text.slice(start, end));
    const inner = isQuoted ? { start: start + 1, end: end - 1 } : { start, end };
    // An alias leads to a text a second time.
    found.set(start, { name, value: node.value, ...inner });
  };
  if (root !== undefined) visit(root, text.slice(0, equals).split('.').at(-1) ?? '');
  return [...found.values()].sort((a, b) => a.start - b.start);
}
