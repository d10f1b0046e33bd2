import type { Explanation } from '../../contract/explain.js';
import type { KeyDocument } from '../../contract/store.js';
import { selectInstances } from '../../plan/selector.js';
import { explanationLines, groupedExplanationLines } from '../../ui/explain-text.js';
import { EXIT } from '../exit-codes.js';
import { explainInstances } from '../explain-instances.js';
import { type Prepared, prepare } from '../prepare.js';
import type { ProjectOptions } from '../project.js';

export interface ExplainOptions extends ProjectOptions {
  readonly json: boolean;
  readonly each: boolean;
  readonly key: boolean;
}

/** `pipeline explain`: what would be done with the selected instances, and every cause of it. Takes no lock. */
export async function explain(selectors: readonly string[], options: ExplainOptions): Promise<number> {
  const prepared = await prepare(selectors, { ...options, force: [] });
  if (!prepared.ok) return prepared.error;
  const { project } = prepared.value;
  // What was hashed on the way is worth keeping; the cache is only an aid, so a read-only folder is no failure.
  try {
    project.stats.save();
  } catch {}
  const targets = selectInstances(project.graph, selectors);
  if (!targets.ok) throw new Error(`Internal error: ${targets.error}`);
  if (options.key) {
    const keys = targets.value.map(({ id }) => shownKey(prepared.value, id));
    process.stdout.write(options.json ? documentText(keys) : keys.map(keyText).join('\n'));
    return EXIT.ok;
  }
  const explanations = explainInstances(prepared.value, targets.value);
  if (options.json) process.stdout.write(documentText(explanations));
  else {
    const lines = explainedLines(explanations, options.each, process.stdout.columns || 100);
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  return EXIT.ok;
}

function explainedLines(
  explanations: readonly Explanation[],
  each: boolean,
  width: number,
): readonly string[] {
  if (!each && explanations.length > 1) return groupedExplanationLines(explanations, width);
  return explanations.flatMap((one, index) => [
    ...(index === 0 ? [] : ['']),
    ...explanationLines(one, width),
  ]);
}

interface ShownKey {
  readonly schema: 1;
  readonly instance: string;
  /** Null where the key depends on what upstream makes; then the document is that of the last result. */
  readonly key: string | null;
  readonly document: KeyDocument | null;
}

function shownKey({ plan, facts }: Prepared, id: string): ShownKey {
  const decision = plan.decisions.get(id);
  return decision !== undefined && 'document' in decision
    ? { schema: 1, instance: id, key: decision.key, document: decision.document }
    : { schema: 1, instance: id, key: null, document: facts.lastRecord(id)?.document ?? null };
}

function keyText({ instance, key, document }: ShownKey): string {
  if (key !== null) return `${instance}: ${key}\n${documentText(document)}`;
  const unknown = `${instance}: not known until what it reads is made`;
  return document === null ? `${unknown}\n` : `${unknown}; the last one was\n${documentText(document)}`;
}

function documentText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
