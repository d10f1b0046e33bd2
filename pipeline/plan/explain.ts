import type { Json } from '../base/canonical.js';
import { canonicalJson } from '../base/canonical.js';
import type { Reason } from '../contract/plan.js';
import type { KeyDocument } from '../contract/store.js';

const BOARD = 'board ';

/** Every difference between two action keys, as reasons to run again: the whole list, not the first. */
export function explainKeys(before: KeyDocument, after: KeyDocument): readonly Reason[] {
  const reasons: Reason[] = [];
  if (before.version !== after.version) {
    reasons.push({ kind: 'version-changed', before: before.version, after: after.version });
  }
  reasons.push(...optionChanges('', before.options, after.options));
  const inputsBefore = inputsOf(before);
  const inputsAfter = inputsOf(after);
  for (const [id, input] of inputsAfter) {
    const old = inputsBefore.get(id);
    const place = { input: input.name, instance: input.instance };
    if (old === undefined) reasons.push({ kind: 'input-added', ...place });
    else if (old.digest !== input.digest) reasons.push({ kind: 'input-changed', ...place });
  }
  for (const [id, input] of inputsBefore) {
    if (!inputsAfter.has(id)) {
      reasons.push({ kind: 'input-dropped', input: input.name, instance: input.instance });
    }
  }
  for (const name of unionOfKeys(before.external, after.external)) {
    if (before.external[name] !== after.external[name]) reasons.push({ kind: 'external-changed', name });
  }
  for (const file of unionOfKeys(before.code, after.code)) {
    if (before.code[file] === after.code[file]) continue;
    if (before.code[file] === undefined) reasons.push({ kind: 'code-added', file });
    else if (after.code[file] === undefined) reasons.push({ kind: 'code-removed', file });
    else reasons.push({ kind: 'code-changed', file });
  }
  for (const name of unionOfKeys(before.environment, after.environment)) {
    const [old, now] = [before.environment[name] ?? 'absent', after.environment[name] ?? 'absent'];
    if (old === now) continue;
    const device = name.startsWith(BOARD) ? name.slice(BOARD.length) : null;
    reasons.push(
      device === null
        ? { kind: 'environment-changed', name, before: old, after: now }
        : { kind: 'board-changed', device, before: old, after: now },
    );
  }
  if (before.outputs.join('\n') !== after.outputs.join('\n')) reasons.push({ kind: 'outputs-changed' });
  return reasons;
}

type KeyInput = KeyDocument['inputs'][number];

function inputsOf(document: KeyDocument): ReadonlyMap<string, KeyInput> {
  return new Map(document.inputs.map((input) => [`${input.name} ${input.instance} ${input.output}`, input]));
}

function unionOfKeys(
  left: Readonly<Record<string, unknown>>,
  right: Readonly<Record<string, unknown>>,
): string[] {
  return [...new Set([...Object.keys(left), ...Object.keys(right)])];
}

function optionChanges(path: string, before: Json | undefined, after: Json | undefined): Reason[] {
  if (isRecord(before) && isRecord(after)) {
    return unionOfKeys(before, after).flatMap((key) =>
      optionChanges(path === '' ? key : `${path}.${key}`, before[key], after[key]),
    );
  }
  const [old, now] = [text(before), text(after)];
  return old === now ? [] : [{ kind: 'option-changed', path, before: old, after: now }];
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: Json | undefined): string {
  return value === undefined ? 'absent' : typeof value === 'string' ? value : canonicalJson(value);
}
