import { type Content, html, trusted } from './html.js';

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

const decoded = (text: string): string =>
  text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);

/** A stretch of text and whether it stands in `<code>`. */
export interface TextPiece {
  readonly text: string;
  readonly isCode: boolean;
}

/** What is read where there are no tags: drawings are left out, and of what is folded away the summary alone stays. */
export function textPieces(content: Content): readonly TextPiece[] {
  const { text: marked } = html`${content}`;
  if (!marked.includes('<')) return [{ text: decoded(marked).replace(/ +$/, ''), isCode: false }];
  // Attributes are escaped, so that no `>` stands in a tag.
  const markup = marked
    .replace(/<svg\b.*?<\/svg>/gs, '')
    .replace(/<br>|<\/p>|<\/li>/g, ' ')
    .replace(/ +$/, '');
  let isCode = false;
  let folds = 0;
  return markup.split(/(<[^>]*>)/).flatMap((part) => {
    if (part.startsWith('<code')) isCode = true;
    else if (part === '</code>') isCode = false;
    else if (part === '</summary>') folds += 1;
    else if (part === '</details>') folds -= 1;
    return part === '' || part.startsWith('<') || folds > 0 ? [] : [{ text: decoded(part), isCode }];
  });
}

export function plainText(content: Content): string {
  return textPieces(content)
    .map(({ text }) => text)
    .join('')
    .trim();
}

/** The same with all of what is shown in short, as the keys of results are. */
export function fullText(content: Content): string {
  const { text } = html`${content}`;
  return plainText(trusted(text.replace(/<abbr\b[^>]* title="([^"]*)"[^>]*>[^<]*<\/abbr>/g, '$1')));
}
