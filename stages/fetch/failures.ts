import type { StageFailure } from '../../pipeline/contract/worker.js';

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

  lineTooLong(file: string, line: number): StageFailure {
    return {
      code: 'line-too-long',
      message: `Line ${line} of ${file} is longer than 16 MiB, so it is no row and no tweet`,
      hint: 'Check that it is the file you meant: one row, or one JSON object, a line.',
      file,
      line,
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
