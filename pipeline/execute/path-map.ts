/** One path here and where the same thing is on the other machine. */
export type PathPair = readonly [here: string, there: string];

/** Rewrites paths of this machine to those of another, wherever they stand in a text. */
export interface PathMap {
  /** Every known path, and whatever is below it, in any text. */
  text(value: string): string;
  /** A list of paths joined by colons, or one path: the folders above known ones too, as PYTHONPATH has them. */
  paths(value: string): string;
}

/**
 * @param exact paths with places of their own.
 * @param reads files and folders that are below `tree` there, each under its whole path here.
 */
export function pathMap(exact: readonly PathPair[], reads: readonly string[], tree: string): PathMap {
  const plain: readonly PathPair[] = [
    ...reads.map((path): PathPair => [path, `${tree}${path}`]),
    ...exact.filter(([here]) => here !== ''),
  ];
  const places = new Map([
    ...plain.map(([here, there]): PathPair => [insideQuotes(here), insideQuotes(there)]),
    ...plain,
  ]);
  const known = [...places.keys()].sort((a, b) => b.length - a.length);
  const above = new Set(reads.flatMap(foldersAbove));
  // Not in the middle of a longer path, nor of a longer name.
  const pattern =
    known.length === 0
      ? null
      : new RegExp(`(?<![\\w./-])(?:${known.map(quoteForPattern).join('|')})(?![\\w.-])`, 'g');
  const text = (value: string): string =>
    pattern === null ? value : value.replace(pattern, (found) => places.get(found) ?? found);
  return {
    text,
    paths: (value) =>
      value
        .split(':')
        .map((part) => (above.has(part) && !places.has(part) ? `${tree}${part}` : text(part)))
        .join(':'),
  };
}

function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(1, -1);
  // What everything is below of says nothing: `/` and `/usr` stay as they are.
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`).slice(1);
}

/** As it stands between the quotes of a shell, where a command's text has paths. */
function insideQuotes(path: string): string {
  return path.replaceAll("'", "'\\''");
}

function quoteForPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
