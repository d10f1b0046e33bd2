import { type Placeholder, splitTemplate } from '../base/placeholders.js';
import type { StageCommand } from '../contract/stage.js';
import type { JobDocument, JobInput } from '../contract/worker.js';

/** What the command is told of its job. */
export type CommandJob = Pick<
  JobDocument,
  'inputs' | 'outputs' | 'external' | 'coordinates' | 'threads' | 'scratch_dir' | 'resume_dir'
> & {
  /** Absolute path of `job.json`. */
  readonly file: string;
};

/**
 * The command line of a command stage with all placeholders replaced. Words stay words, whatever characters a path has;
 * a line for the shell gets each of them quoted. The options were checked, so an unknown name is our own mistake.
 */
export function commandLine(command: StageCommand, job: CommandJob): readonly string[] {
  if (!command.shell) return command.argv.flatMap((word) => expandWord(word, job));
  const line = command.argv
    .flatMap(splitTemplate)
    .map((part) =>
      part.kind === 'text' ? part.text : valuesOf(part.placeholder, job).map(quoteForShell).join(' '),
    )
    .join('');
  return ['/bin/sh', '-euc', line];
}

/** The declared variables that are set where the engine was started. */
export function declaredVariables(
  names: readonly string[],
  env: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name): [string, string][] => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function expandWord(word: string, job: CommandJob): readonly string[] {
  const parts = splitTemplate(word);
  const [first] = parts;
  if (parts.length === 1 && first?.kind === 'placeholder') return valuesOf(first.placeholder, job);
  return [
    parts
      .map((part) => (part.kind === 'text' ? part.text : valuesOf(part.placeholder, job).join(' ')))
      .join(''),
  ];
}

function valuesOf(placeholder: Placeholder, job: CommandJob): readonly string[] {
  switch (placeholder.kind) {
    case 'inputs':
      return Object.values(job.inputs)
        .flat()
        .filter((input) => isMeant(input, placeholder))
        .map((input) => input.path);
    case 'outputs':
      return [memberOf(job.outputs, placeholder.name)];
    case 'files':
      return [memberOf(job.external, placeholder.name)];
    case 'coordinates':
      return [String(memberOf(job.coordinates, placeholder.name))];
    case 'threads':
      return [String(job.threads)];
    case 'scratch':
      return [job.scratch_dir];
    case 'resume':
      if (job.resume_dir === undefined) throw new Error('Internal error: the command is not known to resume');
      return [job.resume_dir];
    case 'job':
      return [job.file];
  }
}

function isMeant(input: JobInput, wanted: Extract<Placeholder, { kind: 'inputs' }>): boolean {
  return input.stage === wanted.stage && (wanted.output === undefined || input.output === wanted.output);
}

function memberOf<T>(members: Readonly<Record<string, T>>, name: string): T {
  const value = members[name];
  if (value === undefined) throw new Error(`Internal error: the command names an unknown \`${name}\``);
  return value;
}

function quoteForShell(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
