import { auditReport, auditTables } from '../../stages/report/audit/audit.js';
import { reportSchema } from '../../stages/report/audit/report-schema.js';
import { tablesSchema } from '../../stages/report/audit/tables-schema.js';
import { err, ok, type Result } from '../base/result.js';
import { parseYaml } from '../config/parse.js';
import { createReport, type Source } from '../config/source.js';
import { validate } from '../config/validate.js';
import type { AuditDocument } from '../contract/audit.js';
import type { Diagnostic } from '../contract/diagnostic.js';

/** Audits the text of a study's tables (JSON or YAML) or of a `report.json`; else what is wrong with it, and where. */
export function auditText(file: string, text: string): Result<AuditDocument, readonly Diagnostic[]> {
  const json = parsedJson(text);
  if (json.ok && isReport(json.value)) {
    const report = reportSchema.safeParse(json.value);
    return report.success ? ok(auditReport(report.data)) : err([notOurReport(file, report.error.issues[0])]);
  }
  const { diagnostics, report } = createReport();
  const source = { file, text };
  const root = parseYaml(source, report);
  if (root === undefined && !json.ok && /^\s*[{[]/.test(text)) return err([notJson(source, json.error)]);
  const key = { source, start: 0, end: 1 };
  const tables =
    root === undefined ? undefined : validate(tablesSchema, { node: root, key, path: '' }, report);
  if (tables !== undefined) return ok(auditTables(tables));
  return err(
    diagnostics.map((diagnostic) => ({
      ...diagnostic,
      message: diagnostic.message
        .replace(/^this is not YAML/, 'this is neither JSON nor YAML')
        .replace(/^``/, 'the file'),
    })),
  );
}

function parsedJson(text: string): Result<unknown, string> {
  try {
    return ok(JSON.parse(text));
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}

/** What is in braces was meant as JSON, and one mistake in it is many in YAML. The runtime says where it stopped, else it was at the end. */
function notJson(source: Source, problem: string): Diagnostic {
  const at = Number(/at position (\d+)/.exec(problem)?.[1] ?? source.text.trimEnd().length);
  const { diagnostics, report } = createReport();
  const message = problem.replace(/( in JSON)?( at position.*)?$/s, '');
  report('json-syntax', `this is not JSON: ${message}`, { source, start: at, end: at + 1 });
  return diagnostics[0] ?? { code: 'json-syntax', message };
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
