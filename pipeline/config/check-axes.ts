import { nearest, suggestion } from '../base/suggest.js';
import type { Scalar } from '../contract/config.js';
import type { Placed, StageDraft } from './draft.js';
import { placedScalars } from './draft.js';
import { entryOf, membersOf, type Node } from './node.js';
import type { Report } from './source.js';

export type PlacedAxes = ReadonlyMap<string, readonly Placed<Scalar>[]>;

/** The axes of a merged file with where each value stands. */
export function readAxes(root: Node): PlacedAxes {
  return new Map([...membersOf(root, 'axes')].map(([name, entry]) => [name, placedScalars(entry.value)]));
}

/** Values become parts of instance ids (`stage@axis=value,axis=value`) and of folder names. */
const VALUE = /^[\p{L}\p{N}][\p{L}\p{N}._+-]*$/u;

/** Reports axes whose values could not be told apart, could not be written in an id, or name nothing. */
export function checkAxes(root: Node, axes: PlacedAxes, removed: ReadonlySet<string>, report: Report): void {
  for (const [axis, values] of axes) {
    const seen = new Set<string>();
    for (const { value, at } of values) {
      const text = String(value);
      if (seen.has(text)) {
        report('repeated-value', `\`${text}\` occurs twice in axis \`${axis}\``, at, 'remove one of them');
      }
      seen.add(text);
      if (typeof value === 'string' && !VALUE.test(value)) {
        const hint = 'use letters, digits, `.`, `_`, `+` and `-`: the value becomes part of names';
        report('bad-axis-value', `\`${text}\` cannot be a value of an axis`, at, hint);
      }
    }
  }
  checkDeclared(root, axes, 'model', 'models', removed, report);
  checkDeclared(root, axes, 'device', 'devices', removed, report);
}

/** Values of the axes `model` and `device` are names of models and devices. */
function checkDeclared(
  root: Node,
  axes: PlacedAxes,
  axis: 'model' | 'device',
  section: 'models' | 'devices',
  removed: ReadonlySet<string>,
  report: Report,
): void {
  const declared = membersOf(root, section);
  for (const { value, at } of axes.get(axis) ?? []) {
    const name = String(value);
    if (declared.has(name)) continue;
    const example = axis === 'device' ? `${name}: {}` : `${name}: { preset: ..., weights: ... }`;
    const hint = removed.has(`${section}.${name}`)
      ? `its entry is empty, which removes it; write \`${example}\``
      : suggestion(name, declared.keys(), section);
    report(`undeclared-${axis}`, `${axis} \`${name}\` is not declared under \`${section}\``, at, hint);
  }
}

/** Whether the axes are there under a misspelt name, which is reported as an unknown key. */
export function areAxesMisspelt(root: Node): boolean {
  if (root.kind !== 'map' || root.entries.has('axes')) return false;
  return [...root.entries.keys()].some((key) => nearest(key, ['axes']) !== undefined);
}

/** Reports what is wrong with a stage's `matrix` and `only`. */
export function checkMatrix(
  draft: StageDraft,
  inherited: readonly string[] | undefined,
  axes: PlacedAxes,
  report: Report,
): void {
  const own = new Set<string>();
  for (const { value: axis, at } of draft.matrix) {
    if (!axes.has(axis)) {
      report('unknown-axis', `there is no axis \`${axis}\``, at, suggestion(axis, axes.keys(), 'axes'));
    } else if (own.has(axis)) {
      report('repeated-axis', `axis \`${axis}\` is named twice`, at, 'remove one of them');
    } else if (inherited?.includes(axis) === true) {
      const message = `\`${draft.name}\` already inherits axis \`${axis}\``;
      const sources = draft.from.map(({ value }) => value.stage).join(', ');
      report('repeated-axis', message, at, `remove it here: it comes with what is read from ${sources}`);
    }
    own.add(axis);
  }
  for (const { axis, values } of draft.only) {
    const allowed = axes.get(axis.value);
    if (allowed === undefined) {
      const hint = suggestion(axis.value, axes.keys(), 'axes');
      report('unknown-axis', `there is no axis \`${axis.value}\``, axis.at, hint);
      continue;
    }
    if (inherited !== undefined && !own.has(axis.value) && !inherited.includes(axis.value)) {
      const has = [...inherited, ...own];
      const hint =
        has.length === 0 ? 'it has no axes: it is one element' : `axes that it has: ${has.join(', ')}`;
      report('axis-not-here', `\`${draft.name}\` does not have axis \`${axis.value}\``, axis.at, hint);
    }
    for (const { value, at } of values) {
      if (allowed.some((item) => item.value === value)) continue;
      const words = allowed.map((item) => String(item.value));
      const sameText = words.includes(String(value));
      const hint = sameText
        ? `the axis has ${typeof value === 'string' ? 'the number' : 'the text'} ${String(value)}`
        : suggestion(String(value), words, `values of \`${axis.value}\``);
      report('unknown-axis-value', `axis \`${axis.value}\` has no value \`${String(value)}\``, at, hint);
    }
  }
}

/** Names under `stages`, `models` and so on that were written but removed by `~`, as `section.name`. */
export function removedNames(
  written: readonly Node[],
  merged: Node,
  sections: readonly string[],
): ReadonlySet<string> {
  const removed = new Set<string>();
  for (const section of sections) {
    const kept = entryOf(merged, section)?.value;
    for (const tree of written) {
      for (const name of membersOf(tree, section).keys()) {
        if (entryOf(kept, name) === undefined) removed.add(`${section}.${name}`);
      }
    }
  }
  return removed;
}
