import type { AuditDocument, Confidence, Finding, Quantity } from '../contract/audit.js';
import { counted, figure } from './format.js';
import { oneLine, wrap } from './text.js';

const HEADINGS: Readonly<Record<Confidence, string>> = {
  certain: 'Certain: no rounding reconciles them, or three separate checks agree',
  likely: 'Likely: under the assumption that is named',
  possible: 'Possible: odd, but something else than a mistake may explain it',
};

/** An audit for people: the most certain findings first, each with both values, why, and what would settle it. */
export function auditLines(file: string, audit: AuditDocument, width: number): string[] {
  const { findings, inferences, not_checked } = audit;
  const levels = Object.keys(HEADINGS) as Confidence[];
  const of = (level: Confidence): readonly Finding[] =>
    findings.filter(({ confidence }) => confidence === level);
  const counts = levels.map((level) => `${of(level).length} ${level}`).join(', ');
  const told = findings.length === 0 ? 'no findings' : `${counted(findings.length, 'finding')} (${counts})`;
  return [
    ...wrap(`${oneLine(file)}: ${told}`, width, '  '),
    ...wrap(oneLine(audit.source), width, '  '),
    ...(inferences === null ? [] : wrap(inferencesText(inferences), width, '  ')),
    ...levels.flatMap((level) =>
      of(level).length === 0
        ? []
        : [
            '',
            ...wrap(HEADINGS[level], width, '  '),
            ...of(level).flatMap((one) => findingLines(one, width)),
          ],
    ),
    ...(not_checked.length === 0 ? [] : ['', 'Not checked']),
    ...not_checked.flatMap((text) => wrap(`  ${oneLine(text)}`, width, '    ')),
  ];
}

function inferencesText([low, high]: readonly [number, number]): string {
  const [least, most] = [Math.ceil(low), Math.floor(high)];
  const text = least >= most ? figure(least) : `${figure(least)} to ${figure(most)}`;
  return `A row is over ${text} inferences.`;
}

function findingLines(finding: Finding, width: number): string[] {
  const { id, table, row, column, stated, recomputed, what, why, settle } = finding;
  const place = [table, row, column].filter((part) => part !== null).join(', ');
  const indented = (text: string): string[] => wrap(`    ${oneLine(text)}`, width, '    ');
  return [
    '',
    ...wrap(`  ${id}`, width, '    '),
    ...indented(`in ${place}`),
    ...indented(`stated ${quantityText(stated)}; recomputed ${quantityText(recomputed)}`),
    ...indented(what),
    ...indented(why),
    ...indented(`Would settle it: ${settle.charAt(0).toLowerCase()}${settle.slice(1)}`),
  ];
}

function quantityText({ value, unit }: Quantity): string {
  const text = typeof value === 'number' ? digits(value) : value;
  return unit === '' ? text : `${text} ${unit}`;
}

/** As many digits as were printed: a finding is often about the last one. */
function digits(value: number): string {
  if (value !== 0 && (Math.abs(value) >= 1e9 || Math.abs(value) < 1e-4)) return value.toExponential();
  const [whole = '', fraction] = String(value).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
