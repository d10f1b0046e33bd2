import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { EXIT } from '../exit-codes.js';
import { lastReport } from '../last-report.js';
import type { ProjectOptions } from '../project.js';

/** `pipeline report`: the path of the report that the last run made; with --json its content. Makes nothing. */
export async function report(options: ProjectOptions & { readonly json: boolean }): Promise<number> {
  const found = lastReport(options);
  if (!found.ok) return found.error;
  const { folder, root } = found.value;
  if (options.json) process.stdout.write(readFileSync(join(folder, 'report.json')));
  else process.stdout.write(`${relative(root, join(folder, 'report.html'))}\n`);
  return EXIT.ok;
}
