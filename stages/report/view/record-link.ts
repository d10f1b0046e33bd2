import { digestOf } from '../../../pipeline/base/canonical.js';
import { type Content, type Html, html } from '../../../pipeline/report/html.js';

/** Where in the page the record of an instance is: a name that may stand in an address, whatever the instance is called. */
export const recordId = (instance: string): string => `made-${digestOf(instance).slice(7, 19)}`;

/** Leads from what an instance gave to how it was made. */
export const recordLink = (instance: string, text: Content): Html =>
  html`<a href="#${recordId(instance)}">${text}</a>`;
