/** What a placeholder in the text of a command stands for. */
export type Placeholder =
  | { readonly kind: 'inputs'; readonly stage: string; readonly output: string | undefined }
  | { readonly kind: 'outputs' | 'files' | 'coordinates'; readonly name: string }
  | { readonly kind: 'threads' | 'scratch' | 'resume' | 'job' };

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'placeholder'; readonly text: string; readonly placeholder: Placeholder };

const PLACEHOLDER = /\{(?:(inputs|outputs|files|coordinates)\.([^{}\s]+)|(threads|scratch|resume|job))\}/g;

/** Splits a text at its placeholders. Other braces are text, because awk, JSON and shells are full of them. */
export function splitTemplate(template: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let end = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    if (match.index > end) parts.push({ kind: 'text', text: template.slice(end, match.index) });
    end = match.index + match[0].length;
    parts.push({ kind: 'placeholder', text: match[0], placeholder: placeholderOf(match) });
  }
  if (end < template.length) parts.push({ kind: 'text', text: template.slice(end) });
  return parts;
}

function placeholderOf([, section, name = '', word]: RegExpMatchArray): Placeholder {
  if (word === 'threads' || word === 'scratch' || word === 'resume' || word === 'job') return { kind: word };
  if (section === 'outputs' || section === 'files' || section === 'coordinates')
    return { kind: section, name };
  const dot = name.indexOf('.');
  if (dot === -1) return { kind: 'inputs', stage: name, output: undefined };
  return { kind: 'inputs', stage: name.slice(0, dot), output: name.slice(dot + 1) };
}
