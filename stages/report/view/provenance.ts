import { formatBytes, formatSeconds, NOT_A_NUMBER } from '../../../pipeline/report/format.js';
import { type Html, html } from '../../../pipeline/report/html.js';
import { type Cell, cell, facts, folded, table } from '../../../pipeline/report/table.js';
import type { Provenance } from '../model/provenance.js';
import type { Device, ReportModel } from '../model/report.js';
import { groupBy } from '../order.js';
import { numeric, value } from './cells.js';
import { recordView } from './record.js';
import { recordId } from './record-link.js';
import { keyText } from './results.js';

const FACT_NAMES: Readonly<Record<string, string>> = {
  model: 'Board or processor',
  cpu_count: 'Cores',
  memory_bytes: 'Memory',
  os: 'System',
  kernel: 'Kernel',
  architecture: 'Architecture',
  governor: 'Governor',
  python: 'Python',
  litert: 'LiteRT',
  psutil: 'psutil',
  hostname: 'Host name',
};

function factText(name: string, value: string | number | null): string {
  if (value === null) return 'not recorded';
  if (name.endsWith('_bytes') && typeof value === 'number') return formatBytes(value);
  return String(value);
}

function deviceFacts({ facts: known }: Device): [string, string][] {
  const named = Object.keys(FACT_NAMES).filter((name) => name in known);
  const others = Object.keys(known)
    .filter((name) => !(name in FACT_NAMES) && !['device', 'transport'].includes(name))
    .sort();
  return [...named, ...others].map((name) => [
    FACT_NAMES[name] ?? name.replaceAll('_', ' '),
    factText(name, known[name] ?? null),
  ]);
}

export function devicesView({ devices, deployments }: ReportModel): Html {
  if (devices.length === 0) return html`<p class="absent">No device in this run.</p>`;
  const sent = deployments.map((one) => ({
    cells: [
      html`<code>${one.instance}</code>`,
      one.device,
      one.transport,
      value(one.sent_bytes, formatBytes),
      value(one.total_bytes, formatBytes),
      value(one.seconds, formatSeconds),
    ],
  }));
  return html`${devices.map(
    (device) =>
      html`<h3>${device.device}, transport ${device.transport}${device.emulated === true && ', emulated'}</h3>${facts(deviceFacts(device))}`,
  )}${
    sent.length > 0 &&
    folded(
      'Deployments',
      table({
        id: 'deployment-table',
        title: 'Deployments',
        caption: 'What each deployment sent; what the device had already was not sent again.',
        columns: [
          { header: 'Instance' },
          { header: 'Device' },
          { header: 'Transport' },
          numeric('Sent', 'Sent (bytes)'),
          numeric('Bundle', 'Bundle (bytes)'),
          numeric('Time', 'Time (s)'),
        ],
        rows: sent,
      }),
    )
  }`;
}

/** One row for each instance, whatever it made of what the report reads. */
export function provenanceView({ provenance }: Pick<ReportModel, 'provenance'>): Html {
  if (provenance.length === 0) return html`<p class="absent">This report was made from nothing.</p>`;
  const hasVariable = provenance.some(({ command }) => command.includes('"$'));
  return html`<p>Each instance that this report was made from. The action key names everything that could change a result (options, inputs, code, environment); open it for its record: run, host, inputs, versions, command. <code>npx pipeline explain --key</code> shows the key's document.</p>
<p>A command reuses what is there and makes the rest again; with <code>verify</code> for <code>run</code> it makes a result a second time and compares. Commands differ in the instance alone:</p>
<pre class="prose-block">${provenance[0]?.command}</pre>
${hasVariable && html`<p>A variable such as <code>$DATA_TEXTS</code> stands for a path of the machine that made this report, or for a secret: set it to yours first. The digests of external inputs tell whether the content is the same.</p>`}
${table({
  id: 'provenance-table',
  title: 'Provenance',
  caption: 'Instances, what they made, and the records of it.',
  columns: [
    { header: 'Instance' },
    { header: 'Made' },
    { header: 'Record', data: ['Action key', 'Run', 'Host', 'Command'] },
  ],
  rows: [...groupBy(provenance, ({ instance }) => instance)].flatMap(([instance, own]) =>
    own.slice(0, 1).map((first) => ({
      cells: [
        html`<code id="${recordId(instance)}">${instance}</code>`,
        cell(
          html`<ul class="plain">${own.map(({ artifact, digest }) => html`<li>${artifact} ${keyText(digest)}</li>`)}</ul>`,
          own.map(({ artifact, digest }) => `${artifact} ${digest}`).join(' '),
        ),
        recordCell(first),
      ],
    })),
  ),
})}`;
}

function recordCell(one: Provenance): Cell {
  const shown = folded(keyText(one.key), recordView(one));
  return cell(shown, one.key, one.record?.run ?? null, one.record?.host ?? null, one.command);
}

export const methodView: Html = html`<ul>
<li><strong>Macro-F1</strong> is the unweighted mean of the classes' F1; a class that was never predicted counts 0.</li>
<li><strong>±</strong> is the sample standard deviation (n − 1) over seeds, and is given for two seeds or more.</li>
<li><strong>always X</strong> answers the most frequent class of the test set each time: the score that needs no model. Other <strong>baselines</strong> learnt words from the same training tweets in seconds; they have no device, and no gate looked at their timing.</li>
<li><strong>Official accuracy</strong> is RepLab's: the accuracy of each entity, and of these the unweighted mean, over the test tweets of this study.</li>
<li><strong>Latency</strong> is one inference of one tweet on the device; percentiles interpolate linearly between order statistics and are taken over all inferences, never averaged.</li>
<li><strong>Rows</strong> never mix devices, runtimes, delegates, thread counts, protocols or test sets; ratios and differences stay within one row's conditions.</li>
<li><strong>Energy</strong> is the integral of a meter's power over the windows that latency comes from, divided by all inferences in them, those after a resize included; net is less idle power from rest right before and after. Its uncertainty is a Monte Carlo over what the meter does not know (GUM Supplement 1).</li>
<li><strong>Peak RSS</strong> is the highest resident set of the measuring process, interpreter included.</li>
<li><strong>Choices</strong> were made on validation. The choice named first on this page compares finished files by their test scores to sum them up; nothing was trained or tuned by it.</li>
<li><strong>Differences from fp32</strong> have intervals of a paired bootstrap over tweets; those of latencies come from windows drawn again, then the inferences in them.</li>
<li><strong>Fronts</strong>, indices and choices hold rows of one device, runtime, protocol and test set; none holds an INVALID row.</li>
<li><strong>Intervals</strong> (95 %) say what as many other tweets could give: Wilson's for accuracy, the delta method on the confusion matrix for macro-F1 (Takahashi et al. 2022).</li>
<li>“${NOT_A_NUMBER}” stands where a stage recorded none.</li></ul>`;
