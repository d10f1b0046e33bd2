import { z } from 'zod';

const name = z.string().regex(/^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/, {
  error: 'a name has small letters, digits, `-` and `_`, and starts with a letter',
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const OUTPUT = /^(?!\.{1,2}\/?$)[^/\\\u0000-\u001f]+\/?$/;

/** Relative, and never above the project; whether a link leads out of it is seen when it is read. */
function staysInside(path: string): boolean {
  if (path.startsWith('/') || path.startsWith('~') || path.includes('\0')) return false;
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) return false;
  }
  return true;
}

export const options = z.strictObject({
  run: z
    .union([
      z.string().regex(/\S/, { error: 'write the command' }),
      z.array(z.string().describe('A word of the command: put a number, or `true`, in quotes.')).min(1),
    ])
    .describe(
      'The command: a list of words that no shell looks at, or one text for `sh -eu`. It may hold {inputs.STAGE}, ' +
        '{inputs.STAGE.OUTPUT}, {outputs.NAME}, {files.NAME}, {coordinates.AXIS}, {threads}, {scratch}, {resume} and {job}.',
    ),
  outputs: z
    .record(
      name,
      z.string().regex(OUTPUT, {
        error: 'an output is one file name, `scores.csv`, or with a `/` at its end a folder, `plots/`',
      }),
    )
    .describe('What it makes: type of artifact to file name, or to a folder name with `/` at its end.'),
  files: z
    .record(
      name,
      z.string().min(1).refine(staysInside, {
        error: 'a file stands inside the folder of pipeline.yaml: name it relative to that, or copy it there',
      }),
    )
    .default({})
    .describe('Scripts and data of the project that it reads: name to path, relative to pipeline.yaml.'),
  env: z
    .array(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
        error: 'list the names of variables; their values are those that the engine is started with',
      }),
    )
    .default([])
    .describe('Names of environment variables that it may read. Their values are part of the action key.'),
});

export type CommandOptions = z.output<typeof options>;
