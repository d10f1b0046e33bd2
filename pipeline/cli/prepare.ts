import { err, ok, type Result } from '../base/result.js';
import { printDiagnostic } from '../config/print-diagnostic.js';
import type { Diagnostic } from '../contract/diagnostic.js';
import type { Instance } from '../contract/plan.js';
import type { RunRecord } from '../contract/store.js';
import { buildPlan, type Plan } from '../plan/build-plan.js';
import { withEstimates } from '../plan/estimate.js';
import { planAlone } from '../plan/scope.js';
import { failureMessage } from '../ui/messages.js';
import { lastBoard } from './boards.js';
import { EXIT } from './exit-codes.js';
import { type GatheredFacts, gatherFacts } from './facts.js';
import { openProject, type Project, type ProjectOptions } from './project.js';
import { notAlone, type ScopeOptions, type ScopeProblem, scopeOf } from './scope.js';

/** A project with what a command is about: chosen instances, facts and the plan. */
export interface Prepared {
  readonly project: Project;
  readonly instances: readonly Instance[];
  readonly forced: ReadonlySet<string>;
  readonly facts: GatheredFacts;
  readonly plan: Plan;
  /** Results of what the instances read and that is not among them. */
  readonly done: ReadonlyMap<string, RunRecord>;
}

/** Opens the project; on a mistake of the user's prints it and gives the exit code. */
export function openOrExplain(options: ProjectOptions): Result<Project, number> {
  const opened = openProject(options);
  if (opened.ok) return ok(opened.value);
  if (opened.error.kind === 'no-file') return err(complain(opened.error.message, opened.error.hint));
  return err(complainOfProblems(opened.error.diagnostics, 'nothing was run'));
}

/** Prints what is wrong with a pipeline.yaml; the exit code. */
export function complainOfProblems(diagnostics: readonly Diagnostic[], undone: string): number {
  const color = process.stderr.isTTY === true && !process.env.NO_COLOR;
  for (const diagnostic of diagnostics) process.stderr.write(`${printDiagnostic(diagnostic, { color })}\n`);
  const count = diagnostics.length;
  process.stderr.write(`${count} ${count === 1 ? 'problem' : 'problems'}; ${undone}\n`);
  return EXIT.usage;
}

/** Looks at the world and plans for what the selectors choose and all that it reads. */
export async function prepare(
  selectors: readonly string[],
  options: ProjectOptions & ScopeOptions,
): Promise<Result<Prepared, number>> {
  const opened = openOrExplain(options);
  return opened.ok ? prepareIn(opened.value, selectors, options) : opened;
}

/** The same in an open project. */
export async function prepareIn(
  project: Project,
  selectors: readonly string[],
  options: ScopeOptions,
): Promise<Result<Prepared, number>> {
  const scope = scopeOf(project, selectors, options);
  if (!scope.ok) return err(complainOfScope(scope.error));
  const { instances, forced, alone } = scope.value;
  const facts = await gatherFacts(project, instances);
  if (!facts.ok) {
    const { text, hint } = failureMessage(facts.error, 'setup');
    return err(complain(text, hint ?? '', EXIT.failed));
  }
  const built = buildPlan(instances, facts.value, forced);
  const plan = {
    ...built,
    planned: withEstimates(built.planned, project.graph, project.config.models, {
      lastRecord: facts.value.lastRecord,
      board: (name) => lastBoard(project, name),
    }),
  };
  const prepared = { project, forced, facts: facts.value };
  if (alone === null) return ok({ ...prepared, instances, plan, done: new Map() });
  const narrowed = planAlone(plan, instances, alone);
  return narrowed.ok
    ? ok({ ...prepared, ...narrowed.value })
    : err(complainOfScope(notAlone(narrowed.error)));
}

function complainOfScope({ message, hint, code }: ScopeProblem): number {
  if (code !== EXIT.ok) return complain(message, hint, code);
  process.stderr.write(`${message}\n`);
  return code;
}

export function complain(message: string, hint: string, code: number = EXIT.usage): number {
  process.stderr.write(`error: ${message}\n${hint === '' ? '' : `  ${hint}\n`}`);
  return code;
}
