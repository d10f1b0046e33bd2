import { type Html, html } from '../../../pipeline/report/html.js';
import type { ReportModel } from '../model/report.js';

/** Text to paste; it may be marked as a whole, and it wraps. */
const block = (id: string, label: string, text: string): Html =>
  html`<pre class="prose-block" id="${id}" tabindex="0" role="group" aria-label="${label}">${text}</pre>`;

export function methodsView({ methods }: Pick<ReportModel, 'methods'>): Html {
  return html`<p>Made from what this report holds, to be pasted and shortened. What was not recorded is left out.</p>
${block('methods-text', 'Methods', methods.text)}
<h3>BibTeX</h3>
${block('methods-bibtex', 'BibTeX', methods.bibtex)}`;
}
