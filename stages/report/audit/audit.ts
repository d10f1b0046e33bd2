import { compareCodePoints } from '../../../pipeline/base/canonical.js';
import type { AuditDocument, Confidence, Finding } from '../../../pipeline/contract/audit.js';
import { claims } from './claims.js';
import { constants } from './constants.js';
import { derivedColumns } from './derived-columns.js';
import { indexValues } from './index-values.js';
import { indices, unreadFormulas } from './indices.js';
import { inferencesOf } from './inferences.js';
import { studyOfReport } from './read-report.js';
import { studyOf } from './read-tables.js';
import { reportFigures } from './report-figures.js';
import type { ReportDocument } from './report-schema.js';
import { rowAgainstRow } from './rows.js';
import { runTimes } from './run-times.js';
import { spreads } from './spreads.js';
import type { Study } from './study.js';
import type { Tables } from './tables-schema.js';
import { units } from './units.js';

/** Every family of rules. None knows a value or a name of any study. */
const RULES: readonly ((study: Study) => readonly Finding[])[] = [
  derivedColumns,
  units,
  rowAgainstRow,
  runTimes,
  claims,
  spreads,
  constants,
  indices,
  indexValues,
];

const ORDER: Readonly<Record<Confidence, number>> = { certain: 0, likely: 1, possible: 2 };

/** A publication's tables. Pure: equal tables give equal findings. */
export function auditTables(tables: Tables): AuditDocument {
  return auditStudy(studyOf(tables), { kind: 'tables', source: tables.source }, []);
}

/** A report of ours: the rules over tables, and every figure that others of it give. */
export function auditReport(report: ReportDocument): AuditDocument {
  const about = { kind: 'report', source: `${report.title} (study ${report.study})` } as const;
  return auditStudy(studyOfReport(report), about, reportFigures(report));
}

/** Names that differ in signs alone, such as `B+` and `B plus`, would give one id twice. */
function withOwnIds(findings: readonly Finding[]): Finding[] {
  const times = new Map<string, number>();
  return findings.map((finding) => {
    const count = (times.get(finding.id) ?? 0) + 1;
    times.set(finding.id, count);
    return count === 1 ? finding : { ...finding, id: `${finding.id}-${count}` };
  });
}

function auditStudy(
  study: Study,
  about: Pick<AuditDocument, 'kind' | 'source'>,
  more: readonly Finding[],
): AuditDocument {
  const found = RULES.flatMap((rule) => rule(study));
  return {
    schema: 1,
    ...about,
    findings: withOwnIds([...found, ...more]).sort(
      (a, b) => ORDER[a.confidence] - ORDER[b.confidence] || compareCodePoints(a.id, b.id),
    ),
    inferences: inferencesOf(study)?.range ?? null,
    not_checked: [...study.not_checked, ...unreadFormulas(study)],
  };
}
