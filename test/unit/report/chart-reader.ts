import { parseHTML } from 'linkedom';
import type { Html } from '../../../pipeline/report/html.js';

interface Element {
  readonly textContent: string;
  readonly innerHTML: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Element>;
}

/** What a chart's figure holds, as a reader would find it. */
export class ChartReader {
  readonly text: string;
  readonly #document: Element;

  constructor(figure: Html) {
    this.text = figure.text;
    const { document } = parseHTML(`<!doctype html><html><body>${figure.text}</body></html>`);
    // Its types are those of a browser where a test speaks of one, and none elsewhere.
    this.#document = document as unknown as Element;
  }

  all(selector: string): Element[] {
    return [...this.#document.querySelectorAll(selector)];
  }

  count(selector: string): number {
    return this.all(selector).length;
  }

  attribute(selector: string, name: string): (string | null)[] {
    return this.all(selector).map((element) => element.getAttribute(name));
  }

  /** Of the drawing: ticks, names and values, without the titles that a pointer brings up. */
  words(): string[] {
    return this.all('svg[role="img"] text').map((text) => {
      const [title] = text.querySelectorAll('title');
      return text.textContent.slice(0, text.textContent.length - (title?.textContent.length ?? 0));
    });
  }

  legend(): string[] {
    return this.all('.legend li').map(({ textContent }) => textContent);
  }

  caption(): string {
    return this.all('figcaption')[0]?.textContent ?? '';
  }

  /** The lines of the file that the link gives. */
  data(): string[] {
    const [address = ''] = this.attribute('figcaption a', 'href');
    const prefix = 'data:text/csv;charset=utf-8,';
    if (!address?.startsWith(prefix)) throw new Error(`no CSV in the link: ${address}`);
    return decodeURIComponent(address.slice(prefix.length)).trimEnd().split('\n');
  }
}
