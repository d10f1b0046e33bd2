import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { printDiagnostic } from '../../config/print-diagnostic.js';
import { auditLines } from '../../ui/audit-text.js';
import { EXIT } from '../exit-codes.js';
import { lastReport } from '../last-report.js';
import { complain } from '../prepare.js';
import type { ProjectOptions } from '../project.js';
import { auditText } from '../read-audited.js';

export interface AuditOptions extends ProjectOptions {
  readonly json: boolean;
  readonly strict: boolean;
}

/** `pipeline audit [FILE]`: what cannot be right in a study's tables, or in our own report. */
export async function audit(given: string | undefined, options: AuditOptions): Promise<number> {
  const found = given === undefined ? lastReport(options) : null;
  if (found !== null && !found.ok) return found.error;
  const path = found === null ? resolve(given ?? '') : join(found.value.folder, 'report.json');
  const file = given ?? relative(process.cwd(), path);
  const text = textOf(path);
  if (text === null) {
    const hint = 'give a file of tables (docs/guide/audit.md has their form) or a report.json';
    return complain(`${file} cannot be read: there is no such file, or it may not be read`, hint);
  }
  const audited = auditText(file, text);
  if (!audited.ok) {
    const color = process.stderr.isTTY === true && !process.env.NO_COLOR;
    for (const diagnostic of audited.error)
      process.stderr.write(`${printDiagnostic(diagnostic, { color })}\n`);
    process.stderr.write('nothing was audited; docs/guide/audit.md has the form of a table\n');
    return EXIT.usage;
  }
  if (options.json) process.stdout.write(`${JSON.stringify(audited.value, null, 2)}\n`);
  else {
    const width = Math.min(process.stdout.columns || 80, 100);
    process.stdout.write(`${auditLines(file, audited.value, width).join('\n')}\n`);
  }
  return options.strict && audited.value.findings.length > 0 ? EXIT.failed : EXIT.ok;
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
