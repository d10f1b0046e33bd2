import { err, ok, type Result } from '../base/result.js';
import { printDiagnostic } from '../config/print-diagnostic.js';
import type { Instance } from '../contract/plan.js';
import { buildPlan, type Plan } from '../plan/build-plan.js';
import { selectInstances, withUpstream } from '../plan/selector.js';
import { failureMessage } from '../ui/messages.js';
import { EXIT } from './exit-codes.js';
import { type GatheredFacts, gatherFacts } from './facts.js';
import { openProject, type Project, type ProjectOptions } from './project.js';

/** A project with what a command is about: chosen instances, facts and the plan. */
export interface Prepared {
  readonly project: Project;
  readonly instances: readonly Instance[];
  readonly forced: ReadonlySet<string>;
  readonly facts: GatheredFacts;
  readonly plan: Plan;
}

/** Opens the project; on a mistake of the user's prints it and gives the exit code. */
export function openOrExplain(options: ProjectOptions): Result<Project, number> {
  const opened = openProject(options);
  if (opened.ok) return ok(opened.value);
  if (opened.error.kind === 'no-file') return err(complain(opened.error.message, opened.error.hint));
  const color = process.stderr.isTTY === true && !process.env.NO_COLOR;
  for (const diagnostic of opened.error.diagnostics)
    process.stderr.write(`${printDiagnostic(diagnostic, { color })}\n`);
  const count = opened.error.diagnostics.length;
  process.stderr.write(`${count} ${count === 1 ? 'problem' : 'problems'}; nothing was run\n`);
  return err(EXIT.usage);
}

/** Looks at the world and plans for what the selectors choose and all that it reads. */
export async function prepare(
  selectors: readonly string[],
  options: ProjectOptions & { readonly force: readonly string[] },
): Promise<Result<Prepared, number>> {
  const opened = openOrExplain(options);
  return opened.ok ? prepareIn(opened.value, selectors, options.force) : opened;
}

/** The same in an open project. */
export async function prepareIn(
  project: Project,
  selectors: readonly string[],
  force: readonly string[],
): Promise<Result<Prepared, number>> {
  const targets = selectInstances(project.graph, selectors);
  if (!targets.ok) return err(complain(targets.error, 'see what there is with: pipeline plan all'));
  const forced = selectInstances(project.graph, force);
  if (!forced.ok) return err(complain(forced.error, 'see what there is with: pipeline plan all'));
  const instances = withUpstream(project.graph, targets.value);
  const facts = await gatherFacts(project, instances);
  if (!facts.ok) {
    const { text, hint } = failureMessage(facts.error, 'setup');
    return err(complain(text, hint ?? '', EXIT.failed));
  }
  const forcedIds = new Set(forced.value.map((instance) => instance.id));
  const plan = buildPlan(instances, facts.value, forcedIds);
  return ok({ project, instances, forced: forcedIds, facts: facts.value, plan });
}

export function complain(message: string, hint: string, code: number = EXIT.usage): number {
  process.stderr.write(`error: ${message}\n${hint === '' ? '' : `  ${hint}\n`}`);
  return code;
}
