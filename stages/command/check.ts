import { type Placeholder, splitTemplate } from '../../pipeline/base/placeholders.js';
import { nearest, suggestion } from '../../pipeline/base/suggest.js';
import type { OptionProblem, StageSurroundings } from '../../pipeline/contract/stage.js';
import type { CommandOptions } from './options.js';

const SECTIONS = ['inputs', 'outputs', 'files', 'coordinates', 'threads', 'scratch', 'resume', 'job'];
const SCRIPT = /^(?![/-])[^\s{}]+\.(?:py|sh|bash|js|mjs|cjs|ts|mts|R|r|jl|pl|rb|awk|sed|sql|lua|php|ipynb)$/;

/** Finds placeholders that mean nothing, and what is declared but never named in the command. */
export function checkCommand(given: CommandOptions, around: StageSurroundings): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  const words = typeof given.run === 'string' ? [given.run] : given.run;
  const used: Placeholder[] = [];
  words.forEach((word, index) => {
    const path = typeof given.run === 'string' ? ['run'] : ['run', index];
    const add = (problem: Omit<OptionProblem, 'path'> | undefined): void => {
      if (problem !== undefined) problems.push({ path, ...problem });
    };
    add(misspeltIn(word));
    const parts = splitTemplate(word);
    for (const part of parts) {
      if (part.kind === 'text') continue;
      used.push(part.placeholder);
      add(problemOf(part.text, part.placeholder, given, around));
      const isAlone = typeof given.run === 'string' || parts.length === 1;
      if (!isAlone) add(mixedList(part.text, part.placeholder, around));
    }
    if (typeof given.run === 'string') for (const text of quotedIn(word)) add(quoted(text));
    else if (index < 2) add(undeclaredScript(word, given));
  });
  if (Object.keys(given.outputs).length === 0) {
    problems.push({
      path: ['outputs'],
      message: 'a command without outputs has no result to keep',
      hint: 'add one, for example `outputs: { scores: scores.csv }`',
    });
  }
  problems.push(...samePaths(given));
  // After a misspelt placeholder, what it should have named is not missing as well.
  return problems.length > 0 ? problems : unused(given, used, around);
}

function problemOf(
  text: string,
  placeholder: Placeholder,
  given: CommandOptions,
  around: StageSurroundings,
): Omit<OptionProblem, 'path'> | undefined {
  switch (placeholder.kind) {
    case 'inputs':
      return inputProblem(text, placeholder, around);
    case 'outputs':
      return unknownName(text, placeholder.name, Object.keys(given.outputs), 'outputs of this stage');
    case 'files':
      return unknownName(text, placeholder.name, Object.keys(given.files), 'files of this stage');
    case 'coordinates':
      return unknownName(text, placeholder.name, around.axes, 'axes of this stage');
    default:
      return undefined;
  }
}

function unknownName(
  text: string,
  name: string,
  known: readonly string[],
  what: string,
): Omit<OptionProblem, 'path'> | undefined {
  if (known.includes(name)) return undefined;
  return { message: `\`${text}\` stands for nothing`, hint: suggestion(name, known, what) };
}

function inputProblem(
  text: string,
  { stage, output }: Extract<Placeholder, { kind: 'inputs' }>,
  around: StageSurroundings,
): Omit<OptionProblem, 'path'> | undefined {
  const names = around.sources.map((source) => source.stage);
  const source = around.sources.find((candidate) => candidate.stage === stage);
  if (source === undefined) return unknownName(text, stage, names, 'stages in `from`');
  const outputs = source.outputs.map((candidate) => candidate.name);
  if (output !== undefined) return unknownName(text, output, outputs, `outputs of \`${stage}\``);
  if (outputs.length === 1) return undefined;
  return {
    message: `\`${text}\` may be any of ${outputs.length} outputs`,
    hint: `say which: ${outputs.map((name) => `{inputs.${stage}.${name}}`).join(' or ')}`,
  };
}

/** All elements of a matrix become words of their own, so nothing can stand beside them. */
function mixedList(
  text: string,
  placeholder: Placeholder,
  around: StageSurroundings,
): Omit<OptionProblem, 'path'> | undefined {
  if (placeholder.kind !== 'inputs') return undefined;
  if (!around.sources.some((source) => source.gather && source.stage === placeholder.stage)) return undefined;
  return {
    message: `\`${text}\` is a list, because \`from\` gathers \`${placeholder.stage}@*\``,
    hint: `let it stand alone as a word of the command: "${text}"`,
  };
}

