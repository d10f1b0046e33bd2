import { counted } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { facts } from '../../../pipeline/report/table.js';
import type { Provenance } from '../model/provenance.js';
import { compareNaturally } from '../order.js';
import { keyText } from './results.js';

const code = (text: string): Html => html`<code>${text}</code>`;

/** The run record under an action key: what can be asked about any number that it gave, and how to make it again. */
export function recordView({ key, command, record }: Provenance): Html {
  const again = html`<pre class="prose-block">${command}</pre>`;
  if (record === null)
    return html`<p>${code(key)}</p><p class="absent">How it was made was not recorded.</p>${again}`;
  const { inputs, external, environment } = record;
  return html`${again}${facts([
    ['Action key', code(key)],
    ['Run', code(record.run)],
    ['Started', `${record.started_at.slice(0, 10)} ${record.started_at.slice(11, 19)} UTC`],
    ['Host', record.host],
    ...(record.executor === null ? [] : [['Executor', record.executor] as const]),
    ...(record.device === null ? [] : [['Device', record.device] as const]),
    ...(record.accepted === null ? [] : [['Accepted though its key differs', record.accepted] as const]),
  ])}${inputs.length > 0 && html`<p>${counted(inputs.length, 'input')}</p><ul class="plain">${inputs.map((one) => html`<li>${code(one.instance)} ${one.output} ${keyText(one.digest)}</li>`)}</ul>`}${pairs('From outside', external, keyText)}${pairs('Environment', environment, (text) => html`${text}`)}`;
}

function pairs(
  title: string,
  values: Readonly<Record<string, string>>,
  text: (value: string) => Html,
): Html | null {
  const entries = Object.entries(values).sort(([a], [b]) => compareNaturally(a, b));
  if (entries.length === 0) return null;
  return html`<p>${title}</p><ul class="plain">${entries.map(([name, value]) => html`<li>${name}: ${text(value)}</li>`)}</ul>`;
}
