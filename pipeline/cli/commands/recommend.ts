import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOLERANCE } from '../../../stages/report/build/compare-rows.js';
import { recommend as choose } from '../../../stages/report/recommend/recommend.js';
import { recommendSchema } from '../../../stages/report/recommend/schema.js';
import { err, ok, type Result } from '../../base/result.js';
import { sizeSchema } from '../../config/quantities.js';
import type { Constraints } from '../../contract/recommendation.js';
import { recommendationLines } from '../../ui/recommendation-text.js';
import { EXIT } from '../exit-codes.js';
import { lastReport } from '../last-report.js';
import { complain } from '../prepare.js';
import type { ProjectOptions } from '../project.js';

export interface ConstraintOptions {
  readonly maxLatency?: string;
  readonly maxMemory?: string;
  readonly maxSize?: string;
  readonly minF1?: string;
}

/** `pipeline report --recommend`: which file of the last report to ship on which device. */
export async function recommend(
  options: ProjectOptions & ConstraintOptions & { readonly json: boolean },
): Promise<number> {
  const constraints = constraintsOf(options);
  if (!constraints.ok) return complain(constraints.error.message, constraints.error.hint);
  const found = lastReport(options);
  if (!found.ok) return found.error;
  const file = join(found.value.folder, 'report.json');
  const read = recommendSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!read.success)
    return complain(`${file} is not a report of this release`, 'make it anew with: pipeline run report');
  const choice = choose(read.data.results, constraints.value, TOLERANCE);
  if (options.json) process.stdout.write(`${JSON.stringify(choice, null, 2)}\n`);
  else {
    const width = process.stdout.columns || 100;
    process.stdout.write(`${recommendationLines(choice, width).join('\n')}\n`);
  }
  return choice.recommended === null ? EXIT.failed : EXIT.ok;
}

interface BadConstraint {
  readonly message: string;
  readonly hint: string;
}

/** Exported for its tests. */
export function constraintsOf(options: ConstraintOptions): Result<Constraints, BadConstraint> {
  const latency = options.maxLatency === undefined ? undefined : millisecondsOf(options.maxLatency);
  if (latency === null)
    return err({
      message: `--max-latency ${options.maxLatency} is no time`,
      hint: 'for example 50ms or 0.2s',
    });
  const sizes: { max_memory_bytes?: number; max_size_bytes?: number } = {};
  for (const [option, name] of [
    ['maxMemory', 'max_memory_bytes'],
    ['maxSize', 'max_size_bytes'],
  ] as const) {
    const given = options[option];
    if (given === undefined) continue;
    const size = sizeSchema.safeParse(given);
    const flag = option === 'maxMemory' ? '--max-memory' : '--max-size';
    if (!size.success)
      return err({ message: `${flag} ${given} is no size`, hint: size.error.issues[0]?.message ?? '' });
    sizes[name] = size.data;
  }
  const f1 = options.minF1 === undefined ? undefined : Number(options.minF1);
  if (f1 !== undefined && !(f1 >= 0 && f1 <= 1))
    return err({ message: `--min-f1 ${options.minF1} is no macro-F1`, hint: 'a number from 0 to 1' });
  return ok({
    ...(latency === undefined ? {} : { max_latency_ms: latency }),
    ...sizes,
    ...(f1 === undefined ? {} : { min_macro_f1: f1 }),
  });
}

function millisecondsOf(text: string): number | null {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?(ms|s)$/.exec(text) ?? [];
  return amount === undefined ? null : Number(amount) * (unit === 's' ? 1000 : 1);
}