function misspeltIn(word: string): Omit<OptionProblem, 'path'> | undefined {
  for (const [text, head = '', rest] of word.matchAll(/\{([a-z]+)(\.[^{}\s]*)?\}/g)) {
    const meant = SECTIONS.includes(head) ? head : nearest(head, SECTIONS);
    if (meant === undefined || splitTemplate(text)[0]?.kind === 'placeholder') continue;
    const isNamed = SECTIONS.indexOf(meant) < 4;
    // `{scratch}` may be near `{scratches}`, but awk's `{print}` is near nothing.
    if (isNamed && rest === undefined && head !== meant) continue;
    const example = isNamed
      ? `{${meant}.${rest === undefined || rest === '.' ? 'NAME' : rest.slice(1)}}`
      : `{${meant}}`;
    return { message: `\`${text}\` stands for nothing`, hint: `did you mean \`${example}\`?` };
  }
  return undefined;
}

/** Placeholders that stand between quotes of a shell line. */
function quotedIn(line: string): readonly string[] {
  const found: string[] = [];
  let quote = '';
  for (const part of splitTemplate(line)) {
    if (part.kind === 'placeholder') {
      if (quote !== '') found.push(part.text);
      continue;
    }
    for (let at = 0; at < part.text.length; at += 1) {
      const character = part.text.charAt(at);
      if (character === '\\' && quote !== "'") at += 1;
      else if (quote === '' && (character === "'" || character === '"')) quote = character;
      else if (character === quote) quote = '';
    }
  }
  return found;
}

function quoted(text: string): Omit<OptionProblem, 'path'> {
  return {
    message: `\`${text}\` stands between quotes`,
    hint: 'take it out of them: the engine quotes what it stands for, so that spaces in paths do no harm',
  };
}

function undeclaredScript(word: string, given: CommandOptions): Omit<OptionProblem, 'path'> | undefined {
  const isProgramHere = /^\.{1,2}\//.test(word) && !word.includes('{');
  if (!isProgramHere && !SCRIPT.test(word)) return undefined;
  const path = word.replace(/^\.\//, '');
  const known = Object.entries(given.files).find(([, file]) => file.replace(/^\.\//, '') === path)?.[0];
  return {
    message: `\`${word}\` is not where the command runs, and a change in it would not be noticed`,
    hint:
      known === undefined
        ? `declare it, \`files: { script: ${path} }\`, and write "{files.script}" here`
        : `write "{files.${known}}" here`,
  };
}

function samePaths(given: CommandOptions): readonly OptionProblem[] {
  const names = new Map<string, string>();
  return Object.entries(given.outputs).flatMap(([name, written]) => {
    const path = written.replace(/\/$/, '');
    const first = names.get(path);
    if (first === undefined) {
      names.set(path, name);
      return [];
    }
    const message = `\`${name}\` would be written where \`${first}\` is`;
    return [{ path: ['outputs', name], message, hint: 'give each output a path of its own' }];
  });
}

/** A command that never names an output cannot make it; one that never names a source does not read it. */
function unused(
  given: CommandOptions,
  used: readonly Placeholder[],
  around: StageSurroundings,
): readonly OptionProblem[] {
  // The job document has every path.
  if (used.some((placeholder) => placeholder.kind === 'job')) return [];
  const outputs = Object.keys(given.outputs)
    .filter(
      (name) => !used.some((placeholder) => placeholder.kind === 'outputs' && placeholder.name === name),
    )
    .map((name) => ({
      path: ['outputs', name],
      message: `the command is not told where to write \`${name}\``,
      hint: `write {outputs.${name}} where the path belongs in \`run\``,
    }));
  const sources = around.sources
    .filter(
      ({ stage }) =>
        !used.some((placeholder) => placeholder.kind === 'inputs' && placeholder.stage === stage),
    )
    .map(({ stage }) => ({
      path: ['run'],
      message: `\`from\` names \`${stage}\`, but the command does not read it`,
      hint: `write {inputs.${stage}} where the path belongs, or remove \`${stage}\` from \`from\``,
    }));
  return [...outputs, ...sources];
}
