import type { ExplainedResult, Explanation } from '../contract/explain.js';
import type { AcceptedResult } from '../contract/store.js';
import type { Verification } from '../contract/verify.js';
import { bytes, counted, duration } from './format.js';
import { actionText, groupByStage, groupInstances, groupLabel, resumeText } from './plan-table.js';
import { groupedCauseText, reasonsText, reasonText } from './reasons.js';
import { oneLine, wrap } from './text.js';

/** Explanations for people, instances with equal actions and causes taken together; every cause is on a line of its own. */
export function groupedExplanationLines(explanations: readonly Explanation[], width: number): string[] {
  return [...groupByStage(explanations)].flatMap(([stage, instances]) => {
    const groups = groupInstances(instances, ({ causes }) =>
      causes.map(({ reason, roots }) => groupedCauseText(reason, roots)),
    );
    const labels = groups.map(
      (group) => `${groupLabel(group, instances)}${acceptedCountText(group.instances)}`,
    );
    const explained = groups.filter(({ reasons }) => reasons.length > 0);
    const causes = explained.flatMap((group) => {
      if (explained.length === 1) return group.reasons.map((text) => `  ${text}`);
      return [`  ${groupLabel(group, instances)}:`, ...group.reasons.map((text) => `    ${text}`)];
    });
    const lines = [`${stage}: ${labels.join(', ')}`, ...causes];
    return lines.flatMap((line) => wrap(line, width, `${/^ */.exec(line)?.[0] ?? ''}  `));
  });
}

function acceptedCountText(instances: readonly Explanation[]): string {
  const reused = instances.filter(({ action }) => action === 'reuse' || action === 'restore');
  const accepted = reused.filter(({ result }) => result?.accepted !== null);
  if (accepted.length === 0) return '';
  return accepted.length === instances.length ? ' (accepted)' : ` (${accepted.length} of them accepted)`;
}

/** Everything that is known of one instance: what would be done, why, and the result that there is. */
export function explanationLines(explanation: Explanation, width: number): string[] {
  const { instance, action, resumes, causes, key, result } = explanation;
  const reused = action === 'reuse' || action === 'restore';
  const lines = [
    `${oneLine(instance)}: ${resumes === true ? resumeText(1) : actionText(action, 1)}`,
    ...causes.flatMap(({ text }) => wrap(`  ${oneLine(text)}`, width, '    ')),
  ];
  if (!reused && key !== null) lines.push(`  its key will be ${key}`);
  if (result === null) return lines;
  if (!reused) lines.push('', '  The last result, which this was compared with:');
  return [...lines, ...resultLines(result, width)];
}

const LABEL_COLUMNS = 11;

function resultLines(result: ExplainedResult, width: number): string[] {
  const entry = (label: string, text: string): string[] =>
    wrap(`  ${label.padEnd(LABEL_COLUMNS)}${oneLine(text)}`, width, ' '.repeat(LABEL_COLUMNS + 2));
  const { usage, accepted, verified } = result;
  const place = result.executor === 'local' ? result.host : `${result.executor} (${result.host})`;
  const attempts = result.attempts > 1 ? `, in ${counted(result.attempts, 'attempt')}` : '';
  const resumed = result.resumed === true ? ', going on from an earlier attempt' : '';
  return [
    ...entry('key', result.key),
    ...entry(
      'made',
      `${shownTime(result.started_at)} in run ${result.run} on ${place}, took ${duration(result.wall_seconds)}${attempts}${resumed}`,
    ),
    ...(usage === null ? [] : entry('used', usageText(usage))),
    ...result.inputs.flatMap(({ name, instance, output, digest }) =>
      entry('read', `${name === output ? name : `${name} (${output})`} of ${instance}, ${short(digest)}`),
    ),
    ...Object.entries(result.external).flatMap(([name, digest]) =>
      entry('read', `${name}, ${short(digest)}, from outside of the pipeline`),
    ),
    ...Object.values(result.outputs).flatMap(({ path, size, digest }) =>
      entry('made', `${path}, ${bytes(size)}, ${short(digest)}`),
    ),
    ...acceptedEntries(accepted, entry),
    ...(verified === null
      ? []
      : entry('verified', `${shownTime(verified.at)}: ${verificationText(verified)}`)),
  ];
}

/** The newest first; one may have been accepted in place of another. */
function acceptedEntries(
  accepted: AcceptedResult | null,
  entry: (label: string, text: string) => string[],
): string[] {
  if (accepted === null) return [];
  const { by, at, instead_of, reason, forced, differences, earlier = null } = accepted;
  const how = forced === true ? ' by force' : '';
  return [
    ...entry('accepted', `${shownTime(at)} by ${by}${how}, in place of ${short(instead_of)}: ${reason}`),
    ...entry('', `although ${reasonsText(differences.map(reasonText), differences.length)}`),
    ...acceptedEntries(earlier, entry),
  ];
}

/** `accepted by ada on 2026-02-01: only a comment`. */
export function acceptedText({ by, at, reason }: AcceptedResult): string {
  return oneLine(`accepted by ${by} on ${at.slice(0, 10)}: ${reason}`);
}

function usageText(usage: NonNullable<ExplainedResult['usage']>): string {
  const parts = [
    usage.cpu_seconds === undefined ? '' : `${duration(usage.cpu_seconds)} of processor time`,
    usage.peak_rss_bytes === undefined ? '' : `at most ${bytes(usage.peak_rss_bytes)} of memory`,
    usage.read_bytes === undefined ? '' : `read ${bytes(usage.read_bytes)}`,
    usage.written_bytes === undefined ? '' : `wrote ${bytes(usage.written_bytes)}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'not known' : parts.join(', ');
}

/** `identical`, `within tolerance: 2 files differ`, `differs: 3 files`. */
export function verificationText({ outcome, files }: Verification): string {
  if (outcome === 'identical') return 'identical';
  if (outcome === 'failed') return 'it failed when it was run again';
  const count = counted(files.length, 'file');
  return outcome === 'differs' ? `differs in ${count}` : `within tolerance, ${count} with other bytes`;
}

function shownTime(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

/** As many digits as are needed to tell digests apart at sight. */
function short(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}
