/** A file that belongs beside the page: the CSV of a table. */
export interface Attachment {
  /** Relative to the page, with `/`. */
  readonly name: string;
  readonly text: string;
}

/** Text that is HTML already. Only `html` and `trusted` make it, so that nothing reaches a page unescaped by accident. */
export class Html {
  readonly text: string;
  /** Files of what is in it, in its order. */
  readonly attachments: readonly Attachment[];
  constructor(text: string, attachments: readonly Attachment[] = []) {
    this.text = text;
    this.attachments = attachments;
  }
}

/** What may stand in a template: strings and numbers are escaped, lists are joined, absent values vanish. */
export type Content = Html | string | number | null | undefined | false | readonly Content[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Escapes for element content and quoted attributes. Characters that HTML forbids become U+FFFD; those that reverse
 * the order of text are written out (`[U+202E]`), since they would turn our own numbers round, too.
 */
export function escapeHtml(text: string): string {
  return (
    text
      .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character)
      .replace(
        /[\u202a-\u202e\u2066-\u2069]/g,
        (mark) => `[U+${mark.charCodeAt(0).toString(16).toUpperCase()}]`,
      )
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that a page must not hold
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '\ufffd')
  );
}

function textOf(content: Content): string {
  if (content instanceof Html) return content.text;
  if (content === null || content === undefined || content === false) return '';
  if (typeof content === 'string') return escapeHtml(content);
  if (typeof content === 'number') return String(content);
  return content.map(textOf).join('');
}

/** Template tag: every interpolation is escaped unless it is `Html`. Attributes must be written in double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  let text = strings[0] ?? '';
  for (let index = 0; index < values.length; index += 1) {
    text += textOf(values[index]) + (strings[index + 1] ?? '');
  }
  return new Html(text, attachedTo(values));
}

/** The files that belong beside a page with this content. */
export function attachedTo(content: Content): readonly Attachment[] {
  if (content instanceof Html) return content.attachments;
  if (typeof content !== 'object' || content === null) return [];
  const files: Attachment[] = [];
  for (const part of content) {
    if (typeof part === 'object' && part !== null) files.push(...attachedTo(part));
  }
  return files;
}

/** Takes text of our own as HTML: style sheets, numbers that we formatted. Never for anything that came from outside. */
export function trusted(text: string): Html {
  return new Html(text);
}

/** Joins with a separator, leaving out what is absent. */
export function joined(parts: readonly Content[], separator: Content): Html {
  const present = parts.map(textOf).filter((part) => part !== '');
  return new Html(present.join(textOf(separator)), attachedTo(parts));
}
