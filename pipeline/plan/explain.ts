import { canonicalJson, compareCodePoints, type Digest, type Json } from '../base/canonical.js';
import type { FileChange, ListedFile, Reason } from '../contract/plan.js';
import type { KeyDocument } from '../contract/store.js';

/** At most so many files of a changed folder are listed one by one. */
const MOST_FILES = 100;
const BOARD = 'board ';

/** What can be said beyond the two documents. */
export interface ExplainContext {
  /** The files of an external folder by its digest, where they are known. */
  readonly externalFiles: (digest: Digest) => readonly ListedFile[] | null;
  /** Where an external input is, where pipeline.yaml says it relative to the project. */
  readonly externalPath: (name: string) => string | undefined;
}

const NO_CONTEXT: ExplainContext = { externalFiles: () => null, externalPath: () => undefined };

/** Every difference between two action keys, as reasons to run again: the whole list, not the first. */
export function explainKeys(
  before: KeyDocument,
  after: KeyDocument,
  context: ExplainContext = NO_CONTEXT,
): readonly Reason[] {
  const reasons: Reason[] = [];
  if (before.stage !== after.stage) {
    reasons.push({ kind: 'stage-changed', before: before.stage, after: after.stage });
  } else if (before.version !== after.version) {
    reasons.push({ kind: 'version-changed', before: before.version, after: after.version });
  }
  reasons.push(...optionChanges('', before.options, after.options));
  reasons.push(...optionChanges('matrix', before.coordinates, after.coordinates));
  reasons.push(...inputChanges(before, after));
  for (const name of unionOfKeys(before.external, after.external)) {
    const [old, now] = [before.external[name], after.external[name]];
    if (old !== now) reasons.push(externalChange(name, old, now, context));
  }
  for (const file of unionOfKeys(before.code, after.code)) {
    if (before.code[file] === after.code[file]) continue;
    if (before.code[file] === undefined) reasons.push({ kind: 'code-added', file });
    else if (after.code[file] === undefined) reasons.push({ kind: 'code-removed', file });
    else reasons.push({ kind: 'code-changed', file });
  }
  reasons.push(...environmentChanges(before.environment, after.environment));
  if (before.outputs.join('\n') !== after.outputs.join('\n')) reasons.push({ kind: 'outputs-changed' });
  return reasons;
}

function inputChanges(before: KeyDocument, after: KeyDocument): Reason[] {
  const reasons: Reason[] = [];
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
  return reasons;
}

function externalChange(
  name: string,
  before: Digest | undefined,
  after: Digest | undefined,
  context: ExplainContext,
): Reason {
  const path = context.externalPath(name);
  const place = { name, ...(path === undefined ? {} : { path }) };
  const old = before === undefined ? null : context.externalFiles(before);
  const now = after === undefined ? null : context.externalFiles(after);
  if (old === null || now === null) return { kind: 'external-changed', ...place };
  const files = fileChanges(old, now);
  const more = files.length - MOST_FILES;
  return {
    kind: 'external-changed',
    ...place,
    files: files.slice(0, MOST_FILES),
    ...(more > 0 ? { more } : {}),
  };
}

/** What differs between two listings of a folder, in order of path. */
export function fileChanges(
  before: readonly ListedFile[],
  after: readonly ListedFile[],
): readonly FileChange[] {
  const old = new Map(before);
  const now = new Map(after);
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort(compareCodePoints);
  return paths.flatMap((path): FileChange[] => {
    const [was, is] = [old.get(path), now.get(path)];
    if (was === is) return [];
    return [{ path, change: was === undefined ? 'added' : is === undefined ? 'removed' : 'changed' }];
  });
}

type Environment = KeyDocument['environment'];

function environmentChanges(before: Environment, after: Environment): Reason[] {
  return unionOfKeys(before, after).flatMap((name): Reason[] => {
    const [old, now] = [before[name] ?? 'absent', after[name] ?? 'absent'];
    if (old === now) return [];
    if (!name.startsWith(BOARD)) return [{ kind: 'environment-changed', name, before: old, after: now }];
    return [{ kind: 'board-changed', device: name.slice(BOARD.length), before: old, after: now }];
  });
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
  if (exact(before) === exact(after)) return [];
  const [old, now] = [text(before), text(after)];
  // The number 1 and the text "1" read the same and are not.
  const [shownOld, shownNow] = old === now ? [exact(before), exact(after)] : [old, now];
  return [{ kind: 'option-changed', path, before: shownOld, after: shownNow }];
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function exact(value: Json | undefined): string {
  return value === undefined ? 'absent' : canonicalJson(value);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : exact(value);
}
