import { auditReport, auditTables } from '../../stages/report/audit/audit.js';
import { reportSchema } from '../../stages/report/audit/report-schema.js';
import { tablesSchema } from '../../stages/report/audit/tables-schema.js';
import { err, ok, type Result } from '../base/result.js';
import { parseYaml } from '../config/parse.js';
import { createReport } from '../config/source.js';
import { validate } from '../config/validate.js';
import type { AuditDocument } from '../contract/audit.js';
import type { Diagnostic } from '../contract/diagnostic.js';

/** Audits the text of a study's tables (JSON or YAML) or of a `report.json`; else what is wrong with it, and where. */
export function auditText(file: string, text: string): Result<AuditDocument, readonly Diagnostic[]> {
  const parsed = parsedJson(text);
  if (isReport(parsed)) {
    const report = reportSchema.safeParse(parsed);
    return report.success ? ok(auditReport(report.data)) : err([notOurReport(file, report.error.issues[0])]);
  }
  const { diagnostics, report } = createReport();
  const source = { file, text };
  const root = parseYaml(source, report);
  const key = { source, start: 0, end: 1 };
  const tables =
    root === undefined ? undefined : validate(tablesSchema, { node: root, key, path: '' }, report);
  if (tables !== undefined) return ok(auditTables(tables));
  return err(
    diagnostics.map((diagnostic) => ({
      ...diagnostic,
      message: diagnostic.message.replace(/^this is not YAML/, 'this is neither JSON nor YAML'),
    })),
  );
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isReport = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'results' in value && 'provenance' in value;

/** A report is one long line, so that the way to the member says more than its column. */
function notOurReport(
  file: string,
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
): Diagnostic {
  return {
    code: 'not-a-report',
    message: `${file}: ${issue?.path.map(String).join('.') ?? 'the report'}: ${issue?.message ?? 'is not of its form'}`,
    hint: 'make it again with: pipeline run report --from report',
  };
}
