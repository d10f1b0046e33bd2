import { join, resolve } from 'node:path';
import { modelJson } from '../../../stages/report/build/model.js';
import { compareReports } from '../../../stages/report/compare/compare.js';
import { writeFileAtomically } from '../../base/atomic-write.js';
import { canonicalJson, type Digest } from '../../base/canonical.js';
import type { ChangedStage } from '../../contract/comparison.js';
import { explainKeys } from '../../plan/explain.js';
import { rootsBetween } from '../../plan/roots.js';
import { RecordStore } from '../../store/records.js';
import { comparisonLines } from '../../ui/comparison-text.js';
import { reasonText } from '../../ui/reasons.js';
import { EXIT } from '../exit-codes.js';
import { ReportFinder } from '../find-report.js';
import { lastReport } from '../last-report.js';
import { locateStore } from '../open-store.js';
import { complain } from '../prepare.js';
import { findProjectFile, type ProjectOptions } from '../project.js';

export interface CompareOptions {
  readonly compare?: readonly string[];
  readonly baselineOut?: string;
}

/** `pipeline report --compare A B`: what changed between two runs. Fails where something got worse or nothing could be judged. */
export async function compare(
  given: readonly string[],
  options: ProjectOptions & { readonly json: boolean },
): Promise<number> {
  const [first, second, ...more] = given;
  if (first === undefined || second === undefined || more.length > 0)
    return complain(
      `--compare takes two reports, not ${given.length}`,
      'for example: pipeline report --compare last~1 last',
    );
  const isInProject = options.file !== undefined || findProjectFile(process.cwd()) !== null;
  const located = isInProject ? locateStore(options) : null;
  if (located !== null && !located.ok) return located.error;
  const layout = located?.value.layout ?? null;
  const finder = new ReportFinder(layout);
  const before = finder.find(first);
  if (!before.ok) return complain(before.error.message, before.error.hint);
  const after = finder.find(second);
  if (!after.ok) return complain(after.error.message, after.error.hint);
  for (const { given: asked, run, passedOver } of [before.value, after.value]) {
    if (passedOver !== undefined)
      process.stderr.write(`${asked} is run ${run}: run ${passedOver}, which is newer, made no report\n`);
  }
  const compared = compareReports(before.value, after.value);
  const records = layout === null ? null : new RecordStore(layout);
  const comparison = {
    ...compared,
    stages: compared.stages.map((stage) => ({
      ...stage,
      why: records === null ? [] : whyOf(stage, records),
    })),
  };
  if (options.json) process.stdout.write(`${JSON.stringify(comparison, null, 2)}\n`);
  else {
    const width = process.stdout.columns || 100;
    process.stdout.write(`${comparisonLines(comparison, width).join('\n')}\n`);
  }
  return comparison.counts.worse > 0 || comparison.judged === 0 ? EXIT.failed : EXIT.ok;
}

/** What is at the root of the two keys' differences, as far as the store still has the documents that they are digests of. */
function whyOf({ example }: ChangedStage, records: RecordStore): string[] {
  const before = records.read(example.before as Digest);
  const after = records.read(example.after as Digest);
  if (before === null || after === null) return [];
  const roots = rootsBetween(example.instance, before.document, after.document, {
    history: (instance) => records.history(instance),
    differences: (_, old, now) => explainKeys(old, now),
  });
  const texts = roots.map(({ instance, reason }) =>
    instance === example.instance ? reasonText(reason) : `${instance}: ${reasonText(reason)}`,
  );
  return [...new Set(texts)];
}

/** `pipeline report --baseline-out FILE`: of the last report as much as a comparison needs, in a form that version control can show. */
export async function writeBaseline(
  file: string,
  options: ProjectOptions & { readonly json: boolean },
): Promise<number> {
  const last = lastReport(options);
  if (!last.ok) return last.error;
  const found = new ReportFinder(null).find(join(last.value.folder, 'report.json'));
  if (!found.ok) return complain(found.error.message, found.error.hint, EXIT.failed);
  const sorted: unknown = JSON.parse(canonicalJson(modelJson(found.value.report)));
  try {
    writeFileAtomically(resolve(file), `${JSON.stringify(sorted, null, 2)}\n`);
  } catch (error) {
    return complain(`${file} cannot be written: ${(error as Error).message}`, 'name another file');
  }
  process.stdout.write(options.json ? `${JSON.stringify({ file })}\n` : `${file}\n`);
  return EXIT.ok;
}
