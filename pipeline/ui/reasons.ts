import { unreachable } from '../base/unreachable.js';
import type { FileChange, Reason, RootCause } from '../contract/plan.js';
import { oneLine } from './text.js';

/** Why an instance would not simply be reused, in a few words that fit after a colon. */
export function reasonText(reason: Reason): string {
  return oneLine(rawText(reason));
}

/** The same with other instances named by their stage only, so that equal reasons of a matrix read the same. */
export function groupedReasonText(reason: Reason): string {
  return reasonText(atStage(reason));
}

function atStage(reason: Reason): Reason {
  return 'instance' in reason ? { ...reason, instance: stageOf(reason.instance) } : reason;
}

function rawText(reason: Reason): string {
  switch (reason.kind) {
    case 'never-ran':
      return 'never ran before';
    case 'record-missing':
      return 'the record of its last result is gone or damaged';
    case 'stage-changed':
      return `uses ${reason.before} -> ${reason.after}`;
    case 'version-changed':
      return `stage version ${reason.before} -> ${reason.after}`;
    case 'option-changed':
      return `${reason.path} ${reason.before} -> ${reason.after}`;
    case 'input-changed':
      return `input changed: ${reason.input} of ${reason.instance}`;
    case 'input-added':
      return `input added: ${reason.input} of ${reason.instance}`;
    case 'input-dropped':
      return `input dropped: ${reason.input} of ${reason.instance}`;
    case 'external-changed':
      return externalText(reason);
    case 'code-changed':
      return `${reason.file} changed`;
    case 'code-added':
      return `${reason.file} is new`;
    case 'code-removed':
      return `${reason.file} is no longer used`;
    case 'environment-changed':
      return `${reason.name} ${reason.before} -> ${reason.after}`;
    case 'board-changed':
      return `board changed on ${reason.device}: ${reason.before} -> ${reason.after}`;
    case 'outputs-changed':
      return 'the stage declares other outputs';
    case 'blob-missing':
      return `${reason.output} is no longer in the store`;
    case 'output-missing':
      return `${reason.path} is missing`;
    case 'output-modified':
      return `${reason.path} was modified`;
    case 'upstream-runs':
      return `${reason.instance} runs first`;
    case 'upstream-blocked':
      return `${reason.instance} is blocked`;
    case 'blocked':
      return reason.hint === '' ? reason.message : `${reason.message}; ${reason.hint}`;
    case 'forced':
      return 'forced';
    default:
      return unreachable(reason);
  }
}

const FILES_SHOWN = 3;

function externalText({ name, path, files = [], more = 0 }: Extract<Reason, { kind: 'external-changed' }>) {
  const what = path === undefined || path === name ? name : `${name} (${path})`;
  const shown = files.slice(0, FILES_SHOWN).map(fileText);
  const left = files.length - shown.length + more;
  const list = left > 0 ? [...shown, `and ${left} more`] : shown;
  return list.length === 0 ? `${what} changed` : `${what} changed: ${list.join(', ')}`;
}

function fileText({ path, change }: FileChange): string {
  return change === 'changed' ? path : `${path} ${change}`;
}

/** A reason with what is at the root of it: `split runs first, because clean.rules light -> paper`. */
export function causeText(reason: Reason, roots: readonly RootCause[]): string {
  const text = reasonText(reason);
  if (roots.length === 0) return text;
  return `${text}, because ${[...new Set(roots.map(rootText))].join('; ')}`;
}

/** The same with other instances named by their stage only, and a long list of roots cut. */
export function groupedCauseText(reason: Reason, roots: readonly RootCause[]): string {
  const text = causeText(atStage(reason), []);
  const because = roots.map((root) =>
    rootText({ instance: stageOf(root.instance), reason: atStage(root.reason) }),
  );
  return because.length === 0 ? text : `${text}, because ${reasonsText(because)}`;
}

function rootText({ instance, reason }: RootCause): string {
  const text = reasonText(reason);
  switch (reason.kind) {
    case 'option-changed':
      return `${oneLine(instance)}.${text}`;
    case 'code-changed':
    case 'code-added':
    case 'code-removed':
      return text;
    case 'never-ran':
      return `${oneLine(instance)} never ran`;
    default:
      return `${oneLine(instance)}: ${text}`;
  }
}

function stageOf(instance: string): string {
  return instance.split('@', 1)[0] ?? instance;
}

/** Several reasons in one text; a long list ends with how many more there are. */
export function reasonsText(texts: readonly string[], limit = 3): string {
  const unique = [...new Set(texts)];
  const shown = unique.slice(0, limit).join('; ');
  return unique.length > limit ? `${shown}; and ${unique.length - limit} more` : shown;
}
