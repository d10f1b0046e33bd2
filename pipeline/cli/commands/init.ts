import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { err, ok, type Result } from '../../base/result.js';
import { EXIT } from '../exit-codes.js';
import { studyText } from '../init/study.js';
import { describeTable, findTables, type LabelledTable, type TableProblem } from '../init/table.js';
import { complain } from '../prepare.js';

export interface InitOptions {
  /** Relative to where the command is called. */
  readonly data?: string;
  readonly text?: string;
  readonly label?: string;
  readonly json: boolean;
}

/** `pipeline init`: a pipeline.yaml to start from, for the table in the folder if there is one. Overwrites nothing. */
export async function init(folder: string, options: InitOptions): Promise<number> {
  const root = resolve(folder);
  const file = join(root, 'pipeline.yaml');
  if (existsSync(file)) {
    return complain(
      `there is a pipeline.yaml in ${folder} already, and nothing was written`,
      'name another folder: pipeline init FOLDER',
    );
  }
  try {
    mkdirSync(root, { recursive: true });
    const table = chooseTable(root, options);
    if (!table.ok) return complain(table.error.message, table.error.hint);
    const wrote = write(root, table.value);
    if (options.json) {
      const document = { schema: 1, folder: root, wrote, table: table.value ?? null };
      process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    } else process.stdout.write(`${told(folder, wrote, table.value).join('\n')}\n`);
    return EXIT.ok;
  } catch (error) {
    const { code, path = folder, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return complain(
      `${path} cannot be written: ${message}`,
      'name a folder that is yours: pipeline init FOLDER',
    );
  }
}

/** The table that is named, else the only one in the folder; undefined where there is none. */
function chooseTable(root: string, options: InitOptions): Result<LabelledTable | undefined, TableProblem> {
  const { text, label } = options;
  if (options.data !== undefined) {
    const path = insidePath(root, resolve(options.data));
    if (path !== undefined) return describeTable(root, path, { text, label });
    const message = existsSync(options.data)
      ? `${options.data} is not inside the folder of the study`
      : `there is no file ${options.data}`;
    return err({ message, hint: 'what a study reads belongs to its folder: copy it there, then name it' });
  }
  const [first, ...others] = findTables(root);
  if (first === undefined) {
    if (text === undefined && label === undefined) return ok(undefined);
    const message = 'there is no table in this folder for --text and --label to mean';
    return err({ message, hint: 'name one with --data FILE' });
  }
  if (others.length === 0) return describeTable(root, first, { text, label });
  const message = `there are ${others.length + 1} tables in this folder: ${[first, ...others].join(', ')}`;
  return err({ message, hint: 'name the one that is meant with --data FILE' });
}

function insidePath(root: string, file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const inside = relative(realpathSync(root), realpathSync(file));
  if (inside === '' || isAbsolute(inside) || inside.split(sep)[0] === '..') return undefined;
  return inside.split(sep).join('/');
}

function write(root: string, table: LabelledTable | undefined): readonly string[] {
  const wrote: string[] = [];
  const add = (name: string, text: string): void => {
    writeFileSync(join(root, name), text, { flag: 'wx' });
    wrote.push(name);
  };
  const ignored = join(root, '.gitignore');
  if (!existsSync(ignored)) add('.gitignore', 'artifacts/\n');
  else if (!/^\/?artifacts\/?\s*$/m.test(readFileSync(ignored, 'utf8'))) {
    const before = readFileSync(ignored, 'utf8');
    writeFileSync(ignored, `${before === '' || before.endsWith('\n') ? '' : '\n'}artifacts/\n`, {
      flag: 'a',
    });
    wrote.push('.gitignore');
  }
  // Last: where it is, all is.
  add('pipeline.yaml', studyText(basename(root) || 'study', table));
  return wrote;
}

function writtenAs({ encoding, delimiter }: LabelledTable): string {
  return `${encoding}, ${delimiter === null ? 'an object a line' : `columns between ${JSON.stringify(delimiter)}`}`;
}

function told(folder: string, wrote: readonly string[], table: LabelledTable | undefined): readonly string[] {
  const about =
    table === undefined
      ? 'a study of the synthetic sample'
      : `a study of ${table.path} (${writtenAs(table)}): texts in "${table.text}", labels in "${table.label}"`;
  const enter = folder === '.' ? '' : `cd ${/\s/.test(folder) ? `"${folder}"` : folder} && `;
  return [
    `Wrote ${about}.`,
    ...wrote.map((name) => `  ${join(folder, name)}`),
    `Next: ${enter}npx pipeline plan`,
  ];
}
