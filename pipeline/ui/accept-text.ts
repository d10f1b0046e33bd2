import type { AcceptReport } from '../contract/accept.js';
import type { Reason } from '../contract/reason.js';
import { counted } from './format.js';
import { groupedReasonText, reasonsText } from './reasons.js';
import { oneLine, wrap } from './text.js';

/** What was accepted, taken back or refused, instances with the same differences taken together. */
export function acceptLines(report: AcceptReport, width: number): string[] {
  const { accepted, undone, current, refused } = report;
  const grave = refused.filter(({ because }) => because === 'grave');
  const without = refused.filter(({ because }) => because === 'no-result');
  const lines = [
    ...grouped(
      'accepted as unchanged',
      accepted.map(({ instance, accepted: { differences } }) => ({ instance, reasons: differences })),
    ),
    ...grouped(
      'no longer accepted',
      undone.map(({ instance, accepted: { differences } }) => ({ instance, reasons: differences })),
    ),
    ...grouped('not accepted', grave),
    ...grouped('has no result that could stand', without),
    current.length === 0 ? '' : `${counted(current.length, 'instance')}: nothing to accept, up to date`,
    grave.length === 0 ? '' : 'These differences make another result as a rule; nothing was accepted.',
    grave.length === 0 ? '' : '  Run it again, or add --force if you know that the result stands.',
    without.length === 0 || accepted.length > 0 || grave.length > 0
      ? ''
      : '  Make the results with: pipeline run',
  ];
  const told = lines.filter((line) => line !== '');
  return (told.length === 0 ? ['nothing was accepted here'] : told).flatMap((line) =>
    wrap(line, width, '  '),
  );
}

function grouped(
  what: string,
  instances: readonly { readonly instance: string; readonly reasons: readonly Reason[] }[],
): string[] {
  const groups = new Map<string, string[]>();
  for (const { instance, reasons } of instances) {
    const why = reasonsText(reasons.map(groupedReasonText));
    groups.set(why, [...(groups.get(why) ?? []), instance]);
  }
  return [...groups].map(([why, ids]) => {
    const names =
      ids.length > 4 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ');
    return `${oneLine(names)}: ${what}${why === '' ? '' : `: ${why}`}`;
  });
}
