import { expectedLines } from '../../ui/expected-hours.js';
import { planLines } from '../../ui/plan-table.js';
import { EXIT } from '../exit-codes.js';
import { prepare } from '../prepare.js';
import type { ProjectOptions } from '../project.js';
import type { ScopeOptions } from '../scope.js';

export interface PlanOptions extends ProjectOptions, ScopeOptions {
  readonly json: boolean;
  readonly check: boolean;
}

/** `pipeline plan`: what a run would do and why. Takes no lock and runs nothing. */
export async function plan(selectors: readonly string[], options: PlanOptions): Promise<number> {
  const prepared = await prepare(selectors, options);
  if (!prepared.ok) return prepared.error;
  const { planned } = prepared.value.plan;
  // What was hashed on the way is worth keeping; the cache is only an aid, so a read-only folder is no failure.
  try {
    prepared.value.project.stats.save();
  } catch {}
  if (options.json) process.stdout.write(`${JSON.stringify(planned, null, 2)}\n`);
  else {
    const width = process.stdout.columns || 100;
    const lines = [...planLines(planned, width), ...expectedLines(planned, width)];
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  const idle = planned.every((instance) => instance.action === 'reuse');
  return options.check && !idle ? EXIT.wouldRun : EXIT.ok;
}
