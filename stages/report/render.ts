import { listed } from '../../pipeline/report/format.js';
import { type Attachment, attachedTo, type Html, html } from '../../pipeline/report/html.js';
import { type Page, page } from '../../pipeline/report/page.js';
import type { ReportModel } from './model/report.js';
import { calibrationView } from './view/calibration.js';
import { choiceView } from './view/choice.js';
import { comparisonView } from './view/comparison.js';
import { conversionView } from './view/conversion.js';
import { dataView } from './view/data.js';
import { efficiencyView } from './view/efficiency.js';
import { energyView } from './view/energy.js';
import { entitiesView } from './view/entities.js';
import { errorsView } from './view/errors.js';
import { latencyView } from './view/latency.js';
import { methodsView } from './view/methods.js';
import { paperView } from './view/paper.js';
import { paretoView } from './view/pareto.js';
import { devicesView, methodView, provenanceView } from './view/provenance.js';
import { resultsView, seedsView } from './view/results.js';
import { spreadTable } from './view/spread.js';
import { telemetryView } from './view/telemetry.js';
import { timelineView } from './view/timeline.js';
import { trainingView } from './view/training.js';
import { validityView } from './view/validity.js';
import { wrongView } from './view/wrong.js';

/** What few readers look for at first, or only where something made them ask. */
const FOLDED: ReadonlySet<string> = new Set([
  'seeds',
  'entities',
  'calibration',
  'wrong',
  'telemetry',
  'training',
  'data',
  'conversion',
  'devices',
  'timeline',
  'provenance',
  'method',
  'methods',
]);

function notice(title: string, lines: readonly string[]): Html {
  const [first] = lines;
  if (lines.length === 1)
    return html`<div class="notice" role="note"><p><strong>${title}.</strong> ${first}</p></div>`;
  const items = lines.map((line) => html`<li>${line}</li>`);
  return html`<div class="notice" role="note"><p><strong>${title}</strong></p><ul>${items}</ul></div>`;
}

function noticesOf({ synthetic, texts, emulated_devices, notices }: ReportModel): Html {
  return html`${
    texts === 'local' &&
    notice('Not to be passed on', [
      'This report holds texts of real tweets, which are not yours to publish. Make it without `texts: local` to share it.',
    ])
  }${
    synthetic === true &&
    notice('Synthetic data', ['The tweets are made up. No score here says anything about real tweets.'])
  }${
    synthetic === null &&
    notice('Origin of the data not recorded', [
      'No data card is among the inputs of this report, so it cannot say whether the tweets are real.',
    ])
  }${
    emulated_devices.length > 0 &&
    notice('Emulated device', [
      `${listed(emulated_devices)}: latency, processor use and memory under emulation mean nothing.`,
    ])
  }${notices.length > 0 && notice('Before you read the numbers', notices)}`;
}

function pageOf(model: ReportModel): Page {
  const paper = paperView(model);
  const profile = model.profile.length === 0 ? 'no profile' : `profile ${model.profile.join(', ')}`;
  const study = model.title === model.study ? '' : `Study ${model.study}, `;
  return {
    title: model.title,
    subtitle: html`<p class="quiet">${study}${profile}</p>`,
    notices: noticesOf(model),
    sections: [
      { id: 'results', title: 'Results', content: resultsView(model) },
      { id: 'validity', title: 'Whether the timing counts', content: validityView(model) },
      { id: 'choice', title: 'What another choice costs', content: choiceView(model) },
      { id: 'pareto', title: 'Quality against cost', content: paretoView(model) },
      { id: 'comparison', title: 'Difference from fp32', content: comparisonView(model) },
      { id: 'seeds', title: 'Seeds', content: html`${spreadTable(model)}${seedsView(model)}` },
      { id: 'errors', title: 'Errors by class', content: errorsView(model) },
      { id: 'entities', title: 'By entity', content: entitiesView(model) },
      { id: 'calibration', title: 'Calibration', content: calibrationView(model) },
      { id: 'wrong', title: 'Confidently wrong', content: wrongView(model) },
      { id: 'latency', title: 'Latency', content: latencyView(model) },
      { id: 'energy', title: 'Energy', content: energyView(model) },
      { id: 'efficiency', title: 'What an inference takes', content: efficiencyView(model) },
      { id: 'telemetry', title: 'Processor and memory over time', content: telemetryView(model) },
      { id: 'training', title: 'Training', content: trainingView(model.training) },
      { id: 'data', title: 'Data', content: dataView(model) },
      { id: 'conversion', title: 'Export and conversion', content: conversionView(model) },
      { id: 'devices', title: 'Devices', content: devicesView(model) },
      ...(paper === null ? [] : [{ id: 'paper', title: "The paper's tables and figures", content: paper }]),
      { id: 'timeline', title: 'Timeline', content: timelineView(model) },
      { id: 'provenance', title: 'Where the numbers come from', content: provenanceView(model) },
      { id: 'method', title: 'How the numbers are made', content: methodView },
      { id: 'methods', title: 'Methods, ready to paste', content: methodsView(model) },
    ].map((section) => ({ ...section, isFolded: FOLDED.has(section.id) })),
  };
}

/** The whole page from the model alone. */
export function renderReport(model: ReportModel): string {
  return page(pageOf(model));
}

/** The page with the files of its tables, which lie beside it. */
export function renderTree(model: ReportModel): readonly Attachment[] {
  const parts = pageOf(model);
  return [
    { name: 'report.html', text: page(parts) },
    ...attachedTo(parts.sections.map(({ content }) => content)),
  ];
}
