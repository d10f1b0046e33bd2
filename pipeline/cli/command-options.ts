import { basename, isAbsolute } from 'node:path';
import { quoteForShell } from '../base/shell-quote.js';
import { type SetText, textsOfSet } from '../config/set-texts.js';
import { redact } from '../ui/redact.js';
import { secretValues } from '../ui/secrets.js';

/** What chose a project on a command line. */
export interface Chosen {
  /** The pipeline.yaml, of which the name alone counts: commands are for its folder. */
  readonly file: string;
  readonly profile: readonly string[];
  readonly sets: readonly string[];
}

/** A place in an argument, and the shell variable that stands there instead. */
interface Gap {
  readonly start: number;
  readonly end: number;
  readonly variable: string;
}

/** An absolute path inside of a text; the two slashes of an address begin none. */
const PATH_INSIDE = /(?<=^|[\s=:,"'(]|file:\/\/)\/(?!\/)[^\s"',)]+/g;

/**
 * The options that choose the same project again, as text for a POSIX shell that may be published: a secret, or an absolute path, which
 * says something of one machine alone, is a variable there (`--set data.texts="$DATA_TEXTS"`). Empty where none are needed.
 */
export function commandOptions({ file, profile, sets }: Chosen, env: NodeJS.ProcessEnv): string {
  const name = basename(file);
  const nameOf = variableNames();
  const options = [
    ...(name === 'pipeline.yaml' ? [] : [`--file ${quoteForShell(name)}`]),
    ...(profile.length === 0 ? [] : [`--profile ${quoteForShell(profile.join(','))}`]),
    ...sets.map((set) => `--set ${withGaps(set, gapsOf(set, env, nameOf))}`),
  ];
  return redact(secretValues(env))(options.join(' '));
}

function gapsOf(
  set: string,
  env: NodeJS.ProcessEnv,
  nameOf: (path: string, value: string) => string,
): readonly Gap[] {
  const path = set.slice(0, set.indexOf('='));
  return textsOfSet(set).flatMap((text): Gap[] => {
    const { start, end } = text;
    const secret = secretVariable(text, env);
    if (secret !== undefined) return [{ start, end, variable: secret }];
    if (isAbsolute(text.value)) return [{ start, end, variable: nameOf(path, text.value) }];
    return [...set.slice(start, end).matchAll(PATH_INSIDE)].map(({ 0: found, index }) => ({
      start: start + index,
      end: start + index + found.length,
      variable: nameOf(path, found),
    }));
  });
}

/** The variable that holds this secret, or one to put it in where only the name of its member tells. */
function secretVariable({ name, value }: SetText, env: NodeJS.ProcessEnv): string | undefined {
  const known = Object.entries(env).find(
    ([variable, held = '']) => held === value && secretValues({ [variable]: held }).length > 0,
  );
  if (known !== undefined) return known[0];
  return secretValues({ [name]: value }).includes(value) ? upper(name) : undefined;
}

/** `data.texts` is DATA_TEXTS, a second path in it DATA_TEXTS_2. */
function variableNames(): (path: string, value: string) => string {
  const names = new Map<string, string>();
  return (path, value) => {
    const known = names.get(value);
    if (known !== undefined) return known;
    const taken = new Set(names.values());
    let name = upper(path);
    for (let count = 2; taken.has(name); count += 1) name = `${upper(path)}_${count}`;
    names.set(value, name);
    return name;
  };
}

const upper = (path: string): string => path.toUpperCase().replace(/[^A-Z0-9]+/g, '_');

function withGaps(text: string, gaps: readonly Gap[]): string {
  let words = '';
  let from = 0;
  for (const { start, end, variable } of gaps) {
    if (start > from) words += quoteForShell(text.slice(from, start));
    words += `"$${variable}"`;
    from = end;
  }
  return from < text.length ? words + quoteForShell(text.slice(from)) : words;
}
