import type { Json } from '../../pipeline/base/canonical.js';
import { unreachable } from '../../pipeline/base/unreachable.js';
import { decodeWindows1252 } from '../../pipeline/base/windows-1252.js';
import type { RulesName } from '../_shared/cleaning-steps.js';
import { portablePattern } from './portable-pattern.js';
import type { CleaningAction, CleaningStep } from './steps.js';
import { NAMED_REFERENCES } from './unescape-html.js';

/**
 * `cleaning.json`: the rules as data for `stages/deploy/agent/texts.py`, so that a text that is classified on a device is cleaned as the
 * texts of the training were.
 */
export function cleaningDocument(rules: RulesName, cleaning: readonly CleaningStep[]): Json {
  const actions = cleaning.flatMap(({ name, actions: ofStep }) =>
    ofStep.map((action) => ({ step: name, ...portable(action) })),
  );
  // Tells agents that all actions are taken again until none changes anything: bundles of before have them taken once.
  return { schema: 1, rules, unicode: process.versions.unicode ?? 'unknown', until_stable: true, actions };
}

function portable(action: CleaningAction): Readonly<Record<string, Json>> {
  switch (action.kind) {
    case 'replace':
      return { kind: action.kind, pattern: portablePattern(action.pattern), with: action.with };
    case 'normalize':
      return { kind: action.kind, form: action.form };
    case 'unescape-html':
      return {
        kind: action.kind,
        named: Object.fromEntries(NAMED_REFERENCES),
        // From 0x80 on, what HTML takes for Windows-1252.
        c1: decodeWindows1252(Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index)),
      };
    default:
      return unreachable(action);
  }
}
