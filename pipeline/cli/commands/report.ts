import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { EXIT } from '../exit-codes.js';
import { lastReport } from '../last-report.js';
import { complain } from '../prepare.js';
import type { ProjectOptions } from '../project.js';
import { type CompareOptions, compare, writeBaseline } from './compare.js';
import { type ConstraintOptions, recommend } from './recommend.js';

export interface ReportOptions extends ProjectOptions, ConstraintOptions, CompareOptions {
  readonly json: boolean;
  readonly recommend: boolean;
}

/** `pipeline report`: the path of the report that the last run made; with --json its content. Makes nothing. */
export async function report(options: ReportOptions): Promise<number> {
  const { compare: compared, baselineOut } = options;
  const asked = [options.recommend, compared !== undefined, baselineOut !== undefined];
  if (asked.filter(Boolean).length > 1)
    return complain(
      '--recommend, --compare and --baseline-out are three things to ask for',
      'give one of them',
    );
  if (options.recommend) return recommend(options);
  const { maxLatency, maxMemory, maxSize, minF1 } = options;
  if ([maxLatency, maxMemory, maxSize, minF1].some((given) => given !== undefined)) {
    return complain('constraints are for a choice', 'add --recommend');
  }
  if (compared !== undefined) return compare(compared, options);
  if (baselineOut !== undefined) return writeBaseline(baselineOut, options);
  const found = lastReport(options);
  if (!found.ok) return found.error;
  const { folder, root } = found.value;
  if (options.json) process.stdout.write(readFileSync(join(folder, 'report.json')));
  else process.stdout.write(`${relative(root, join(folder, 'report.html'))}\n`);
  return EXIT.ok;
}
