import { err, ok, type Result } from '../base/result.js';
import type { PlannedInstance } from '../contract/plan.js';
import { chooseScope, type Scope } from '../plan/scope.js';
import { listRuns, readJournal } from '../store/journal.js';
import { unfinishedInstances } from '../store/unfinished.js';
import { groupedReasonText, reasonsText } from '../ui/reasons.js';
import { EXIT } from './exit-codes.js';
import type { Project } from './project.js';

/** The options of `run` and `plan` that say which instances are meant. */
export interface ScopeOptions {
  readonly force?: readonly string[];
  readonly from?: readonly string[];
  readonly only?: readonly string[];
  readonly failed?: boolean;
}

/** A mistake of the user's as it is printed, with the exit code. */
export interface ScopeProblem {
  readonly message: string;
  readonly hint: string;
  readonly code: number;
}

const SEE_ALL = 'see what there is with: pipeline plan all';

/** Whether options alone say what is meant, without selectors. */
export function isNarrowed({ from = [], only = [], failed = false }: ScopeOptions): boolean {
  return from.length > 0 || only.length > 0 || failed;
}

export function scopeOf(
  project: Pick<Project, 'config' | 'graph' | 'layout'>,
  selectors: readonly string[],
  options: ScopeOptions,
): Result<Scope, ScopeProblem> {
  const { force = [], from = [], only = [] } = options;
  let unfinished: ReadonlySet<string> | null = null;
  if (options.failed === true) {
    const left = leftByNewestRun(project);
    if (!left.ok) return left;
    unfinished = left.value;
  }
  const scope = chooseScope(project.graph, { selectors, force, from, only, unfinished });
  return scope.ok ? scope : err({ message: scope.error, hint: SEE_ALL, code: EXIT.usage });
}

function leftByNewestRun({
  config,
  layout,
}: Pick<Project, 'config' | 'layout'>): Result<ReadonlySet<string>, ScopeProblem> {
  const run = listRuns(layout).at(-1);
  const events = run === undefined ? [] : readJournal(layout, run);
  const start = events.find((event) => event.type === 'run-started');
  if (run === undefined || start === undefined) {
    const message = '--failed: there is no earlier run to look at';
    return err({ message, hint: 'start with: pipeline run all', code: EXIT.usage });
  }
  const profile = start.profile.join(',');
  if (profile !== config.profile.join(',')) {
    return err({
      message: `--failed: the newest run, ${run}, was of the profile ${profile}`,
      hint: `name it: --profile ${profile}`,
      code: EXIT.usage,
    });
  }
  const left = unfinishedInstances(events);
  if (left.size > 0) return ok(left);
  const message = `nothing to do: the newest run, ${run}, finished all that it was to do`;
  return err({ message, hint: '', code: EXIT.ok });
}

/** Why `--only` cannot be obeyed: what would have to run first. */
export function notAlone(missing: readonly PlannedInstance[]): ScopeProblem {
  const named = missing
    .slice(0, 3)
    .map(({ id, reasons }) => `${id} (${reasonsText(reasons.map(groupedReasonText))})`);
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : '';
  return {
    message: `--only runs nothing else, but what it reads is not up to date: ${named.join(', ')}${more}`,
    hint: 'run that too: give the same selector without --only',
    code: EXIT.usage,
  };
}
