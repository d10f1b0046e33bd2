import type { StageDraft } from './draft.js';
import { originOf, placeOf } from './node.js';
import type { Report } from './source.js';

interface Surroundings {
  readonly drafts: ReadonlyMap<string, StageDraft>;
  readonly inherited: ReadonlyMap<string, readonly string[] | undefined>;
}

/** Asks a definition for mistakes in options that only what stands around the stage shows. */
export function checkOptions(draft: StageDraft, around: Surroundings, report: Report): void {
  const inherited = around.inherited.get(draft.name);
  if (draft.definition?.check === undefined || !draft.areOptionsValid || !draft.isFromWhole) return;
  const sources = draft.from.flatMap(({ value }) => {
    const outputs = around.drafts.get(value.stage)?.outputs;
    return outputs === undefined ? [] : [{ ...value, outputs }];
  });
  // What is around it has a mistake that was reported already.
  if (inherited === undefined || sources.length < draft.from.length) return;
  const axes = [...inherited, ...draft.matrix.map((axis) => axis.value)];
  const { node, key } = draft.optionsAt;
  for (const problem of draft.definition.check(draft.options, { sources, axes })) {
    report('bad-option', problem.message, originOf(placeOf(node, key, problem.path)), problem.hint);
  }
}
