const VOID = new Set(['meta', 'link', 'br', 'img', 'hr', 'input', '!doctype']);
const TAG = /<(\/?)([a-z!][a-z0-9]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*(\/?)>/gi;

/** Style sheets hold no tags, so they are taken out before the tags are read. */
const withoutStyle = (text: string): string => text.replace(/(<style>)[^<]*(<\/style>)/g, '$1$2');

function nesting(text: string): string[] {
  const problems: string[] = [];
  const open: string[] = [];
  let end = 0;
  for (const match of text.matchAll(TAG)) {
    const [whole, closing, name = '', , selfClosing] = match;
    if (/[<>]/.test(text.slice(end, match.index)))
      problems.push(`a bare < or > in ${text.slice(end, match.index)}`);
    end = match.index + whole.length;
    if (selfClosing === '/' || VOID.has(name.toLowerCase())) continue;
    if (closing === '') open.push(name);
    else if (open.pop() !== name) problems.push(`</${name}> closes nothing`);
  }
  if (open.length > 0) problems.push(`never closed: ${open.join(' ')}`);
  return problems;
}

function headings(text: string): string[] {
  const levels = [...text.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
  const jumps = levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1);
  return [
    ...(levels.filter((level) => level === 1).length === 1 ? [] : ['not one h1']),
    ...jumps.map((level) => `h${level} skips a level`),
  ];
}

function references(text: string): string[] {
  const ids = [...text.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id ?? '');
  const known = new Set(ids);
  const named = [...text.matchAll(/aria-(?:labelledby|describedby)="([^"]*)"/g)].flatMap(([, list]) =>
    (list ?? '').split(' '),
  );
  const linked = [...text.matchAll(/(?:href="#|url\(#)([^")]*)/g)].map(([, id]) => id ?? '');
  return [
    ...(known.size === ids.length
      ? []
      : [`repeated ids: ${ids.filter((id, index) => ids.indexOf(id) !== index)}`]),
    ...[...named, ...linked].filter((id) => !known.has(id)).map((id) => `nothing has the id ${id}`),
  ];
}

function tables(text: string): string[] {
  return [...text.matchAll(/<table[\s\S]*?<\/table>/g)].flatMap(([table]) => [
    ...(/<caption>/.test(table) ? [] : ['a table without a caption']),
    ...[...table.matchAll(/<th(?![a-z])([^>]*)>/g)]
      .filter(([, attributes]) => !/scope="(row|col)"/.test(attributes ?? ''))
      .map(() => 'a header without a scope'),
  ]);
}

function loads(text: string): string[] {
  const found = text.match(
    /<(script|link|img|iframe|object|embed|base|form)\b|\s(src|srcset|on\w+|action)=|url\((?!#)|@import|javascript:/gi,
  );
  // A link may give the values of a chart, as data to be saved or as a file beside the page.
  const own = /<a (?:download="[^"]*" href="data:text\/csv[;,]|href="(?:report\.json|tables\/[\w.-]+\.csv)")/;
  const addresses = [...text.matchAll(/<[^>]*\shref="(?!#)([^"]*)"[^>]*>/g)]
    .filter(([tag]) => !own.test(tag))
    .map(([, address]) => address ?? '');
  return [...(found ?? []), ...addresses].map((what) => `the page loads or runs something: ${what}`);
}

/** What is wrong with a page of ours: nesting, heading order, dangling references, bare tables, anything from elsewhere. */
export function problemsOfPage(page: string): string[] {
  const text = withoutStyle(page);
  const tags = [...text.matchAll(TAG)].map(([tag]) => tag).join('');
  return [
    ...nesting(text),
    ...headings(text),
    ...references(text),
    ...tables(text),
    ...loads(tags),
    ...loads(page.match(/<style>[^<]*/)?.[0] ?? ''),
  ];
}
