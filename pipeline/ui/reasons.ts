import { unreachable } from '../base/unreachable.js';
import type { Reason } from '../contract/plan.js';
import { oneLine } from './text.js';

/** Why an instance would not simply be reused, in a few words that fit after a colon. */
export function reasonText(reason: Reason): string {
  return oneLine(rawText(reason));
}

/** The same with other instances named by their stage only, so that equal reasons of a matrix read the same. */
export function groupedReasonText(reason: Reason): string {
  return 'instance' in reason
    ? reasonText({ ...reason, instance: stageOf(reason.instance) })
    : reasonText(reason);
}

function rawText(reason: Reason): string {
  switch (reason.kind) {
    case 'never-ran':
      return 'never ran before';
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
      return `${reason.name} changed${reason.path === undefined ? '' : `: ${reason.path}`}`;
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

function stageOf(instance: string): string {
  return instance.split('@', 1)[0] ?? instance;
}

/** Several reasons in one text; a long list ends with how many more there are. */
export function reasonsText(texts: readonly string[], limit = 3): string {
  const unique = [...new Set(texts)];
  const shown = unique.slice(0, limit).join('; ');
  return unique.length > limit ? `${shown}; and ${unique.length - limit} more` : shown;
}
