import { readFile } from 'node:fs/promises';
import { err, ok } from '../../../pipeline/base/result.js';
import { type Tables, tablesSchema } from '../audit/tables-schema.js';
import { problemOf, type Read } from './file.js';

/** The tables that `published` names; null without any. */
export async function readPublished(path: string | undefined): Read<Tables | null> {
  if (path === undefined) return ok(null);
  let problem: string;
  try {
    const parsed = tablesSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
    if (parsed.success) return ok(parsed.data);
    problem = problemOf(parsed.error);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    problem = error.message;
  }
  return err({
    code: 'unreadable-published',
    message: `the published tables cannot be read: ${problem}`,
    hint: `npx pipeline audit FILE says where in the file; docs/guide/audit.md has its form`,
    file: path,
  });
}
