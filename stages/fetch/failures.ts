import { unreachable } from '../../pipeline/base/unreachable.js';
import type { StageFailure } from '../../pipeline/contract/worker.js';
import type { ArchiveProblem } from './archive-entry.js';
import type { FormatProblem } from './table-format.js';

/** Every way in which fetch can fail, in words for the user; the codes are listed in the README beside this file. */
export const failures = {
  missingFolder(what: string, folder: string, setting: string): StageFailure {
    return {
      code: 'missing-folder',
      message: `There is no ${what} folder: ${folder}`,
      hint: `Check ${setting}; the layout that is expected is in stages/fetch/README.md.`,
      file: folder,
    };
  },

  noArchive(path: string, what: string): StageFailure {
    return {
      code: 'bad-archive',
      message: `${path} is neither a folder nor an archive with the ${what}`,
      hint: 'Give a folder, or a .zip, .tar or .tar.gz of it; the layout that is expected is in stages/fetch/README.md.',
      file: path,
    };
  },

  badArchive(path: string, { kind, problem, entry }: ArchiveProblem): StageFailure {
    const where = entry === undefined ? path : `${JSON.stringify(entry)} in ${path}`;
    switch (kind) {
      case 'unsafe':
        return {
          code: 'unsafe-archive',
          message: `${where} was not extracted, and nothing else of the archive is used: ${problem}`,
          hint: 'No data set needs that. Take the archive from its source again.',
          file: path,
        };
      case 'damaged':
        return {
          code: 'damaged-archive',
          message: `${where} cannot be extracted: ${problem}`,
          hint: 'Take the archive from its source again, or unpack it yourself and give the folder.',
          file: path,
        };
      case 'too-large':
        return {
          code: 'damaged-archive',
          message: `${where} has ${problem}, which no package has`,
          hint: 'Unpack it yourself, and give the folder.',
          file: path,
        };
      default:
        return unreachable(kind);
    }
  },

  otherPackage(path: string, parts: readonly string[]): StageFailure {
    return {
      code: 'archive-differs',
      message: `${path} is not the package that datasets/replab2013.source.yaml describes; it differs in ${parts.join(', ')}`,
      hint: 'Take it from the organisers again. If it differs on purpose, unpack it and give the folder, which is only warned of.',
      file: path,
    };
  },

  missingFile(file: string, because: string): StageFailure {
    return {
      code: 'missing-file',
      message: `${file} is missing, ${because}`,
      hint: 'Take the file from your copy of the package again.',
      file,
    };
  },

  unreadable(file: string, problem: string): StageFailure {
    return { code: 'unreadable-file', message: `${file} cannot be read: ${problem}`, file };
  },

  noTweets(path: string): StageFailure {
    return {
      code: 'no-tweets',
      message: `There is not a single tweet in ${path}`,
      hint: 'It must hold one JSON object a line, as the X API gives them (v1.1 or v2).',
      file: path,
    };
  },

  roundedIds(
    file: string,
    { rounded, of, example }: { readonly rounded: number; readonly of: number; readonly example: string },
  ): StageFailure {
    return {
      code: 'rounded-ids',
      message: `${rounded} of the ${of} long ids in ${file} end with zeros or an exponent (${example}): they were rounded`,
      hint: 'A spreadsheet, or another program that takes ids for numbers, has saved it. Take the file from its source again.',
      file,
    };
  },

  badHeader(file: string, missing: readonly string[]): StageFailure {
    return {
      code: 'bad-header',
      message: `The header of ${file} has no column ${missing.map((name) => `"${name}"`).join(', ')}`,
      hint: 'The first line must name the columns, separated by tabs, each in double quotes.',
      file,
      line: 1,
    };
  },

  missingColumn(file: string, column: string, columns: readonly string[]): StageFailure {
    return {
      code: 'bad-header',
      message: `${file} has no column ${JSON.stringify(column)}; its columns are ${columns.map((name) => JSON.stringify(name)).join(', ')}`,
      hint: 'Name the columns under `table` of the stage; if they look wrong, say `delimiter` or `encoding` there too.',
      file,
      line: 1,
    };
  },

  badTable(file: string, problem: FormatProblem): StageFailure {
    const problems: Readonly<Record<FormatProblem, string>> = {
      empty: 'is empty',
      'not-json': 'does not begin with a JSON object',
      'unterminated-header': 'has no end of its header within the first megabyte',
    };
    return {
      code: 'bad-header',
      message: `${file} ${problems[problem]}`,
      hint: 'The first line of a .csv or .tsv names the columns; each line of a .jsonl is an object.',
      file,
      line: 1,
    };
  },

  truncatedFile(file: string, line: number, problem: string): StageFailure {
    return {
      code: 'truncated-file',
      message: `${file} ends in the middle of a row: ${problem} in its last line, ${line}`,
      hint: 'The file was cut, by a broken download or copy perhaps. Take it from its source again.',
      file,
      line,
    };
  },

  tooManyMalformed(
    split: string,
    malformed: number,
    total: number,
    worst: readonly { readonly file: string; readonly count: number; readonly line: number }[],
  ): StageFailure {
    const files = worst.map(({ file, count, line }) => `${file} (${count}, first in line ${line})`);
    const first = worst[0];
    return {
      code: 'too-many-malformed-rows',
      message:
        `${malformed} of the ${total} ${split} are malformed, ` +
        `${((100 * malformed) / total).toFixed(1)} % where 1 % is the limit. Most are in ${files.join(', ')}`,
      hint: 'Single bad rows are dropped and listed; so many mean that the files are not what the source says they are.',
      ...(first === undefined ? {} : { file: first.file, line: first.line }),
    };
  },

  noRows(folder: string): StageFailure {
    return {
      code: 'no-rows',
      message: `No labelled tweet was found below ${folder}`,
      hint: 'Check that training/labeled and test/labeled hold ENTITY.dat files.',
      file: folder,
    };
  },

  aborted(): StageFailure {
    return { code: 'aborted', message: 'Stopped before the last file was read' };
  },
} as const;
