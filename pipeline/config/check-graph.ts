import { suggestion } from '../base/suggest.js';
import type { StageDraft } from './draft.js';
import type { Report } from './source.js';

/** Reports sources that do not exist and stages that read from themselves by a detour. */
export function checkGraph(
  drafts: ReadonlyMap<string, StageDraft>,
  names: ReadonlySet<string>,
  removed: ReadonlySet<string>,
  report: Report,
): void {
  for (const draft of drafts.values()) {
    for (const { value, at } of draft.from) {
      if (names.has(value.stage)) continue;
      const others = [...names].filter((name) => name !== draft.name);
      const hint = removed.has(value.stage)
        ? 'it is removed by an empty entry (`~`): give this stage another source, or remove it too'
        : suggestion(value.stage, others, 'stages');
      report('unknown-stage', `there is no stage \`${value.stage}\` to read from`, at, hint);
    }
  }
  reportCycles(drafts, report);
}

function reportCycles(drafts: ReadonlyMap<string, StageDraft>, report: Report): void {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (draft: StageDraft): void => {
    trail.push(draft.name);
    for (const { value, at } of draft.from) {
      const start = trail.indexOf(value.stage);
      if (start !== -1) {
        const circle = [...trail.slice(start), value.stage].join(' -> ');
        report(
          'cycle',
          `stages read from each other in a circle: ${circle}`,
          at,
          'remove one of these sources',
        );
        continue;
      }
      const next = drafts.get(value.stage);
      if (next !== undefined && !done.has(next.name)) visit(next);
    }
    trail.pop();
    done.add(draft.name);
  };
  for (const draft of drafts.values()) if (!done.has(draft.name)) visit(draft);
}

/**
 * The axes that each stage inherits: the union of what its sources have, except through `@*`. Undefined where
 * it cannot be known because of a mistake that was reported already.
 */
export function inheritedAxes(
  drafts: ReadonlyMap<string, StageDraft>,
): ReadonlyMap<string, readonly string[] | undefined> {
  const known = new Map<string, readonly string[] | undefined>();
  const visiting = new Set<string>();
  const visit = (draft: StageDraft): readonly string[] | undefined => {
    if (known.has(draft.name)) return known.get(draft.name);
    if (visiting.has(draft.name)) return undefined;
    visiting.add(draft.name);
    const axes = new Set<string>();
    let isKnown = true;
    for (const { value } of draft.from) {
      if (value.gather) continue;
      const source = drafts.get(value.stage);
      const inherited = source === undefined ? undefined : visit(source);
      if (source === undefined || inherited === undefined) isKnown = false;
      else for (const axis of [...inherited, ...source.matrix.map((item) => item.value)]) axes.add(axis);
    }
    visiting.delete(draft.name);
    const result = isKnown ? [...axes] : undefined;
    known.set(draft.name, result);
    return result;
  };
  for (const draft of drafts.values()) visit(draft);
  return known;
}
