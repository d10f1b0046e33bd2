import { type Content, type Html, html, trusted } from './html.js';
import { STYLE } from './style.js';

export interface Section {
  /** Unique in the page, and its address after `#`. */
  readonly id: string;
  readonly title: string;
  readonly content: Content;
  /** Closed until a reader, a link into it or a printer opens it. */
  readonly isFolded?: boolean;
}

export interface Page {
  readonly title: string;
  /** Under the title: what this is. */
  readonly subtitle: Content;
  /** What a reader must know before any number. */
  readonly notices: Content;
  readonly sections: readonly Section[];
}

/** What a reader sees first: a heading and its content, which may use h3. */
function firstSection({ id, title, content }: Section): Html {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${content}</section>
`;
}

/** The same, which folds. Its address is inside of what is folded: browsers open that for who follows a link to it. */
function laterSection({ id, title, content, isFolded }: Section): Html {
  return html`<section aria-labelledby="${id}-heading"><details${trusted(isFolded ? '' : ' open')}><summary><h2 id="${id}-heading">${title}</h2></summary>
<div class="folds" id="${id}">
${content}</div></details></section>
`;
}

/**
 * One self-contained page: no scripts, nothing loaded from anywhere (its policy forbids both, should an escape ever
 * be forgotten), so it opens from disk and years later.
 */
export function page({ title, subtitle, notices, sections }: Page): string {
  const links = sections.map((section) => html`<li><a href="#${section.id}">${section.title}</a></li>`);
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
<title>${title}</title><style>${trusted(STYLE)}</style></head>
<body><a class="skip" href="#main">Skip to the results</a>
<div class="wrap"><header><h1>${title}</h1>${subtitle}${notices}</header>
<main id="main">${sections.slice(0, 1).map(firstSection)}
<nav aria-label="Contents"><ul>${links.slice(1)}</ul></nav>
${sections.slice(1).map(laterSection)}</main></div></body></html>
`.text;
}
